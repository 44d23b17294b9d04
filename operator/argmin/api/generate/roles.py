"""The kinds by their names in RBAC, for the templates of the chart."""

from __future__ import annotations

from collections.abc import Iterable

import yaml

from argmin.api.generate.header import NOTICE
from argmin.api.kind_info import KindInfo


def render_roles(kinds: Iterable[KindInfo]) -> str:
    """YAML with the plural names: of all kinds, with their status, with their finalizers."""
    names = [kind.plural for kind in kinds]
    resources = {
        "objects": names,
        "statuses": [f"{name}/status" for name in names],
        "finalizers": [f"{name}/finalizers" for name in names],
    }
    return f"# {NOTICE}\n{yaml.safe_dump(resources, sort_keys=False)}"
