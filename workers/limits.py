"""How long things may take, in seconds, and which priorities a run may have."""

from dataclasses import dataclass

PRIORITIES = 10
"""A run's priority is from 0 to 9, and 9 is taken first."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What workers and sweepers agree on."""

    lease: float = 30.0  # after which a worker that is not heard of has lost its chunk
    chunk_seconds: float = 1800.0  # of computing a chunk, after which the try has failed
    visibility: float = 3600.0  # after which the broker hands out again what nobody has acknowledged
    grace: float = 20.0  # between being asked to stop and giving a chunk back
    retry_seconds: float = 300.0  # that results wait for a graph that is away
    answer_seconds: float = 120.0  # of computing what somebody waits for
    hard_after: float = 300.0  # beyond chunk_seconds, where a process that does not heed is killed
