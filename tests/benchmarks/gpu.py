"""What a GPU does with whole batches, and with a queue; print a table, write JSON.

1. Sentences a second, everything computed, beside an integrated-gradients pass over the same batches.
2. How near its influences are to the CPU's, in float32.
3. The most that torch holds of it, beside the memory that a worker was allowed.
4. How busy it is while a worker drains a run, with all that is written to the graph.

`--device cpu` does the same on a CPU, without 3; for numbers that mean something it takes hours. Goals are reported,
met or not; they never fail a run.
"""

import json
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, cast

import psutil
import torch
import typer
from rich.console import Console
from transformers import BertForMaskedLM

from service.cli.sizes import parse_bytes
from tests.benchmarks import report
from tests.benchmarks.servers import servers
from tests.benchmarks.store import Figure
from tests.benchmarks.timing import interleaved, ratio
from tests.random_models import WORDS, random_bert
from workers.analysis.analysis import compute, prepare, run_engine
from workers.analysis.memory import Batch, Plan
from workers.analysis.questions import logit_difference
from workers.analysis.settings import Settings
from workers.datasets import write_instances
from workers.datasets.instance import Instance
from workers.influence.interest import Line
from workers.jobs.chunk.model_cache import ModelCache
from workers.models import Model, load_model

ENGINE, GRADIENTS, RESULTS = "everything", "integrated gradients", "everything, as results"
OVER_GRADIENTS = 3.0
NEAR = 1e-4
BUSY = 80.0  # per cent
PERIOD = 0.5  # seconds between looks at how busy a device is


@dataclass(frozen=True)
class Shape:
    """Of a model."""

    name: str
    layers: int
    heads: int
    width: int

    def write(self, folder: Path) -> Path:
        """A random model of this shape."""
        path = folder / self.name.replace(" ", "-")
        layers, heads, width = self.layers, self.heads, self.width
        return random_bert(path, layers=layers, heads=heads, width=width, ff=4 * width, initializer_range=0.05)


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    shapes: tuple[Shape, ...] = (Shape("L6 H512 A8", 6, 8, 512), Shape("BERT-base", 12, 12, 768))
    lengths: tuple[int, ...] = (11, 32)
    samples: int = 50
    sentences: int = 256  # of each length
    compared: int = 4  # with the CPU
    drained: int = 20_000  # sentences of a run


SMALL = Size((Shape("small", 2, 2, 16),), (11,), samples=4, sentences=3, compared=2, drained=8)


