"""One request to the API server: its URL, and its name in metrics and messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from argmin.plan import Resource

JSON = "application/json"
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
"""`Accept` header for an object's metadata alone."""


@dataclass(frozen=True)
class Call:
    """One request, and its name in metrics and messages."""

    verb: str
    method: str
    resource: Resource
    namespace: str | None = None
    name: str = ""
    subresource: str = ""
    query: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, Any] | None = None
    content_type: str = JSON
    accept: str = JSON

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
        """The object as named in messages."""
        return " ".join(
            part
            for part in (
                self.resource.kind,
                "/".join(part for part in (self.namespace, self.name) if part),
                self.subresource,
            )
            if part
        )
