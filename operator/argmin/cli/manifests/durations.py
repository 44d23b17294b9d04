"""Times to wait, as people write them on the command line."""

from __future__ import annotations

from argmin.api.scalars import parse_duration
from argmin.cli.errors import CliError


def read_timeout(text: str | None) -> float | None:
    """Seconds of a `--timeout`; `None` is without end.

    Raises:
        CliError: it is no positive duration with a unit.
    """
    if text is None:
        return None
    try:
        seconds = parse_duration(text).total_seconds()
    except ValueError as error:
        raise CliError(f"--timeout: {error}") from None
    if seconds <= 0:
        raise CliError("--timeout: write a positive duration, such as 90s, 10m or 1h30m")
    return seconds
