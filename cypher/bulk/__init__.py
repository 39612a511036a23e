"""A run as plain tables, and a fresh database made of them by Neo4j's importer."""
