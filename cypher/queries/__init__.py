"""Questions to the graph: named reports, and queries of the user's own."""
