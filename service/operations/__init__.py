"""Use cases: what a command, a request or a notebook's call does, whoever asks."""
