"""Measure, print tables, write JSON.

1. Speed: engine, integrated gradients, bare matrix products and Captum in turn, as ratios within each round.
2. The port of the reference algorithm on a few words, scaled to all.
3. What the paper's experiments cost over the engine's own pass; and every family's passes over its own gradients.
4. Accuracy against cost of the samplings, on the bundled model; and what as many points as each sentence needs save.
5. Seconds and peak memory over sizes, each in a process of its own.

Goals are reported, met or not; they never fail a run.
"""

import json
import os
import platform
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console

from tests.benchmarks import accuracy, experiments, families, report, sampling, scaling, speed
from tests.benchmarks.workload import Shape, Workload

SMALL = Shape(layers=2, heads=2, width=16, length=5, samples=4)


def main(
    device: Annotated[str, typer.Option(help="cpu or cuda")] = "cpu",
    quick: Annotated[bool, typer.Option("--quick", help="tiny sizes, one round: does everything run?")] = False,
    rounds: Annotated[int, typer.Option(help="repetitions that medians are taken over")] = 9,
    threads: Annotated[int, typer.Option(help="of the processor; all cores by default")] = os.cpu_count() or 1,
    output: Annotated[Path, typer.Option(help="where the JSON goes")] = Path("out/bench.json"),
) -> None:
    """Speed, memory and accuracy of the engine, as ratios measured in one run."""
    torch.set_num_threads(threads)
    warnings.filterwarnings("ignore", message=".*torch.jit.script.*")  # torch's own, at its forward-mode autograd
    console = Console()
    rounds = 1 if quick else rounds
    main_shape = SMALL if quick else Shape()
    work = Workload.of(main_shape, device)
    machine = torch.cuda.get_device_name() if device == "cuda" else platform.processor() or platform.machine()
    machine = f"{machine}, {threads} threads, torch {torch.__version__}"
    load = os.getloadavg()[0]
    if load > threads / 2:
        console.print(f"[yellow]This machine is busy (load {load:.1f}): expect noise, less of it with --threads 1.")
    console.print(f"Random BERT {main_shape}, float32, parameters frozen; {machine}")

    with console.status("engine, integrated gradients, matrix products, Captum …"):
        fast = speed.measure(work, rounds, device)
    with console.status("reference algorithm …"):
        slow = speed.measure_reference(work, words=2, device=device)
    with console.status("baselines, ablation, significance …"):
        counts = {"ablated": 2, "ranked": 10} if quick else {}
        paper = experiments.measure(work, rounds, device, **counts)
        ranked = experiments.measure_significance(device, **({"words": 2, "patterns": 10} if quick else {}))
    seconds = fast.seconds | slow.seconds | paper.seconds
    with console.status("families …"):
        others = families.measure(main_shape, rounds) if device == "cpu" else []
    rows = [*fast.rows, *slow.rows, *paper.rows, ranked, *others]
    console.print(report.ratios(f"Ratios, medians over {rounds} rounds", rows), report.times(seconds))

    each, counts, nodes = (1, (4, 8), 16) if quick else (4, (8, 16, 24, 32, 50), 400)
    with console.status("samplings …"):
        encoder, batches = accuracy.agreement_sentences(each, device)
        errors = accuracy.measure(encoder, batches, counts, nodes, rounds, device)
    title = f"Error of the words' influences, bundled model, {sum(len(batch.ids) for batch in batches)} sentences"
    console.print(report.accuracy(title, errors))
    with console.status("adaptive sampling …"):
        saved = sampling.measure(
            1 if quick else 3, rounds, device, **({"tolerances": (0.01,), "most": 257} if quick else {})
        )
    console.print(report.ratios("Adaptive sampling, tolerance 1 %", saved))

    shapes = [Shape(length=length) for length in (8, 16, 32, 64)]
    shapes += [Shape(layers=12, heads=12, width=768, length=length) for length in (16, 32)]
    with console.status("sizes …"):
        sizes = scaling.measure([SMALL] if quick else shapes, device, threads)
    console.print(report.sizes(sizes))

    output.parent.mkdir(parents=True, exist_ok=True)
    found = {
        "machine": machine,
        "shape": asdict(main_shape),
        "seconds": seconds,
        "ratios": [asdict(row) | {"met": row.met} for row in [*rows, *saved]],
        "accuracy": [asdict(row) for row in errors],
        "sizes": [asdict(size) for size in sizes],
    }
    output.write_text(json.dumps(found, indent=1) + "\n")
    console.print(f"written to {output}")


if __name__ == "__main__":
    typer.run(main)
