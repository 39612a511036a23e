"""Logs: JSON lines in a file of each process, and short lines for people on the terminal.

What Celery and other libraries log goes the same two ways. Nothing that is logged holds a password: libraries mask
those in addresses, and this package does not log them.
"""

import logging
import sys
from collections.abc import MutableMapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter

LARGEST = 10 * 2**20  # bytes of a file
KEPT = 5  # older files of a process
STARTS = "starts"
"""What a worker or sweeper says first."""
QUIET = ("celery.worker.strategy", "celery.app.trace", "celery.utils.functional", "multiprocessing", "kombu")
"""Loggers of which warnings are told only."""

SHARED = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def set_up(file: Path, worker: str, quiet: bool = False) -> None:
    """Log from this process into a file of its own, and to stderr.

    Args:
        worker: name, in every line.
        quiet: not to stderr, but for the word that it starts.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = RotatingFileHandler(file, maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8", delay=True)
    lines.setFormatter(
        ProcessorFormatter(
            processors=[
                ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            foreign_pre_chain=[*SHARED, structlog.stdlib.ExtraAdder()],
        )
    )
    terminal = logging.StreamHandler(sys.stderr)
    if quiet:
        terminal.addFilter(lambda record: _event(record) == STARTS)
    terminal.setFormatter(
        ProcessorFormatter(
            processors=[ProcessorFormatter.remove_processors_meta, _for_people], foreign_pre_chain=[*SHARED]
        )
    )
    root = logging.getLogger()
    root.handlers = [lines, terminal]
    root.setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("neo4j").setLevel(logging.CRITICAL)  # what fails in the end is told by us
    logging.captureWarnings(True)
    structlog.configure(
        processors=[*SHARED, ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(worker=worker)


def _for_people(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    """`12:34:56 done chunk=1a2b3c compute=2.1`; the level where it is worse than usual, and never a stack trace."""
    said = dict(event)
    time = said.pop("timestamp")[11:19]
    level = said.pop("level")
    for name in ("logger", "worker", "exc_info", "exception", "stack_info"):
        said.pop(name, None)
    words = str(said.pop("event")).partition("\n")[0]
    rest = " ".join(f"{name}={_short(name, value)}" for name, value in said.items())
    return " ".join(part for part in (time, "" if level == "info" else f"{level}:", words, rest) if part)


def _event(record: logging.LogRecord) -> Any:
    """What one of our own records says."""
    return record.msg.get("event") if isinstance(record.msg, dict) else None


def _short(name: str, value: Any) -> str:
    return str(value)[:10] if name in ("run", "chunk") else str(value)
