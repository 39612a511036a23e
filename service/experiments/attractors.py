"""Which words pull towards the wrong answer, how strongly, and by which path (paper, section 5)."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from cypher.store.records import CaseRecord, RouteRecord, SiteRecord
from service import figures
from service.experiments.material import Material
from service.experiments.report import Drawing, Findings, Sheet, as_table
from service.experiments.superposed import Place, PlaceRow, by_place, label_of, places, role_of, sites_of
from workers.datasets.tasks import MATCHED

TITLE = "Attractors"
ABOUT = (
    "The mean influence of the word at each place, and its share of all negative influence in the case. An attractor, "
    "a noun that disagrees with the subject, speaks for the wrong answer; contrast is how much more so than the same "
    "place of the matched case, which has no such noun."
)
CHOICES = ()
NOTE = (
    "rank: by share of the negative influence. instances: that have a word there. negative: share of the case's "
    "instances in which its influence is negative. negative_total: its share of all negative influence. contrast: "
    "influence minus that at the same place of matched_case. modal_pattern: the most frequent pattern of a negative "
    "influence from there, and modal_share the share of instances that have it."
)


@dataclass(frozen=True, slots=True)
class Attractor:
    """One place of a case, as the report `attractors` has it."""

    task: str
    case: str
    rank: int
    place: Place
    label: str
    role: str | None
    instances: int
    negative: float
    influence: float
    negative_total: float
    matched_case: str | None
    contrast: float | None
    modal_pattern: str | None
    modal_share: float | None


def make(material: Material) -> Findings:
    """The table of all places, and bars for every task."""
    rows = [row for case in material.cases for row in _case(material, case)]
    drawings = []
    for task in material.results:
        of_task = as_table(Attractor, [row for row in rows if row.task == task])
        title = f"{task}: which words speak for the wrong answer"
        facts = [f"aligned by {material.align(task)}"]
        figure = figures.draw_attractors(of_task, as_table(PlaceRow, places(material, task)), title, facts)
        drawings.append(Drawing(f"attractors-{task}", title, figure))
    return Findings([Sheet.of("attractors", "Places by their negative influence", NOTE, Attractor, rows)], drawings)


def _case(material: Material, case: CaseRecord) -> Iterator[Attractor]:
    words = _words(material, case)
    matched = next(
        (other for other in material.cases if (other.task, other.name) == (case.task, MATCHED.get(case.name))), None
    )
    there = {} if matched is None else {place: _mean(sites) for place, sites in _words(material, matched).items()}
    pulls = {place: sum(site.negative_influence for site in sites) for place, sites in words.items()}
    total = sum(pulls.values())
    ranked = sorted(words, key=lambda place: (pulls[place], place))
    for rank, place in enumerate(ranked, start=1):
        sites = words[place]
        influence = _mean(sites)
        modal = _modal(material, case, place)
        yield Attractor(
            task=case.task,
            case=case.name,
            rank=rank,
            place=place,
            label=label_of(place, sites),
            role=role_of(sites),
            instances=sum(site.positive + site.negative for site in sites),
            negative=sum(site.negative for site in sites) / case.instances,
            influence=influence,
            negative_total=abs(pulls[place] / total) if total < 0 else 0.0,
            matched_case=None if matched is None else matched.name,
            contrast=influence - there[place] if place in there else None,
            modal_pattern=None if modal is None else modal[0],
            modal_share=None if modal is None else modal[1] / case.instances,
        )


def _words(material: Material, case: CaseRecord) -> dict[Place, list[SiteRecord]]:
    """The places that have a source word."""
    sites = [site for site in sites_of(material, case, 0) if site.positive + site.negative]
    return by_place(sites, material.align(case.task))


def _mean(sites: list[SiteRecord]) -> float:
    """The mean influence of the words at a place."""
    influence = sum(site.positive_influence + site.negative_influence for site in sites)
    return influence / sum(site.positive + site.negative for site in sites)


def _modal(material: Material, case: CaseRecord, place: Place) -> tuple[str, int] | None:
    """The most frequent attention-level pattern of a negative influence from a place, and its frequency."""
    by_role = material.align(case.task) == "role"
    instances: Counter[str] = Counter()
    strength: Counter[str] = Counter()
    for route in material.routes[case.id]:
        if (route.level, route.sign, _source(route, by_role)) == ("attention", -1, place):
            text = (route.role_signature if by_role else route.signature) or ""
            instances[text] += route.instances
            strength[text] += route.influence  # pyright: ignore[reportArgumentType] - a sum of any numbers
    if not instances:
        return None
    modal = min(instances, key=lambda text: (-instances[text], -abs(strength[text]), text))
    return modal, instances[modal]


def _source(route: RouteRecord, by_role: bool) -> Place | None:
    return route.source_role if by_role else route.source
