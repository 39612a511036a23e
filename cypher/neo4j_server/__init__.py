"""A Neo4j of one's own, from packages alone."""
