"""The HTTP API: use cases under `/v1`."""
