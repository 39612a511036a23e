"""Amounts of memory, as people write them."""

from cypher.errors import InvalidInput


def parse_bytes(text: str) -> int:
    """The bytes of a size such as `2GB`, `500MB` or `1.5GiB`.

    Raises:
        InvalidInput: no size, or none above 0.
    """
    from pydantic import ByteSize, TypeAdapter, ValidationError  # takes a while to import

    try:
        size = TypeAdapter(ByteSize).validate_python(text)
    except ValidationError:
        size = 0
    if size <= 0:
        raise InvalidInput("memory", f"{text!r} is not an amount of memory", "Write it like 2GB, 500MB or 1.5GiB.")
    return int(size)
