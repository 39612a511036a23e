"""What remembers: the graph store."""
