"""The use cases of an installation elsewhere, through its HTTP API."""
