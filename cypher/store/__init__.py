"""The graph store: the schema, the records and the statements that write and read them."""
