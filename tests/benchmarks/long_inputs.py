"""What a long input costs: seconds, memory, and the size of its results and of its graph, by its number of tokens.

A random BERT of 8 layers, 8 heads and width 512, 32 samples, the strongest 200 edges: patterns of all words, and of the
strongest 20. Each measurement is made in a process of its own. Then a real graph takes many copies of the sentence: how
large is one there?
"""

import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from cypher.neo4j_server.local import LocalServer
from cypher.neo4j_server.server import down, up
from cypher.store.store import Store
from tests.benchmarks.scaling import ResidentPeak
from tests.benchmarks.store import benchmark_server, bytes_on_disk
from tests.random_models import random_bert
from workers.analysis.analysis import compute, prepare
from workers.analysis.duration import estimate_seconds
from workers.analysis.results import InstanceResult
from workers.analysis.settings import Settings
from workers.datasets import Instance
from workers.models import load_model
from workers.records.chunks import in_chunks
from workers.records.to_graph import describe_model, describe_run, to_record

LENGTHS = (16, 64, 128, 256, 512)
WORDS = ("all", "top:20")
COPIES = 64
"""Of a sentence, that are written into the graph."""


@dataclass(frozen=True)
class Cost:
    """Of one sentence."""

    tokens: int
    words: str
    sliced: bool
    seconds: float
    expected: float  # seconds, estimated before
    peak: int  # bytes
    planned: int
    results: int  # bytes of JSON
    nodes: int  # in the graph
    relationships: int
    stored: int = 0  # bytes in the graph


def measure_one(model: Path, tokens: int, settings: Settings, memory: int, threads: int) -> tuple[Cost, str]:
    """One sentence of so many tokens, with the ends that the tokenizer puts around it; and its result as JSON."""
    torch.set_num_threads(threads)
    loaded = load_model(model, device="cpu")
    small = Instance("warm", "the pilot ***mask***", correct="is", wrong="are")
    list(compute(loaded, prepare(loaded, [small], settings), settings))  # libraries load before memory is looked at
    text = [("the", "pilot", "that", "the", "guards", "like")[place % 6] for place in range(tokens - 4)]
    given = Instance("long", " ".join([*text, "***mask***", "."]), correct="is", wrong="are")
    plan = prepare(loaded, [given], settings, memory=memory)
    expected = estimate_seconds(loaded, plan, settings)
    with ResidentPeak() as resident:
        start = time.perf_counter()
        (result,) = compute(loaded, plan, settings)
        seconds = time.perf_counter() - start
    assert len(result.tokens) == tokens
    record = to_record(describe_run(result.model, result.settings, result.versions, "long"), result)
    steps = sum(len(pattern.steps) for pattern in record.patterns)
    written = result.to_json()
    cost = Cost(
        tokens,
        settings.words,
        plan.sliced > 0,
        seconds,
        expected,
        resident.bytes,
        plan.bytes,
        len(written),
        1 + len(record.activations) + len(record.patterns),
        len(record.activations) + len(record.flows) + len(record.patterns) + steps,
    )
    return cost, written


def bytes_of(server: LocalServer, result: InstanceResult) -> int:
    """That a sentence takes in the graph: of many copies, what the database's files grow by."""
    before = bytes_on_disk(server)
    run = describe_run(result.model, result.settings, result.versions, f"{len(result.tokens)} of {result.settings}")
    with Store.open(up(server).connection) as store:
        store.begin(run, describe_model(result))
        for chunk in in_chunks(run, (replace(result, id=str(number)) for number in range(COPIES))):
            store.write(chunk)
    return (bytes_on_disk(server) - before) // COPIES


def measure(lengths: Sequence[int], settings: Settings, memory: int, threads: int) -> Iterator[Cost]:
    """One after the other, each in a fresh process and then into the graph."""
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool,
        benchmark_server() as server,
    ):
        with Store.open(server.connection(), migrate=True):
            pass
        model = random_bert(Path(folder), layers=8, heads=8, width=512, ff=2048, max_length=512, initializer_range=0.02)
        for tokens in lengths:
            down(server)  # its memory and its time
            cost, result = pool.submit(measure_one, model, tokens, settings, memory, threads).result()
            yield replace(cost, stored=bytes_of(server, InstanceResult.from_json(result)))


def main(
    quick: Annotated[bool, typer.Option("--quick", help="short inputs only: does everything run?")] = False,
    memory: Annotated[float, typer.Option(help="gigabytes that a sentence may take")] = 8.0,
    threads: Annotated[int, typer.Option(help="of the processor")] = 2,
    output: Annotated[Path, typer.Option(help="where the JSON goes")] = Path("out/long-inputs.json"),
) -> None:
    """Seconds, memory and sizes of long inputs."""
    costs: list[Cost] = []
    console = Console()
    names = (
        "tokens",
        "words",
        "seconds",
        "estimated seconds",
        "memory",
        "estimated memory",
        "results",
        "graph",
        "nodes",
        "relationships",
    )
    table = Table(*names, title="L8 H512 A8, 32 samples, top:200 edges", title_justify="left")
    for words in WORDS:
        settings = Settings(words=words)
        for cost in measure((16, 32) if quick else LENGTHS, settings, int(memory * 1e9), threads):
            costs.append(cost)
            planned = decimal(cost.planned) + (", slices" if cost.sliced else "")
            times = f"{cost.seconds:.1f}", f"{cost.expected:.1f}"
            sizes = decimal(cost.peak), planned, decimal(cost.results), decimal(cost.stored)
            table.add_row(str(cost.tokens), cost.words, *times, *sizes, f"{cost.nodes:,}", f"{cost.relationships:,}")
            console.print(f"{cost.tokens} tokens, words {words}: {cost.seconds:.1f} s")
    console.print(table)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps([asdict(cost) for cost in costs], indent=1) + "\n")
    console.print(f"written to {output}")


if __name__ == "__main__":
    typer.run(main)
