"""Models: a checkpoint as others saved it, made into a directory that can be loaded."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workers.models.conversion import ConvertedModel


def convert_model(
    source: Path,
    output: Path,
    *,
    architecture: str | None = None,
    tokenizer: Path | None = None,
    lower_case: bool | None = None,
    replace: bool = False,
) -> "ConvertedModel":
    """Write a directory that can be loaded: safetensors weights, config.json and the tokenizer.

    Args:
        source: a directory with config.json and weights, pickled or not.
        architecture: the class whose weights it has; None: as config.json or the weights tell.
        tokenizer: another directory with a tokenizer, or one of its files; None: it is in `source`.
        lower_case: does a vocabulary of word pieces expect lower-cased text? None: as its configuration or its words
            tell.
        replace: may `output` be there already?

    Raises:
        Conflict: `output` is there.
        ModelError: what a file lacks or cannot tell, or the result cannot be loaded.
    """
    from workers.models import conversion  # torch takes seconds to import

    return conversion.convert_model(
        source, output, architecture=architecture, tokenizer=tokenizer, lower_case=lower_case, replace=replace
    )
