"""What somebody waits for: computed by the next worker that is free, and kept for some minutes."""
