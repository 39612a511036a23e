"""The sentences of a run, and one of them by parts."""

from typing import Annotated

from pydantic import BaseModel, Field

from cypher.store.runs import EdgeChoice
from service.answers.sentences import Part, Parts, Sentence, SentenceDetails, details
from service.mcp.bounds import CELL, clipped, first_of, strongest
from service.mcp.definition import Definition
from service.mcp.desk import TheContext, desk_of
from service.mcp.tools.arguments import Case, RunName, Task
from service.operations import sentences as operations

TOKENS = 300
"""That are listed of a sentence."""
SHARE = 8000
"""Characters of each part of a sentence."""

SentenceName = Annotated[str, Field(max_length=1000, description="Of list_sentences, such as sva-obj/SP/3.")]
Position = Annotated[int | None, Field(ge=0, le=1_000_000)]


class ListedSentences(BaseModel):
    """Some sentences, in the order of the run's input."""

    sentences: list[Sentence]
    next: str | None = Field(description="The cursor of the next page; null on the last.")
    left_out: list[str] = Field(description="What is missing here, and how to get it.")


class DescribedSentence(SentenceDetails):
    """A sentence, and the parts of its graph that were asked for, the strongest first."""

    left_out: list[str] = Field(description="What is missing here, and how to get it.")


def list_sentences(
    context: TheContext,
    run: RunName,
    task: Task = None,
    case: Case = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 25,
    cursor: Annotated[str | None, Field(pattern=r"^\d{1,15}$", description="`next` of the page before.")] = None,
) -> ListedSentences:
    """The sentences of a run that have results: id, text, answers, quantity of interest (qoi; above 0: right), errors.
    For the worst or best ones, use query_graph with ORDER BY."""
    store = desk_of(context).servers.store()
    after = -1 if cursor is None else int(cursor)
    page = operations.list_sentences(store, run, task=task, case=case, after=after, limit=limit)
    found = [Sentence.of(each).model_copy(update={"text": clipped(each.text)}) for each in page.sentences]
    kept = first_of(found)
    last = page.sentences[len(kept) - 1].order if len(kept) < len(found) else page.after
    long = any(len(each.text) > CELL for each in page.sentences[: len(kept)])
    left_out = [f"ends of texts of more than {CELL:,} characters: describe_sentence has their tokens"] if long else []
    return ListedSentences(sentences=kept, next=None if last is None else str(last), left_out=left_out)


def describe_sentence(
    context: TheContext,
    run: RunName,
    id: SentenceName,  # noqa: A002 - as everywhere
    parts: Annotated[
        list[Part],
        Field(description="words: each word's influence and its path; patterns: of baseline methods; edges."),
    ] = ["words"],  # noqa: B006 - of pydantic
    most: Annotated[int, Field(ge=1, le=500, description="Of each part: the strongest.")] = 30,
    layer: Annotated[int | None, Field(ge=0, le=10_000, description="Edges that leave this layer.")] = None,
    source: Annotated[Position, Field(description="Edges from this position.")] = None,
    target: Annotated[Position, Field(description="Edges to this position.")] = None,
    component: Annotated[
        int | None, Field(ge=-1, le=10_000, description="Edges through this head; -1: the skip connection.")
    ] = None,
    tokens_from: Annotated[int, Field(ge=0, le=1_000_000, description="First position of `tokens`.")] = 0,
) -> DescribedSentence:
    """One sentence: tokens, answers, and its strongest words (influence over all paths; `path`: the positions of its
    strongest pattern by layer; `components`: the head of each step, -1 the skip connection), patterns or edges."""
    store = desk_of(context).servers.store()
    wanted = Parts(frozenset(parts), EdgeChoice(layer, source, target, component, strongest=most))
    found = details(*operations.find_parts(store, run, id, wanted.choice), wanted)
    left_out = []
    changes = {"text": clipped(found.text), "tokens": found.tokens[tokens_from : tokens_from + TOKENS]}
    if len(found.text) > CELL:
        left_out.append(f"the text's end, behind {CELL:,} characters: `tokens` has it")
    if tokens_from or len(found.tokens) > TOKENS:
        here = f"tokens {tokens_from} to {min(tokens_from + TOKENS, len(found.tokens)) - 1} of {len(found.tokens)}"
        left_out.append(f"`tokens` and `roles` are of {here}: ask for others with tokens_from")
    if found.roles is not None:
        changes["roles"] = found.roles[tokens_from : tokens_from + TOKENS]
    for name in ("words", "patterns", "edges"):
        every = getattr(found, name)
        if every is None:
            continue
        changes[name] = kept = first_of(strongest(every, most), SHARE)
        more = len(every) - len(kept) + ((found.edges_left_out or 0) if name == "edges" else 0)
        if more:
            how = "one layer, source, target or component" if name == "edges" else "a larger `most`, or query_graph"
            left_out.append(f"{more:,} weaker {name}: ask with {how}")
    if found.words is not None and found.words_left_out:
        left_out.append(
            f"{found.words_left_out} words whose patterns the run does not have, "
            f"{found.words_left_out_share:.1%} of the absolute influence"
        )
    return DescribedSentence(**found.model_copy(update=changes).model_dump(), left_out=left_out)


TOOLS = (Definition(list_sentences, "List sentences"), Definition(describe_sentence, "Describe a sentence"))
