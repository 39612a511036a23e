"""Results as the graph's records, and back."""
