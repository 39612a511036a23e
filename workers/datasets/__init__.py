"""Sentences: the agreement tasks that generate them, the files they are read from, and the bundled model."""

from workers.datasets.instance import MASK, Instance
from workers.datasets.readers import read_instances
from workers.datasets.tasks import TASKS, Task, generate
from workers.datasets.writer import write_instances

__all__ = ["MASK", "TASKS", "Instance", "Task", "generate", "read_instances", "write_instances"]
