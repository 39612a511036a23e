"""The ledger of jobs, in the graph."""
