"""The command line, servers and workers, as their own tests have them."""

from tests.cypher.conftest import driver
from tests.service.cli.conftest import graph, influence
from tests.workers.jobs.conftest import jobs

__all__ = ["driver", "graph", "influence", "jobs"]
