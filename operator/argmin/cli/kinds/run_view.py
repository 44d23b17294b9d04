"""What `argmin logs` and `argmin result` need of an object's run, whatever its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from argmin.api.backend import BackendName
from argmin.api.storage import StoredResult


@dataclass(frozen=True)
class RunView:
    """The run of an object, as its status records it."""

    owner: str
    """Name of the object."""
    kind: str
    uid: str
    """Of the object."""
    is_finished: bool
    name: str | None = None
    """Of the run; `None` before the first."""
    backend: BackendName | None = None
    backend_status: object = None
    """The part of the status that this backend writes, if there is any."""
    has_result: bool = False
    config_map: str | None = None
    """Name of the ConfigMap that has the result."""
    stored: StoredResult | None = None
    """Folder of the store that has the result, in place of a ConfigMap."""
    outputs: tuple[str, ...] = ()
    """Names of the outputs."""
    has_files: bool = False
    """Whether an output has files."""
    places: Mapping[str, str] = field(default_factory=dict)
    """Locations of the outputs that have their own, by name."""
    why_uncertified: str = ""
    """What is known in place of a certificate of the answer."""
    unreadable: tuple[str, ...] = ()
    """Paths of the fields that lead to the run, and that this version cannot read."""
