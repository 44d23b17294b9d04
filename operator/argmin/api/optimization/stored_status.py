"""Reading a status that another version of argmin, or another controller, wrote in part; pure.

What is for people, or found out anew, counts as not written where it cannot be read: no user could
mend it. What an object remembers of its runs does not: who forgets an end starts anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from argmin.api.conditions import COMPLETE, FAILED

Location = tuple[int | str, ...]
"""Where a problem is: names of fields and positions in lists, from the object down."""

CONDITIONS = "conditions"


def drop_unreadable(status: dict[str, Any], problems: Iterable[Location]) -> dict[str, Any]:
    """The status without what has a problem: an item where it stands in a list, else its field.

    Each location begins with the name of a field of the status.
    """
    items: dict[str, set[int]] = {}
    fields: set[int | str] = set()
    for place in problems:
        if _is_item(status, place):
            items.setdefault(str(place[0]), set()).add(int(place[1]))
        else:
            fields.add(place[0])
    return {
        name: _leave_out(value, items[name]) if name in items else value
        for name, value in status.items()
        if name not in fields
    }


def find_forgotten(
    status: dict[str, Any], problems: Iterable[Location], remembered: Collection[str]
) -> Iterator[Location]:
    """The problems for which `drop_unreadable` would forget what must not be forgotten.

    That is a whole field of those `remembered`, and a condition that may tell of an end.
    """
    for place in problems:
        if place[0] not in remembered:
            continue
        if not _is_item(status, place) or (
            place[0] == CONDITIONS and _may_be_an_end(status[CONDITIONS][place[1]])
        ):
            yield place


def _is_item(status: dict[str, Any], place: Location) -> bool:
    return len(place) > 1 and isinstance(place[1], int) and isinstance(status[str(place[0])], list)


def _leave_out(items: list[Any], positions: Collection[int]) -> list[Any]:
    return [item for position, item in enumerate(items) if position not in positions]


def _may_be_an_end(item: Any) -> bool:
    kind = item.get("type") if isinstance(item, dict) else None
    return not isinstance(kind, str) or kind in (COMPLETE, FAILED)


def join_path(location: Location) -> str:
    """A location as people write it, such as `status.conditions[1].message`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(parts).lstrip(".")
