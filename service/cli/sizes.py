"""Amounts as people write and read them: memory, time, speed."""

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


def pace(speed: float, of: str = "") -> str:
    """A speed, such as `12.3 sentences/s`; a slow one as `8.1 s a sentence`.

    Args:
        speed: of them a second.
        of: what they are, in the singular; empty where that is clear: `12.3/s` or `8.1 s each`.
    """
    if speed >= 1 or speed <= 0:
        return f"{speed:.1f} {of}s/s" if of else f"{speed:.1f}/s"
    return f"{1 / speed:.1f} s a {of}" if of else f"{1 / speed:.1f} s each"


def duration(seconds: float) -> str:
    """A rough time, such as `20 s`, `3 min` or `1.5 h`."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 1.5 * size:
            return f"{float(f'{seconds / size:.2g}'):g} {unit}"
    return f"{max(1.0, float(f'{seconds:.1g}')):g} s"


def percent(share: float) -> str:
    """A share, such as `0.27 %` or `110 %`."""
    return f"{100 * share:.2g} %" if share < 1 else f"{100 * share:.0f} %"
