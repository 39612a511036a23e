"""How often a caller asks: counted in the broker, for all processes of the service and all services that share it.

Nobody waits for that: while the broker is away, every process counts by itself, and now and then one request tries the
broker again.
"""

import time
from threading import Lock

import structlog
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter

from cypher.errors import InfluenceError
from workers.environment import Environment

PATIENCE = 0.25
"""Seconds that the broker has for its answer."""
PAUSE = 5.0
"""Seconds between two tries of a broker that is away."""

log = structlog.get_logger()


class Rates:
    """The requests of the last minute, by caller.

    Args:
        most: requests of a caller within a minute.
    """

    def __init__(self, environment: Environment, most: int):
        self._environment = environment
        self._item = RateLimitItemPerMinute(most)
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._shared: MovingWindowRateLimiter | None = None
        self._away = False
        self._again = 0.0  # when the broker may be tried, if it is away
        self._lock = Lock()

    def wait(self, caller: str) -> float:
        """Count a request of a caller. Returns the seconds that it has to wait before it may ask; 0: it may."""
        from redis.exceptions import RedisError  # takes a while to import

        if self._may_try():
            try:
                if self._shared is None:
                    self._shared = self._open()
                wait = self._hit(self._shared, caller)
            except (RedisError, OSError, InfluenceError) as error:
                self._found(away=True, why=type(error).__name__)
            else:
                self._found(away=False)
                return wait
        return self._hit(self._own, caller)

    def _hit(self, limiter: MovingWindowRateLimiter, caller: str) -> float:
        if limiter.hit(self._item, caller):
            return 0.0
        return max(1.0, limiter.get_window_stats(self._item, caller).reset_time - time.time())

    def _open(self) -> MovingWindowRateLimiter:
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        patience = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
        address, once = self._environment.broker().celery_url(), Retry(NoBackoff(), 0)
        return MovingWindowRateLimiter(
            RedisStorage(address, key_prefix="influence-requests", retry=once, **patience)  # pyright: ignore[reportArgumentType] - goes on to Redis
        )

    def _may_try(self) -> bool:
        """Is the broker there, as far as is known, or is it this request's turn to see?"""
        with self._lock:
            if self._away and time.monotonic() < self._again:
                return False
            self._again = time.monotonic() + PAUSE
            return True

    def _found(self, away: bool, why: str | None = None) -> None:
        with self._lock:
            if away != self._away:
                log.warning("requests are counted by process" if away else "requests are counted together", error=why)
            self._away = away