def sentences(count: int, length: int) -> list[Instance]:
    """Random words around a mask, of so many tokens with [CLS] and [SEP]."""
    dice = random.Random(length)
    found = []
    for number in range(count):
        words = dice.choices(WORDS, k=length - 2)
        words[(length - 2) // 2] = "***mask***"
        found.append(Instance(f"{length}/{number}", " ".join(words), correct="is", wrong="are"))
    return found


def integrated_gradients(theirs: BertForMaskedLM, model: Model, plan: Plan, line: Line) -> None:
    """One forward and one backward pass of Hugging Face's model over the samples of each batch."""
    for batch in plan.batches:
        gradients(theirs, model, batch, line)


def gradients(theirs: BertForMaskedLM, model: Model, batch: Batch, line: Line) -> torch.Tensor:
    """Influences of the words of a batch, [sentence, position]."""
    ids = torch.tensor([sentence.ids for sentence in batch.sentences], device=model.device)
    table = theirs.bert.embeddings.word_embeddings.weight
    baseline = table[model.baseline_id]
    displacement = table[ids] - baseline
    points = baseline + line.alphas[0, :, None, None] * displacement[:, None]
    words = points.flatten(0, 1).requires_grad_()
    rows, target = torch.arange(len(words), device=model.device), batch.sentences[0].target
    hidden = theirs.bert(inputs_embeds=words).last_hidden_state[rows, target]
    predictions: Any = theirs.cls.predictions
    answers = torch.tensor([(sentence.correct, cast(int, sentence.wrong)) for sentence in batch.sentences])
    correct, wrong = answers.to(model.device).repeat_interleave(line.samples, 0).T
    decoder = predictions.decoder
    quantity = (predictions.transform(hidden) * (decoder.weight[correct] - decoder.weight[wrong])).sum(-1)
    (gradient,) = torch.autograd.grad(quantity.sum(), words)
    return torch.einsum("bspd,s,bpd->bp", gradient.view_as(points), line.weights[0], displacement)


def speed(folder: Path, shape: Shape, length: int, size: Size, device: str, rounds: int) -> list[Figure]:
    """Sentences a second."""
    model, theirs = load_model(folder, device), BertForMaskedLM.from_pretrained(folder).eval().requires_grad_(False)
    torch.nn.Module.to(theirs, device)
    settings = Settings(sampling="paper", samples=size.samples, edges="all")
    plan = prepare(model, sentences(size.sentences, length), settings)
    line = Line.of("paper", settings.points, model.encoder.word_embeddings)
    measured = interleaved(
        {
            ENGINE: lambda: [run_engine(model, batch, settings, logit_difference) for batch in plan.batches],
            RESULTS: lambda: list(compute(model, plan, settings)),
            GRADIENTS: lambda: integrated_gradients(theirs, model, plan, line),
        },
        rounds,
        device,
    )
    what = f"{shape.name}, N={length}, {size.samples} samples, {len(plan.batches)} batches"
    rates = [
        Figure(f"{what}: {name}", "sentences/s", plan.sentences / sorted(took)[len(took) // 2])
        for name, took in measured.items()
    ]
    times = {name: ratio(measured, name, GRADIENTS) for name in (ENGINE, RESULTS)}
    return [
        *rates,
        Figure(f"{what}: {ENGINE}, times {GRADIENTS}", "", times[ENGINE], OVER_GRADIENTS, less_is_better=True),
        Figure(f"{what}: {RESULTS}, times {GRADIENTS}", "", times[RESULTS]),
    ]


def difference(folder: Path, given: Sequence[Instance], samples: int, device: str) -> float:
    """The largest between influences here and on the CPU, of the largest influence of its sentence."""
    settings = Settings(samples=samples, edges="none")
    found = [list(compute(model, prepare(model, given, settings), settings)) for model in both(folder, device)]
    worst = 0.0
    for one, other in zip(*found, strict=True):
        here, there = (torch.tensor([word.influence for word in result.words]) for result in (one, other))
        worst = max(worst, float((here - there).abs().max() / there.abs().max()))
    return worst


def both(folder: Path, device: str) -> tuple[Model, Model]:
    """A model on the device, and on the CPU."""
    return load_model(folder, device), load_model(folder, "cpu")


def reserved(folder: Path, given: Sequence[Instance], samples: int, memory: int) -> int:
    """The most bytes of the GPU that torch holds, where a worker's process may take `memory`."""
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    models = ModelCache("cuda", memory)
    model = models.get(str(folder), "float32", load_model(folder, "cpu").fingerprint)
    settings = Settings(samples=samples, edges="all")
    for _ in compute(model, prepare(model, given, settings, memory=models.left()), settings):
        pass
    return torch.cuda.max_memory_reserved()


def busy(device: str, processes: Sequence[psutil.Process]) -> float:
    """Per cent that the device was in use lately: a GPU as NVIDIA's own program tells, a CPU by these processes."""
    if device == "cpu":
        return sum(process.cpu_percent() for process in processes)
    asked = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    return max(float(line) for line in said.splitlines())


def drained(folder: Path, size: Size, device: str, processes: int) -> list[Figure]:
    """A run through a queue of its own, by one worker of so many processes."""
    with servers() as at:
        jobs = at.jobs
        path = jobs.folder / "sentences.jsonl"
        write_instances(path, sentences(size.drained, size.lengths[0]))
        jobs.sweeper()
        worker = jobs.start("worker", "--device", device, "--concurrency", processes)
        worker.wait_for("ready")
        options = ("--model", folder, "--samples", size.samples, "--sampling", "paper", "--name", "drained")
        submit = jobs.start("submit", path, *options)
        assert submit.popen.wait() == 0, submit.said
        run = jobs.store.find("drained").id
        while not jobs.progress(run).completed.chunks:
            time.sleep(PERIOD / 5)
        children = worker.children()
        began, done = time.monotonic(), jobs.progress(run).completed.sentences
        busy(device, children)  # from now on
        seen = []
        while jobs.progress(run).queued.chunks:
            time.sleep(PERIOD)
            seen.append(busy(device, children))
        jobs.wait(run)
        rate = (size.drained - done) / (time.monotonic() - began)
        seen = seen or [busy(device, children)]
    what = f"through the queue, into the graph, {processes} at once"
    return [
        Figure(what, "sentences/s", rate),
        Figure(f"{what}: the device is busy", "%", sum(seen) / len(seen), BUSY),
    ]


def measure(size: Size, device: str, rounds: int, memory: int, console: Console) -> list[Figure]:
    figures = list[Figure]()
    with tempfile.TemporaryDirectory() as temporary:
        folders = {shape: shape.write(Path(temporary)) for shape in size.shapes}
        for shape, folder in folders.items():
            for length in size.lengths:
                with console.status(f"{shape.name}, N={length} …"):
                    figures += speed(folder, shape, length, size, device, rounds)
                    given = sentences(size.compared, length)
                    apart = difference(folder, given, size.samples, device)
                    what = f"{shape.name}, N={length}: influences apart from the CPU's, relative"
                    figures.append(Figure(what, "", apart, NEAR, less_is_better=True))
                    if device == "cuda":
                        held = reserved(folder, sentences(size.sentences, length), size.samples, memory) / memory
                        what = f"{shape.name}, N={length}: held of the memory that is allowed"
                        figures.append(Figure(what, "", held, 1.0, less_is_better=True))
        with console.status("a run through the queue …"):
            for processes in (1, 2):  # of two, one computes while the other writes
                figures += drained(folders[size.shapes[0]], size, device, processes)
    return figures


def main(
    device: Annotated[str, typer.Option(help="cuda, or cpu")] = "cuda",
    quick: Annotated[bool, typer.Option("--quick", help="tiny sizes, one round: does everything run?")] = False,
    rounds: Annotated[int, typer.Option(help="repetitions that medians are taken over")] = 5,
    memory: Annotated[str, typer.Option(help="that a worker is allowed, where what it holds is measured")] = "4GB",
    output: Annotated[Path, typer.Option(help="where the JSON goes")] = Path("out/bench-gpu.json"),
) -> None:
    """Speed, exactness, memory and use of a GPU."""
    console = Console()
    if device == "cuda" and not torch.cuda.is_available():
        console.print("There is no GPU here; --device cpu --quick only tries everything.")
        raise typer.Exit(2)
    machine = torch.cuda.get_device_name() if device == "cuda" else f"CPU, {os.cpu_count()} cores"
    console.print(f"Random BERTs, float32; {machine}, torch {torch.__version__}")
    figures = measure(SMALL if quick else Size(), device, 1 if quick else rounds, parse_bytes(memory), console)
    console.print(report.figures("Whole batches, and a queue", figures))
    output.parent.mkdir(parents=True, exist_ok=True)
    found = {"machine": machine, "gpu": [asdict(figure) | {"met": figure.met} for figure in figures]}
    output.write_text(json.dumps(found, indent=1) + "\n")
    console.print(f"written to {output}")


if __name__ == "__main__":
    typer.run(main)
