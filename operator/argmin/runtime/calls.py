"""One request to the API server: where it goes, and how metrics and messages name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from argmin.plan import Resource

JSON = "application/json"
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"


@dataclass(frozen=True)
class Call:
    """One request, and how it is named in metrics and messages."""

    verb: str
    method: str
    resource: Resource
    namespace: str | None = None
    name: str = ""
    subresource: str = ""
    query: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, Any] | None = None
    content_type: str = JSON

    @property
    def path(self) -> str:
        """Path and query, quoted."""
        version = self.resource.api_version
        parts = [f"/apis/{version}" if self.resource.group else f"/api/{version}"]
        if self.namespace:
            parts += ["namespaces", quote(self.namespace, safe="")]
        parts += [self.resource.plural]
        parts += [quote(part, safe="") for part in (self.name, self.subresource) if part]
        query = f"?{urlencode(self.query)}" if self.query else ""
        return "/".join(parts) + query

    @property
    def target(self) -> str:
        """The object in words."""
        return " ".join(
            part
            for part in (
                self.resource.kind,
                "/".join(part for part in (self.namespace, self.name) if part),
                self.subresource,
            )
            if part
        )
