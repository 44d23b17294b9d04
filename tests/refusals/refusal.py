"""A spec that is refused, and what the answer must name and say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MODEL: dict[str, Any] = {"format": "mps", "source": {"inline": "NAME x"}}
SCRIPT: dict[str, Any] = {"source": {"inline": "print(1)"}}


@dataclass(frozen=True)
class Refusal:
    """What a user might write, and what the answer must name and say."""

    case: str
    spec: dict[str, Any]
    field: str
    message: str
    name: str = "bad"
    server_message: str = ""
    """The API server's own words, where the schema speaks before a rule can."""
    model_message: str = ""
    """Pydantic's own words, which strict reading replaces by ours."""

    @property
    def manifest(self) -> dict[str, Any]:
        return {
            "apiVersion": "argmin.dev/v1alpha1",
            "kind": "OptimizationJob",
            "metadata": {"name": self.name, "namespace": "default"},
            "spec": self.spec,
        }


def with_model(**fields: Any) -> dict[str, Any]:
    """The spec of a small model, with further fields."""
    return {"model": MODEL, **fields}
