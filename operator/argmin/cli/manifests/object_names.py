"""Names of objects on the command line: bare, or with their kind as kubectl takes them."""

from __future__ import annotations

from argmin.cli.errors import CliError


def read_object_name(text: str) -> str:
    """The name in `steel`, `opt/steel` or `optimizationjobs.argmin.dev/steel`.

    Raises:
        CliError: the kind is none of argmin's, or a part is missing.
    """
    kind, slash, name = text.rpartition("/")
    if not slash and name:
        return name
    from argmin.api.registry import KINDS  # the models take long to load, and --help needs none

    known = {
        spelling.lower()
        for each in KINDS
        for spelling in (each.short_name, each.name, each.plural, each.full_name)
    }
    if name and kind.lower() in known:
        return name
    short = ", ".join(f"{each.short_name}/NAME" for each in KINDS)
    raise CliError(f"{text} names no object of argmin's: write NAME or {short}")
