"""Names of objects on the command line: bare, or with their kind as kubectl takes them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ObjectName:
    """A name as it is written: `steel`, `opt/steel` or with the full name of the kind."""

    text: str

    @property
    def kind(self) -> str | None:
        """The kind as it is written; `None` where it is left out."""
        kind, slash, _ = self.text.rpartition("/")
        return kind if slash else None

    @property
    def name(self) -> str:
        """The name of the object."""
        return self.text.rpartition("/")[2]

    def __str__(self) -> str:
        return self.text
