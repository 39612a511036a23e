"""Results put together by hand or drawn by hypothesis: only what the reports look at can be chosen."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from workers.analysis.results import Edges, InstanceResult, WordResult
from workers.influence.component import SKIP

TASKS = ("sva-obj", "ra-na", "ra-ga", "")
CASES = ("SS", "SP", "PS", "PP", "MM", "MF", "FF", "FM", "positive", "contrast-positive", "joined-positive", "å b", "")
TOKENS = ("the", "pilot", "that", "guards", ".", "é")
ROLES = ("", "det", "subject", "verb", "the")


def word(
    path: Sequence[int],
    influence: float,
    *,
    components: Sequence[int] | None = None,
    embedding: float = 0.0,
    attention: float = 0.0,
    tokens: Sequence[str] = TOKENS,
) -> WordResult:
    """The word where the path begins; left to themselves, its steps take head 0."""
    layers = len(path) - 1
    return WordResult(
        position=path[0],
        token=tokens[path[0]],
        influence=influence,
        sign=-1 if influence < 0 else 1,
        path=tuple(path),
        components=(0,) * layers if components is None else tuple(components),
        embedding_influence=embedding,
        attention_influence=attention,
        embedding_trace=(embedding,) * layers,
        attention_trace=(attention,) * layers,
    )


def result(
    name: str,
    words: Sequence[WordResult],
    *,
    task: str = "sva-obj",
    case: str = "SP",
    tokens: Sequence[str] = TOKENS[:4],
    roles: Sequence[str] | None = None,
    qoi: float = 1.0,
    completeness_error: float = 0.0,
    edges: Sequence[tuple[int, int, int, int, float]] | None = None,
    model: str = "0123456789abcdef",
) -> InstanceResult:
    """A sentence. Its target is where the paths end; an edge is (layer, source, target, component, influence)."""
    columns = ("layer", "source", "target", "component", "influence")
    rows: list[dict[str, Any]] = [dict(zip(columns, edge, strict=True)) for edge in edges or ()]
    return InstanceResult(
        id=name,
        task=task,
        case=case,
        text=" ".join(tokens),
        tokens=tuple(tokens),
        roles=None if roles is None else tuple(roles),
        target=words[0].path[-1],
        correct="is",
        wrong="are",
        qoi=qoi,
        baseline_qoi=0.0,
        completeness_error=completeness_error,
        samples=32,
        sampling_error=None,
        within_tolerance=None,
        target_influence=0.0,
        model=model,
        settings={"samples": 32},
        versions={},
        words=tuple(words),
        edges=None if edges is None else Edges.of(rows),
    )


def three_sentences() -> list[InstanceResult]:
    """L = 3, so that the nodes lie at layers 1 and 2; 3 positions, the last is the target.

    Positive paths (position of the word first):    negative paths:
      a: 0>0>2>2, 1>1>1>2
      b: 0>0>0>2                                      1>0>2>2
      c: 0>1>2>2, 1>1>2>2
    """
    tokens = ("the", "pilot", "[MASK]")
    paths = {
        "a": [((0, 0, 2, 2), 2.0), ((1, 1, 1, 2), 1.0)],
        "b": [((0, 0, 0, 2), 4.0), ((1, 0, 2, 2), -1.0)],
        "c": [((0, 1, 2, 2), 0.0), ((1, 1, 2, 2), 3.0)],
    }
    return [
        result(
            name,
            [
                word(path, influence, embedding=influence / 2, attention=influence / 4, tokens=tokens)
                for path, influence in words
            ],
            tokens=tokens,
            qoi=-1.0 if name == "b" else 1.0,
        )
        for name, words in paths.items()
    ]


def influences() -> st.SearchStrategy[float]:
    """Sixteenths, so that sums are exact and ties are ties; now and then any number."""
    sixteenths = st.integers(-160, 160).map(lambda n: n / 16)
    any_number = st.floats(0.25, 20).flatmap(lambda size: st.sampled_from([size, -size]))
    return st.one_of(st.sampled_from([0.0, -0.0, 0.5, -0.5]), sixteenths, sixteenths, any_number)


@st.composite
def steps(draw: st.DrawFn, here: int, there: int, heads: int) -> int:
    """A component from one position to another: a head, or where they are the same the skip connection."""
    return draw(st.integers(SKIP if here == there else 0, heads - 1))


@st.composite
def results_of_a_case(
    draw: st.DrawFn, task: str, case: str, *, layers: int, heads: int, roles: bool | None, model: str
) -> list[InstanceResult]:
    """1 to 5 sentences of one case."""
    found = []
    alike = draw(st.booleans())  # all of one length
    usual = draw(st.integers(2, 5))
    only = draw(st.sampled_from([None, None, None, 1, -1]))  # the sign that all influences have
    with_edges = draw(st.sampled_from([True, False, None]))  # None: some
    for number in range(draw(st.integers(1, 5))):
        length = usual if alike else draw(st.integers(2, 5))
        tokens = draw(st.lists(st.sampled_from(TOKENS), min_size=length, max_size=length))
        their_roles = None
        if roles or (roles is None and draw(st.booleans())):
            their_roles = draw(st.lists(st.sampled_from(ROLES), min_size=length, max_size=length))
        target = draw(st.integers(0, length - 1))
        others = [position for position in range(length) if position != target]
        chosen = draw(st.lists(st.sampled_from(others), min_size=1, max_size=len(others), unique=True))
        if draw(st.booleans()):
            chosen = others
        words = []
        for position in sorted(chosen):
            between = draw(st.lists(st.integers(0, length - 1), min_size=layers - 1, max_size=layers - 1))
            path = [position, *between, target]
            components = [draw(steps(here, there, heads)) for here, there in pairwise(path)]
            influence = draw(influences())
            if only is not None:
                influence = only * abs(influence)
            words.append(
                word(
                    path,
                    influence,
                    components=components,
                    embedding=draw(influences()),
                    attention=draw(influences()),
                    tokens=tokens,
                )
            )
        edges = None
        if with_edges or (with_edges is None and draw(st.booleans())):
            edges = []
            for _ in range(draw(st.integers(0, 4))):
                layer = draw(st.integers(0, layers - 1))
                source = draw(st.integers(0, length - 1))
                end = target if layer == layers - 1 else draw(st.integers(0, length - 1))
                edges.append((layer, source, end, draw(steps(source, end, heads)), draw(influences())))
            edges = list({edge[:4]: edge for edge in edges}.values())
        found.append(
            result(
                f"{task}/{case}/{number}",
                words,
                task=task,
                case=case,
                tokens=tokens,
                roles=their_roles,
                qoi=draw(st.sampled_from([-1.5, -0.25, 0.0, 0.5, 2.25])),
                completeness_error=draw(st.sampled_from([0.0, 1e-4, 0.02])),
                edges=edges,
                model=model,
            )
        )
    return found


@st.composite
def results(draw: st.DrawFn, model: str = "0123456789abcdef") -> list[InstanceResult]:
    """A run's results, its cases in a random order."""
    layers, heads = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    roles = draw(st.sampled_from([True, True, True, False, None]))  # None: some
    found: list[InstanceResult] = []
    for task in draw(st.lists(st.sampled_from(TASKS), min_size=1, max_size=3, unique=True)):
        for case in draw(st.lists(st.sampled_from(CASES), min_size=1, max_size=4, unique=True)):
            found += draw(results_of_a_case(task, case, layers=layers, heads=heads, roles=roles, model=model))
    return draw(st.permutations(found))
