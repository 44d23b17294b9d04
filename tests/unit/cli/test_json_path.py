"""Fields of an object by the paths of printer columns."""

from __future__ import annotations

import pytest

from argmin.api.registry import KINDS
from argmin.cli.kinds.json_path import read_path

OBJECT = {
    "status": {
        "state": "Running",
        "proof": {"level": "Certified"},
        "conditions": [
            {"type": "Reconciling", "status": "True"},
            {"type": "Verified", "status": "False"},
        ],
    },
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (".status.state", "Running"),
        (".status.proof.level", "Certified"),
        (".status.conditions[?(@.type=='Verified')].status", "False"),
        (".status.conditions[?(@.type=='Ready')].status", None),
        (".status.state[?(@.type=='Ready')].status", None),
        (".status.state.level", None),
        (".metadata.creationTimestamp", None),
    ],
)
def test_a_path_leads_to_a_value_or_to_none(path: str, value: str | None) -> None:
    assert read_path(OBJECT, path) == value


@pytest.mark.parametrize("status", [None, "lost", {"conditions": "none"}, {"conditions": [7]}])
def test_every_column_can_be_read_of_any_object(status: object) -> None:
    for kind in KINDS:
        for column in kind.columns:
            assert read_path({"status": status}, column.path) is None
