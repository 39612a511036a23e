"""What programs that ask on behalf of others may do, over HTTP or as tools of an agent: which models, and how much."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from cypher.errors import InvalidInput, TooLarge
from workers.datasets.instance import Instance


class Limits(BaseSettings):
    """What is allowed, and how much of it."""

    model_config = SettingsConfigDict(env_prefix="INFLUENCE_API_", env_ignore_empty=True)

    models: tuple[str, ...] = (
        "bundled",
        "bundled-sentiment",
    )  # that may be named: names, or directories with all below
    sentences: Annotated[int, Field(ge=1)] = 200_000  # of a job
    unpacked: Annotated[int, Field(ge=1)] = 2**30  # bytes of a file of sentences, once it is unpacked
    jobs: Annotated[int, Field(ge=1)] = 100  # of a key, that have not ended
    query_seconds: Annotated[float, Field(gt=0)] = 30.0
    query_rows: Annotated[int, Field(ge=1)] = 10_000
    queries: Annotated[int, Field(ge=1)] = 4  # users' own, at once in each process

    def allows_model(self, name: str) -> bool:
        """May this model be used?"""
        if name in self.models:
            return True
        path = Path(name)
        if not name.isprintable():
            return False
        return path.is_absolute() and any(
            Path(root).is_absolute() and path.resolve().is_relative_to(Path(root).resolve()) for root in self.models
        )

    def check_model(self, name: str, shown: str | None = None) -> None:
        """May this model be used?

        Args:
            shown: how an error calls it; None: by its name.

        Raises:
            InvalidInput: it may not.
        """
        if not self.allows_model(name):
            fix = f"Use one of: {', '.join(each for each in self.models if not each.startswith('/'))}."
            raise InvalidInput("model", f"{(shown or name)!r} is not among the models of this service", fix)

    def within_size(self, instances: Iterable[Instance]) -> Iterator[Instance]:
        """The sentences of a job, until they are too many.

        Raises:
            TooLarge: they are.
        """
        for number, instance in enumerate(instances, start=1):
            if number > self.sentences:
                problem = f"there are more than the {self.sentences:,} sentences that a job may have"
                raise TooLarge("sentences", problem, "Submit them as several jobs.")
            yield instance


AnyLimits = TypeVar("AnyLimits", bound=Limits)


def read_limits(kind: type[AnyLimits], **given: object) -> AnyLimits:
    """What the environment says, and what is given instead.

    Raises:
        InvalidInput: a value that cannot be; the message names it.
    """
    try:
        return kind(**{name: value for name, value in given.items() if value is not None})  # pyright: ignore[reportArgumentType]
    except SettingsError as error:
        field = re.search(r'field "(\w+)"', str(error))
        name = f"INFLUENCE_API_{field.group(1).upper()}" if field else "INFLUENCE_API_*"
        raise InvalidInput(name, "it is no JSON", 'Write a list such as ["bundled"].') from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise InvalidInput(str(first["loc"][0]), first["msg"], "Correct it.") from None
