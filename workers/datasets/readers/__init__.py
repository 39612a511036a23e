"""Readers of sentence files: our own forms, and those of public data sets, known by their content."""

from workers.datasets.readers.content import file_stem
from workers.datasets.readers.instances import iter_instances, read_instances

__all__ = ["file_stem", "iter_instances", "read_instances"]
