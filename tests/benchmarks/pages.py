"""The page of a large sentence in Chromium: what is loaded, how soon it can be used, how long its frames take.

1. A sentence with all edges of a random model of BERT's shape goes into a graph.
2. Chromium opens the start page, with nothing kept: bytes over the wire, and seconds until its form can be used.
3. It opens the sentence's page: seconds until the figure is there, edges included.
4. The pointer moves along paths, and drags the zoomed figure, for some seconds each: the longest frame.
5. The same on the superposition of very many sentences of one case, all of whose steps that a figure takes are drawn.

Goals are reported, met or not; they never fail a run.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from playwright.sync_api import Page, sync_playwright
from rich.console import Console

from cypher.store.runs import EdgeChoice
from cypher.store.store import Store
from service.operations.runs import load
from service.operations.sentences import find_parts
from tests.benchmarks import report
from tests.benchmarks.reports import varied
from tests.benchmarks.servers import Servers, servers
from tests.benchmarks.service import service
from tests.benchmarks.store import Figure
from tests.random_models import random_bert
from tests.service.web.browser import find_browser
from tests.service.web.figure import figure, node_at
from workers.analysis.analysis import analyze
from workers.analysis.settings import Settings
from workers.datasets.instance import Instance
from workers.models import load_model

FRAME = 50.0  # milliseconds
FIRST = 250.0  # kB of the start page, compressed
USABLE = 1.0  # seconds
TASK, CASE = "sva-obj", "SP"
WATCH = """() => {
    window.frames_ = [];
    let before = performance.now();
    const frame = now => { window.frames_.push(now - before); before = now; requestAnimationFrame(frame); };
    requestAnimationFrame(frame);
    window.long_ = [];
    new PerformanceObserver(list => window.long_.push(...list.getEntries().map(each => each.duration)))
        .observe({type: 'long-animation-frame', buffered: false});
}"""
FORGET = "() => { window.frames_.length = 0; window.long_.length = 0; }"
FRAMES = "() => ({frames: window.frames_, long: window.long_})"
SETTLED = "document.querySelector('[role=application] canvas')?.width > 300"


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    tokens: int = 64
    layers: int = 12
    heads: int = 12
    sentences: int = 7000  # laid over each other
    seconds: float = 5.0  # of each movement


SMALL = Size(tokens=12, layers=3, heads=2, sentences=20, seconds=0.5)


def store_sentence(at: Servers, size: Size) -> Figure:
    """A run `large` of one sentence `one`, and how long it takes to store."""
    words = [f"{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(size.tokens)]
    path = random_bert(
        at.jobs.folder / "large",
        words=words,
        layers=size.layers,
        heads=size.heads,
        width=4 * size.heads,
        max_length=size.tokens,
    )
    text = " ".join(words[: size.tokens - 4]) + " [MASK] ."
    instance = Instance("one", text, words[0], words[1])
    settings = Settings(sampling="trapezoid", samples=4, edges="all")
    results = at.jobs.folder / "large.jsonl"
    found = analyze(load_model(str(path), "cpu"), [instance], settings)
    results.write_text("".join(f"{result.to_json()}\n" for result in found))
    began = time.perf_counter()
    with Store.open(at.graph.connection(), migrate=True) as store:
        load(store, results, "large")
        edges = find_parts(store, "large", "one", EdgeChoice(merged=True))[1]
    assert edges is not None
    return Figure(f"to store its {edges.components:,} edges", "s", time.perf_counter() - began)


def store_case(at: Servers, size: Size) -> None:
    """A run `many` whose sentences are all of one case."""
    path = at.jobs.folder / "many.jsonl"
    with path.open("w") as file:
        for result in varied(size.sentences, "many"):
            file.write(f"{replace(result, task=TASK, case=CASE, edges=None).to_json()}\n")
    with Store.open(at.graph.connection(), migrate=True) as store:
        load(store, path, "many")


@contextmanager
def browser(address: str) -> Iterator[Page]:
    """A page of a browser that has nothing kept."""
    found = find_browser()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=found.executable,
            env=found.environment,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        )
        page = chromium.new_page(base_url=address, viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(120_000)
        yield page
        chromium.close()


def first_page(page: Page) -> list[Figure]:
    """The start page, as somebody meets it who was never there."""
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    assets: dict[str, bool] = {}
    sizes: list[float] = []
    wire.on("Network.responseReceived", lambda e: assets.update({e["requestId"]: "/v1/" not in e["response"]["url"]}))
    wire.on(
        "Network.loadingFinished",
        lambda e: sizes.append(e["encodedDataLength"]) if assets.get(e["requestId"]) else None,
    )
    began = time.perf_counter()
    page.goto("/playground", wait_until="commit")
    page.get_by_label("Correct word").fill("am")
    usable = time.perf_counter() - began
    page.wait_for_timeout(1000)
    return [
        Figure("the start page, compressed", "kB", sum(sizes) / 1e3, FIRST, less_is_better=True),
        Figure("until its form can be used", "s", usable, USABLE, less_is_better=True),
    ]


def moved(page: Page, what: str, seconds: float, step: float, points: list[tuple[float, float]]) -> list[Figure]:
    """Frames while the pointer goes from point to point, and a moment after."""
    page.evaluate(FORGET)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for x, y in points:
            page.mouse.move(x, y, steps=int(step))
    page.wait_for_timeout(500)
    found = page.evaluate(FRAMES)
    frames = sorted(found["frames"]) or [0.0]
    return [
        Figure(f"{what}: longest frame", "ms", frames[-1], FRAME, less_is_better=True),
        Figure(f"{what}: 99 of 100 frames within", "ms", frames[int(0.99 * (len(frames) - 1))]),
        Figure(f"{what}: frames over {FRAME:.0f} ms of script and layout", "", len(found["long"])),
    ]


def measure(at: Servers, size: Size) -> list[Figure]:
    """All figures."""
    figures = [store_sentence(at, size)]
    store_case(at, size)
    with service(at) as (address, _):
        with browser(address) as page:
            figures += first_page(page)
        with browser(address) as page:
            began = time.perf_counter()
            page.goto("/runs/large/sentence?id=one")
            figure(page).wait_for()
            while not page.evaluate(SETTLED):
                page.wait_for_timeout(20)
            figures.append(Figure("until the sentence's figure is there", "s", time.perf_counter() - began))
            page.wait_for_timeout(3000)
            page.evaluate(WATCH)
            middle = (size.tokens - 1) / 2
            path = [node_at(page, layer + 0.5, middle + 3 * (-1) ** layer) for layer in range(size.layers)]
            figures += hovered_and_dragged(page, "a sentence", size, path)
            page.mouse.up()
            page.evaluate(FORGET)
            page.wait_for_timeout(3000)
            after = page.evaluate(FRAMES)["frames"]
            figures.append(
                Figure("edges drawn anew: longest frame", "ms", max(after, default=0.0), FRAME, less_is_better=True)
            )
        with browser(address) as page:
            figures += superposed(page, size)
    return figures


def superposed(page: Page, size: Size) -> list[Figure]:
    """The superposition of all sentences."""
    began = time.perf_counter()
    page.goto(f"/runs/many/aggregate?task={TASK}&case={CASE}&least=0")
    figure(page).locator("[data-path]").first.wait_for(state="attached")
    took = time.perf_counter() - began
    lines = figure(page).locator("[data-path]").count()
    page.wait_for_timeout(2000)
    page.evaluate(WATCH)
    what = f"{size.sentences:,} sentences, {lines} lines"
    figure(page).scroll_into_view_if_needed()
    box = figure(page).bounding_box()
    assert box is not None
    across = [(box["x"] + box["width"] * (0.2 + 0.6 * (n % 2)), box["y"] + box["height"] * n / 9) for n in range(1, 8)]
    return [
        Figure(f"until the superposition of {size.sentences:,} sentences is there", "s", took),
        *hovered_and_dragged(page, what, size, across),
    ]


def hovered_and_dragged(page: Page, what: str, size: Size, path: list[tuple[float, float]]) -> list[Figure]:
    """Frames while the pointer goes along a path, and while it drags the zoomed figure; it is left pressed."""
    figures = moved(page, f"{what}: pointer along a path", size.seconds, 30, path)
    for _ in range(3):
        page.get_by_role("button", name="Zoom in").click()
    page.wait_for_timeout(2000)
    box = figure(page).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    around = [(x + 150, y), (x, y + 120), (x - 150, y), (x, y - 120)]
    return figures + moved(page, f"{what}: drag", size.seconds, 20, around)


def main(
    quick: Annotated[bool, typer.Option("--quick", help="tiny sizes: does everything run?")] = False,
    output: Annotated[Path, typer.Option(help="where the JSON goes")] = Path("out/bench-pages.json"),
) -> None:
    """The page of a large sentence: bytes, seconds, frames."""
    console = Console()
    busy = os.getloadavg()[0]
    if busy > 1:
        console.print(f"[yellow]This machine is busy (load {busy:.1f}): expect noise.")
    with servers() as at, console.status("the pages …"):
        figures = measure(at, SMALL if quick else Size())
    console.print(report.figures("The pages", figures))
    output.parent.mkdir(parents=True, exist_ok=True)
    found = {"load": busy, "pages": [asdict(figure) | {"met": figure.met} for figure in figures]}
    output.write_text(json.dumps(found, indent=1) + "\n")
    console.print(f"written to {output}")


if __name__ == "__main__":
    typer.run(main)
