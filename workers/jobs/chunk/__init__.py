"""A chunk from its claim to its end."""
