"""How the command line shows the objects of a kind: by its registration, unless overridden."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import ValidationError
from rich.text import Text

from argmin.api.conditions import STALLED, find_condition, is_true
from argmin.api.kind_info import Column, KindInfo
from argmin.api.meta import Condition
from argmin.backends.defaults import Defaults
from argmin.backends.run import Run
from argmin.backends.state import RunState
from argmin.cli.kinds.json_path import read_path
from argmin.cli.kinds.run_view import RunView
from argmin.cli.output.formatting import format_span, style_state
from argmin.plan import Manifest, Resource

Details = Iterable[tuple[str, Text]]
"""Rows of a label and its value."""

UNREADABLE = "?"
"""What is shown in place of a value that this version cannot read."""

_CREATED = ".metadata.creationTimestamp"


class LocalRuns(Protocol):
    """Runs of a kind as processes of this machine."""

    def build_run(self, manifest: Manifest, defaults: Defaults, root: str) -> Run:
        """The run of an object; `root` is the folder of its inputs and outputs."""

    def conclude(self, manifest: Manifest, run: Run, state: RunState, now: datetime) -> Manifest:
        """The status of an object whose run has ended."""

    def refuse(self, reason: str, message: str, now: datetime) -> Manifest:
        """The status of an object that was not run because it is invalid."""


class Display:
    """An object in a live display, as it changes."""

    def __init__(self, view: KindView, clock: Callable[[], float]) -> None:
        """`clock` returns monotonic seconds."""
        self.view = view
        self.clock = clock
        self.manifest: Manifest | None = None

    def show(self, manifest: Manifest) -> None:
        """Take in a change of the object."""
        self.manifest = manifest

    def describe(self) -> Details:
        """The rows about the object at this moment."""
        return () if self.manifest is None else self.view.describe(self.manifest)

    def draw(self, _width: int, _rows: int) -> Text | None:
        """A chart of at most this size, if the kind has one."""
        return None


class KindView:
    """How the objects of a kind are shown; objects are JSON as the API server returns them."""

    local: LocalRuns | None = None
    """How objects are run without a cluster; `None` if they are not."""

    def __init__(self, info: KindInfo) -> None:
        self.info = info
        self.resource = Resource.of_kind(info)

    @property
    def headings(self) -> Sequence[str]:
        """Headings of the columns between name and age."""
        return [column.name.upper() for column in self._columns]

    @property
    def _columns(self) -> Sequence[Column]:
        return [c for c in self.info.columns if not c.wide and c.path != _CREATED]

    def list_cells(self, manifest: Manifest, now: datetime) -> Sequence[str]:
        """The cells below the headings."""
        return [_format(read_path(manifest, c.path), c.type, now) for c in self._columns]

    def describe(self, manifest: Manifest, since: timedelta = timedelta(0)) -> Details:
        """The object in a few rows; `since` is how long ago it was seen."""
        yield self.info.name.lower(), Text(str(manifest["metadata"]["name"]), style="bold")
        for column in self._columns:
            value = read_path(manifest, column.path)
            if value is not None:
                yield column.name.lower(), style_state(str(value))
        why = self.explain_end(manifest)
        if why:
            yield "reason", Text(f"{why.reason}: {why.message}" if why.message else why.reason)

    def summarise(self, manifest: Manifest) -> list[str]:
        """The object in a line, in parts: without its name and the reason of its state."""
        return [str((manifest.get("status") or {}).get("state") or "Pending")]

    def open_display(self, clock: Callable[[], float]) -> Display:
        """A live display of one object."""
        return Display(self, clock)

    def find_run(self, manifest: Manifest) -> RunView | None:
        """The run whose log and result belong to the object; `None` for kinds without runs."""
        return None

    def is_finished(self, manifest: Manifest) -> bool:
        """Whether the object, as it is written now, has ended, is ready, or is stalled."""
        status = manifest.get("status") or {}
        current = status.get("observedGeneration") == manifest["metadata"].get("generation")
        return bool(current) and self.explain_end(manifest) is not None

    def is_successful(self, manifest: Manifest) -> bool:
        """Whether the object is what its user wanted."""
        return is_true(list_conditions(manifest), self.info.lifecycle.success)

    def explain_end(self, manifest: Manifest) -> Condition | None:
        """The condition with the reason why an object has ended, is ready, or is stalled."""
        success, *failures = self.info.lifecycle.ends
        conditions = list_conditions(manifest)
        for kind in (*failures, STALLED, success):
            if is_true(conditions, kind):
                return find_condition(conditions, kind)
        return None


def list_conditions(manifest: Manifest) -> list[Condition]:
    """The conditions of an object, without those that this version cannot read."""
    found = []
    for listed in (manifest.get("status") or {}).get("conditions") or ():
        with suppress(ValidationError):
            found.append(Condition.model_validate(listed))
    return found


def _format(value: object, of_type: str, now: datetime) -> str:
    if value is None:
        return ""
    if of_type != "date":
        return str(value)
    try:
        return format_span(now - datetime.fromisoformat(str(value)))
    except (TypeError, ValueError):  # without a zone, or no date
        return UNREADABLE
