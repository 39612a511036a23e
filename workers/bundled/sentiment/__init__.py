"""The model "bundled-sentiment", a classifier of the project's sentiment sentences."""
