"""Questions and answers in the broker. Each is there for some minutes, for whoever knows its id, which none can guess.

A question is a hash of what is asked, its status and its answer; and while a worker has it, a key that expires unless
the worker renews it. So every worker that is lost is noticed by whoever looks. Whatever depends on what is there is one
script in the broker, since workers and whoever looks come together.
"""

import json
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, cast
from uuid import uuid4

from cypher.errors import Busy, InfluenceError, InvalidInput, RequestError, ServerUnavailable
from workers.jobs.on_demand.questions import Kind, Question, from_text, kind_of, to_text

if TYPE_CHECKING:
    from redis import Redis

KEPT = 900
"""Seconds that an answer is kept, and that a question waits for one."""
LOSSES = 2
"""Workers that may be lost with a question."""
MOST = 500
"""Questions that are kept at once, answered or not: the broker has other things to hold."""
LONGEST = 2**20
"""Bytes of a question."""
LARGEST = 16 * 2**20
"""Bytes of an answer, compressed."""

PREFIX = "influence.on-demand."
OPEN = f"{PREFIX}open"
"""The ids of all questions, with the time at which each is gone."""

Status = Literal["queued", "running", "completed", "failed"]

TAKE = """
local status = redis.call('HGET', KEYS[1], 'status')
if status ~= 'queued' and status ~= 'running' then return nil end
local takes = redis.call('HINCRBY', KEYS[1], 'takes', 1)
redis.call('HSET', KEYS[1], 'status', 'running', 'token', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return {takes, redis.call('HGET', KEYS[1], 'question')}
"""
RENEW = """
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return 1
"""
RELEASE = """
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
redis.call('HINCRBY', KEYS[1], 'takes', -1)
redis.call('HSET', KEYS[1], 'status', 'queued')
redis.call('HDEL', KEYS[1], 'token')
redis.call('DEL', KEYS[2])
return 1
"""
PUT_BACK = """
if redis.call('HGET', KEYS[1], 'status') ~= 'running' or redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'status', 'queued')
redis.call('HDEL', KEYS[1], 'token')
return 1
"""
END = """
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'status', ARGV[2], unpack(ARGV, 4))
redis.call('HDEL', KEYS[1], 'token', 'question')
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('DEL', KEYS[2])
return 1
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """How far a question is."""

    id: str
    status: Status
    lost: bool  # is its worker gone, so that it is to be asked again?
    content: Mapping[str, Any] | None  # of a completed one
    data: bytes | None  # what it has beside that
    error: InfluenceError | None  # of a failed one


class Mailbox:
    """The questions of a broker, for any number of threads at once.

    Every method raises ServerUnavailable, of field `broker`, where the broker is away.
    """

    def __init__(self, client: "Redis"):
        self._client = client

    def put(self, question: Question) -> str:
        """A new question. Returns its id.

        Raises:
            InvalidInput: it is too long.
            Busy: too many are kept already.
        """
        name, now, text = uuid4().hex, time.time(), to_text(question)
        if len(text) > LONGEST:
            problem = f"it has {len(text):,} characters with its settings, and may have {LONGEST:,}"
            raise InvalidInput("text", problem, "Ask about a shorter one.")
        with _broker_errors(), self._client.pipeline() as pipe:
            pipe.zremrangebyscore(OPEN, 0, now)
            pipe.zcard(OPEN)
            if pipe.execute()[1] >= MOST:
                raise Busy("workers", f"{MOST} answers are kept already", "Ask again in some minutes.")
            pipe.hset(_key(name), mapping={"status": "queued", "kind": kind_of(question), "question": text})
            pipe.expire(_key(name), KEPT)
            pipe.zadd(OPEN, {name: now + KEPT})
            pipe.execute()
        return name

    def find(self, name: str, kind: Kind) -> Answer | None:
        """How far it is; None where there is none of that kind, or not any more."""
        with _broker_errors(), self._client.pipeline() as pipe:
            pipe.hmget(_key(name), "status", "kind", "answer", "data", "error")
            pipe.exists(_lease(name))
            (status, found, content, data, error), held = pipe.execute()
        if status is None or found != kind.encode():
            return None
        known = cast(Status, status.decode())
        return Answer(
            name,
            known,
            known == "running" and not held,
            None if content is None else json.loads(zlib.decompress(content)),
            None if data is None else zlib.decompress(data),
            None if error is None else InfluenceError.from_dict(json.loads(error)),
        )

    def take(self, name: str, token: str, lease_seconds: float) -> Question | None:
        """Begin to answer it; None where it is gone, answered, or too many workers were lost with it."""
        found = self._run(TAKE, name, token, int(1000 * lease_seconds), KEPT)
        if found is None:
            return None
        takes, text = found
        if takes > LOSSES:
            problem = f"{LOSSES} workers ended while they computed it"
            fix = "Ask for less, or give the workers more memory."
            self.refuse(name, token, RequestError("workers", problem, fix))
            return None
        return from_text(text.decode())

    def renew(self, name: str, token: str, lease_seconds: float) -> bool:
        """Hold on to it; False where somebody else has it, or nobody waits for it any more."""
        return bool(self._run(RENEW, name, token, int(1000 * lease_seconds)))

    def release(self, name: str, token: str) -> bool:
        """Give it back unanswered; False where it is another's."""
        return bool(self._run(RELEASE, name, token))

    def put_back(self, name: str) -> bool:
        """Let a question wait again whose worker was lost. Returns False where somebody else has done that."""
        return bool(self._run(PUT_BACK, name))

    def answer(self, name: str, token: str, content: str, data: bytes | None = None) -> None:
        """Answer it, unless it is another's.

        Args:
            content: JSON.
            data: what would take too much room and time in it.

        Raises:
            InvalidInput: the answer is too large.
        """
        packed = {"answer": zlib.compress(content.encode(), 1)}
        if data is not None:
            packed["data"] = zlib.compress(data, 1)
        if (size := sum(map(len, packed.values()))) > LARGEST:
            problem = f"the answer has {size:,} bytes, and may have {LARGEST:,}"
            raise InvalidInput("edges", problem, "Keep fewer edges, such as top:1000.")
        self._end(name, token, "completed", packed)

    def refuse(self, name: str, token: str, error: InfluenceError) -> None:
        """Say why it cannot be answered, unless it is another's."""
        self._end(name, token, "failed", {"error": json.dumps(error.to_dict()).encode()})

    def _end(self, name: str, token: str, status: Status, fields: Mapping[str, bytes]) -> None:
        self._run(END, name, token, status, KEPT, *chain.from_iterable(fields.items()))

    def withdraw(self, name: str) -> bool:
        """Take a question away; whoever computes it stops. Returns: was it there?"""
        with _broker_errors():
            self._client.zrem(OPEN, name)
            return bool(self._client.delete(_key(name), _lease(name)))

    @contextmanager
    def alone(self, what: str, seconds: float) -> Iterator[None]:
        """Only one at a time, among all workers, does what is named; for at most so many seconds."""
        from redis.exceptions import LockError  # takes a while to import

        with _broker_errors():
            lock = self._client.lock(f"{PREFIX}{what}", timeout=seconds)
            lock.acquire()
        try:
            yield
        finally:
            with suppress(LockError), _broker_errors():  # it took longer than that
                lock.release()

    def _run(self, script: str, name: str, *arguments: object) -> Any:
        with _broker_errors():
            return self._client.eval(script, 2, _key(name), _lease(name), *arguments)  # pyright: ignore[reportArgumentType]


def _key(name: str) -> str:
    return f"{PREFIX}{name}"


def _lease(name: str) -> str:
    return f"{PREFIX}{name}.lease"


@contextmanager
def _broker_errors() -> Iterator[None]:
    """Errors of the connection as ours."""
    from redis.exceptions import LockError, RedisError  # takes a while to import

    try:
        yield
    except LockError:
        raise
    except RedisError as error:
        problem = f"the broker does not answer ({error})"
        raise ServerUnavailable("broker", problem, "Start it, and ask again.") from error
