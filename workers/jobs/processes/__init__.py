"""A worker's processes: their names, logs, metrics and signs of life."""
