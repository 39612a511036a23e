"""Sentences: the tasks that generate them, and the files they are read from."""

from workers.datasets.instance import MASK, Instance
from workers.datasets.readers import file_stem, iter_instances, read_instances
from workers.datasets.tasks import MASKED, TASKS, Task, generate
from workers.datasets.writer import write_instances

__all__ = [
    "MASK",
    "MASKED",
    "TASKS",
    "Instance",
    "Task",
    "file_stem",
    "generate",
    "iter_instances",
    "read_instances",
    "write_instances",
]
