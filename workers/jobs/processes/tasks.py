"""The two tasks. The main process imports this too, so that what needs torch is imported where it is done."""

from billiard.util import get_logger
from celery import shared_task
from celery.signals import setup_logging, worker_process_init, worker_process_shutdown

from workers.jobs.messages.app import ON_DEMAND, TASK


@setup_logging.connect
def _leave_logging(**_: object) -> None:
    """Celery sets up no logging where somebody listens to this; what the pool says of its children goes our way."""
    get_logger().propagate = True


@worker_process_init.connect
def _begin(**_: object) -> None:
    from workers.jobs.processes import child

    child.begin()


@worker_process_shutdown.connect
def _end(**_: object) -> None:
    from workers.jobs.processes import child

    child.end()


@shared_task(name=TASK, Request="workers.jobs.processes.request:Request")
def handle_message(run: str, chunk: str) -> None:
    """Do what is to be done for a chunk. What comes in the way is logged, and the sweeper sees to the chunk."""
    from workers.jobs.processes import child

    child.handle_message(run, chunk)


@shared_task(name=ON_DEMAND, Request="workers.jobs.processes.request:Request")
def answer_question(question: str) -> None:
    """Answer what somebody waits for. What comes in the way is the answer, or logged."""
    from workers.jobs.processes import child

    child.answer_question(question)
