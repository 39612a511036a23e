"""The client of a service: a method for each use case."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from cypher.errors import InfluenceError, InvalidInput, NotFound, ServerError, ServerUnavailable
from cypher.ledger.jobs import Device, JobProgress
from cypher.queries.named_reports import NamedReport
from cypher.store.runs import InexactInstances, StoredRun
from cypher.store.table import Table
from service.client import analyses, events, records, sentences, transfers
from service.client.figures import Figures
from service.client.reading import Reading
from service.client.transport import PATIENCE, Transport
from service.export.target import Format
from service.operations.ablation import AblatedRun
from service.operations.analyses import AnalysisSummary
from service.operations.exports import Exported
from service.operations.installation import Readiness
from service.operations.jobs import JobLogs, Resumed, Submitted
from service.operations.progress import OnNotice, OnProgress, unheard, untold
from service.operations.queries import check_parameter, check_text
from service.operations.reports import Choices, Comparison, ReportAnswer
from service.operations.runs import LoadedRun
from service.operations.tasks import TaskDescription
from service.results_file import read_content
from workers.analysis.results import InstanceResult
from workers.analysis.settings import Settings
from workers.datasets import Instance
from workers.datasets.tasks import Flipped
from workers.environment import read_environment
from workers.evaluation.ablation.settings import AblationSettings

PAGE = 1000
"""Runs that are asked for at once."""
BY_REQUEST = ("sources",)
"""Settings that no request has."""


class Client(Reading, Figures):
    """An installation behind the HTTP API of `influence serve`. A context manager.

    Its methods take and return what the use cases of `service.operations` do, with equal numbers. Each raises
    InfluenceError as the service says: RequestError where the request is at fault, AccessDenied where the key is,
    ServerUnavailable where nothing answers.

    Args:
        url: such as https://influence.example.org; by default what INFLUENCE_SERVER names.
        key: an API key; by default what INFLUENCE_API_KEY or a file of secrets holds, if anything does.
        plain_http: may the key travel to another machine without encryption?
        patience: seconds in all for which a request that changes nothing is asked again, where the service has too much
            to do, or one of its servers is away.

    Raises:
        InvalidInput: an address that is none, or a key that is none.
        RequestError: the key must not travel there.
    """

    def __init__(
        self, url: str | None = None, key: str | None = None, *, plain_http: bool = False, patience: float = PATIENCE
    ):
        environment = read_environment()
        url = environment.server if url is None else url
        if url is None:
            raise InvalidInput("server", "there is none", "Give the address of a service, or set INFLUENCE_SERVER.")
        if key is None and environment.api_key is not None:
            key = environment.api_key.get_secret_value()
        self._service = Transport(url, key, plain_http=plain_http, patience=patience)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Client of {self.url}>"

    @property
    def url(self) -> str:
        """The service's address."""
        return self._service.url

    def close(self) -> None:
        """Close the connection."""
        self._service.close()

    def status(self) -> Readiness:
        """Whether the service can use each of its servers."""
        found = self._service.json("GET", "/readyz", statuses=(503,))
        return records.read(Readiness, found)

    def unusable(self) -> list[ServerError]:
        """Of the servers that new jobs need, the errors of those that the service cannot use."""
        seen = self.status()
        fix = "Try again, or tell whoever runs it."
        return [
            ServerUnavailable(name, f"the service cannot use its {name}", fix)
            for name in ("graph", "broker")
            if not getattr(seen, name)
        ]

    def runs(self) -> list[StoredRun]:
        """All runs, the newest first."""
        found: list[StoredRun] = []
        cursor = None
        while True:
            page = self._service.json("GET", "/v1/runs", params={"limit": PAGE, "cursor": cursor})
            found += records.read(list[StoredRun], page["runs"])
            if (cursor := page["next"]) is None:
                return found

    def delete(self, run: str, progress: OnProgress = unheard) -> StoredRun:
        """Delete the run of that name or id. If it is interrupted, the same call continues.

        Args:
            progress: is not told anything, since the service tells nothing meanwhile.

        Returns: the run as it was.
        """
        return records.read(StoredRun, self._service.json("DELETE", self._run(run)))

    def load(self, results: Path, name: str | None = None, progress: OnProgress = unheard) -> LoadedRun:
        """Store the results of a file as one run. The file is checked here before it is sent.

        Args:
            name: of the run; None: the file's.
            progress: is not told anything, since the service tells nothing meanwhile.
        """
        read_content(results)
        with results.open("rb") as stream:
            files = {"file": (results.name, stream, transfers.RESULTS)}
            form = {"name": results.stem if name is None else name}
            return records.read(LoadedRun, self._service.json("POST", "/v1/runs", files=files, data=form))

    def export(
        self, run: str, form: Format, output: Path, *, replace: bool = False, progress: OnProgress = unheard
    ) -> Exported:
        """Write the run to a file of this machine, or as Parquet into a folder: whole, or not at all.

        Args:
            replace: what an earlier export left there.
            progress: is not told anything, since the service tells nothing meanwhile.
        """
        found = records.read(StoredRun, self._service.json("GET", self._run(run)))
        transfers.download(self._service, self._run(found.id), form, output, replace)
        return Exported(found, output)

    def reports(self) -> list[NamedReport]:
        """Every report, by name."""
        return list(map(records.read_report, self._service.json("GET", "/v1/reports")))

    def report(self, name: str, run: str, choices: Choices | None = None, *, rows: int | None = None) -> ReportAnswer:
        """The answer of a report, as `service.operations.reports.run_report` gives it."""
        params = {**(choices or Choices()).given(), "rows": rows}
        path = f"{self._run(run)}/reports/{_part(name)}"
        return records.read_answer(self._service.json("GET", path, params=params, accept=records.EXACT))

    def compare(
        self,
        name: str,
        run: str,
        choices: Choices | None = None,
        *,
        against_run: str | None = None,
        against_case: str | None = None,
        rows: int | None = None,
    ) -> Comparison:
        """Two sides of a report, as `service.operations.reports.compare` gives them."""
        sides = {"against_run": against_run, "against_case": against_case}
        params = {**(choices or Choices()).given(), **sides, "rows": rows}
        path = f"{self._run(run)}/comparisons/{_part(name)}"
        return records.read_comparison(self._service.json("GET", path, params=params, accept=records.EXACT))

    def query(
        self, cypher: str, parameters: Mapping[str, Any] | None = None, *, seconds: float = 30.0, rows: int = 1000
    ) -> Table:
        """The answer of a query in Cypher that only reads.

        Args:
            parameters: JSON values by name.
            seconds, rows: as much as the service allows, at most.
        """
        check_text("query", "the query", cypher)
        for name, value in (parameters or {}).items():
            check_parameter(name, value)
        question = {"cypher": cypher, "parameters": parameters or {}, "seconds": seconds, "rows": rows}
        answer = self._service.json("POST", "/v1/queries", json=question, accept=records.EXACT, safe=True)
        return records.read_table(answer, tuple(answer["notices"]))

    def submit(
        self,
        instances: Sequence[Instance],
        settings: Settings,
        *,
        model: str = "bundled",
        stem: str = "job",
        question: str | None = None,
        dtype: str = "float32",
        name: str | None = None,
        idempotency_key: str | None = None,
        device: Device = "any",
        priority: int = 0,
        on_bad: Callable[[InvalidInput], None] | None = None,
        on_notice: OnNotice = untold,
    ) -> Submitted:
        """Queue sentences for the workers, as `service.operations.jobs.submit` does.

        Args:
            model: one of the service's: a name, or a directory of its machine.
        """
        job = {"model": model, "stem": stem, "name": name, "question": question, "dtype": dtype, "device": device}
        more = {"priority": priority, "skip_bad": on_bad is not None, "settings": _settings(settings)}
        headers = {} if idempotency_key is None else {"Idempotency-Key": _header(idempotency_key)}
        body = {**job, **more, "sentences": sentences.as_rows(instances)}
        try:
            done = self._service.json("POST", "/v1/jobs", json=body, headers=headers)
        except InfluenceError as error:
            where = sentences.own_place(error.where, instances)
            raise type(error)(error.field, error.problem, error.fix, where) from None
        for each in done["left_out"]:
            assert on_bad is not None  # else nothing is left out
            where = sentences.own_place(each["where"], instances)
            on_bad(InvalidInput(each["field"], each["detail"], each["fix"], where))
        if more := done["left_out_count"] - len(done["left_out"]):
            on_notice(f"{more:,} more sentences are left out, whose problems the service does not name")
        for notice in done["notices"]:
            on_notice(notice)
        return records.read(Submitted, done)

    def analyse(
        self,
        instances: Sequence[Instance],
        settings: Settings,
        *,
        model: str = "bundled",
        question: str | None = None,
        dtype: str = "float32",
        output: Path | None = None,
        on_result: Callable[[InstanceResult], None] = lambda result: None,
        progress: OnProgress = unheard,
        left_out: int = 0,
        on_bad: Callable[[InvalidInput], None] | None = None,
        on_notice: OnNotice = untold,
    ) -> AnalysisSummary:
        """Analyse sentences on the service's workers, before all jobs; nothing goes into its graph.

        Args:
            output: results file of this machine; one that already exists is resumed.
            on_result: called with each result, in the order of the sentences, after it is in the output file.
            left_out: bad sentences that were left out before.
            on_bad: called with the problem of a sentence that is left out; None to raise the first.
        """
        chosen = {"model": model, "question": question, "dtype": dtype, "settings": _settings(settings)}
        return analyses.analyse(
            self._service,
            instances,
            settings,
            chosen,
            output=output,
            on_result=on_result,
            progress=progress,
            left_out=left_out,
            on_bad=on_bad,
            on_notice=on_notice,
        )

    def ablate(
        self,
        run: str,
        settings: AblationSettings,
        *,
        model: str | None = None,
        sentences: int = 200,
        task: str | None = None,
        case: str | None = None,
    ) -> AblatedRun:
        """How often the model is still right on the patterns of a run alone; a worker of the service computes it.

        Args:
            model: that made the run; None: what the run's job named, or else the bundled one.
            sentences: at most, as many of each case.
            task, case: only of these.
        """
        chosen = {"run": run, "model": model, "sentences": sentences, "task": task, "case": case}
        answer = analyses.answer(self._service, "/v1/ablations", {**chosen, **asdict(settings)})
        return records.read(AblatedRun, answer)

    def progress(self, run: str) -> JobProgress:
        """How far the job of that name or id is."""
        return records.read(JobProgress, self._service.json("GET", self._job(run)))

    def inexact(self, run: str) -> InexactInstances:
        """The sentences of the run of that name or id whose results so far should not be trusted."""
        return records.read(InexactInstances, self._service.json("GET", self._run(run))["inexact"])

    def follow(self, run: str) -> Iterator[JobProgress]:
        """The progress of the job: now, whenever it changes, and for the last time when it has ended.

        A connection that breaks is opened again, and nothing is told twice.
        """
        return events.follow(self._service, f"{self._job(run)}/events")

    def cancel(self, run: str) -> StoredRun:
        """Stop the job of that name or id; its results stay, and `resume` continues it."""
        return records.read(StoredRun, self._service.json("POST", f"{self._job(run)}/cancel"))

    def resume(self, run: str) -> Resumed:
        """Queue what is missing of a job that was cancelled or has failed, as a whole or in part."""
        return records.read(Resumed, self._service.json("POST", f"{self._job(run)}/resume"))

    def logs(self, run: str) -> JobLogs:
        """What the workers of the service's machine logged about a run, and its sentences that failed."""
        return records.read(JobLogs, self._service.json("GET", f"{self._job(run)}/logs"))

    def tasks(self) -> list[TaskDescription]:
        """Every task, in the order of the paper."""
        return records.read(list[TaskDescription], self._service.json("GET", "/v1/tasks"))

    def generate(
        self, task: str, case: str | None = None, count: int = 100, seed: int = 0, counterfactual: Flipped | None = None
    ) -> list[Instance]:
        """Distinct sentences of a task; the same ones for the same seed."""
        params = {"case": case, "count": count, "seed": seed, "counterfactual": counterfactual}
        answer = self._service.request("GET", f"/v1/tasks/{_part(task)}/sentences", params=params, accept="*/*")
        return sentences.from_lines(answer.text)

    def _run(self, run: str) -> str:
        """The address of a run."""
        return f"/v1/runs/{self._named(run)}"

    def _job(self, run: str) -> str:
        return f"/v1/jobs/{self._named(run)}"

    def _named(self, run: str) -> str:
        """The run as a part of an address; its id where its name cannot be one."""
        if "/" not in run and run not in ("", ".", ".."):
            return _part(run)
        known = [each.id for each in self.runs() if each.name == run]
        if len(known) != 1:
            raise NotFound("run", f"there is no run {run!r}", "Give its name or id.")
        return known[0]


def _settings(settings: Settings) -> dict[str, Any]:
    """As requests have them.

    Raises:
        InvalidInput: one that no request has.
    """
    if settings.sources is not None:
        raise InvalidInput("sources", "a service takes none", "Leave them out, or choose `words`.")
    return {field: value for field, value in asdict(settings).items() if field not in BY_REQUEST}


def _part(name: str) -> str:
    """A name as one part of an address."""
    return quote(name, safe="")


def _header(text: str) -> str:
    """A text as the value of a header."""
    return text if text.isascii() and text.isprintable() else quote(text)
