"""Whether a child is as it was applied: its digest, and what of it argmin still owns."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from argmin.plan import Manifest
from argmin.runtime.cache.ownership import (
    APPLIED_DIGEST,
    find_digest,
    is_as_applied,
    list_own_fields,
    stamp,
)

OWNER = {"apiVersion": "argmin.dev/v1alpha1", "kind": "Campus", "name": "north", "uid": "u-1"}
WANTED: Manifest = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "server",
        "namespace": "team",
        "labels": {"a": "1"},
        "ownerReferences": [OWNER],
        "finalizers": ["example.org/keep"],
    },
    "spec": {
        "replicas": 2,
        "paused": None,
        "selector": {"matchLabels": {"app": "server"}},
        "template": {
            "spec": {
                "volumes": [],
                "containers": [
                    {
                        "name": "server",
                        "image": "i:1",
                        "args": ["-v"],
                        "ports": [{"containerPort": 80}],
                    }
                ],
            }
        },
    },
}
FIELDS: Manifest = {
    "f:metadata": {
        "f:annotations": {f"f:{APPLIED_DIGEST}": {}},
        "f:labels": {"f:a": {}},
        "f:ownerReferences": {'k:{"uid":"u-1"}': {}},
        "f:finalizers": {'v:"example.org/keep"': {}},
    },
    "f:spec": {
        "f:replicas": {},
        "f:selector": {},
        "f:template": {
            "f:spec": {
                "f:containers": {
                    'k:{"name":"server"}': {
                        ".": {},
                        "f:name": {},
                        "f:image": {},
                        "f:args": {},
                        "f:ports": {
                            'k:{"containerPort":80,"protocol":"TCP"}': {
                                ".": {},
                                "f:containerPort": {},
                            }
                        },
                    }
                }
            }
        },
    },
}
"""As an API server writes it: keys of lists are completed, the selector is owned as a whole."""


def live(fields: Manifest = FIELDS) -> Manifest:
    """The Deployment after it was applied; more was defaulted."""
    found = copy.deepcopy(stamp(WANTED))
    found["spec"]["strategy"] = {"type": "RollingUpdate"}
    found["metadata"]["managedFields"] = [
        entry("kube-controller-manager", "Update", {"f:status": {}}, subresource="status"),
        entry("argmin", "Apply", fields),
        entry("argmin", "Apply", {"f:status": {}}, subresource="status"),
    ]
    return found


def entry(manager: str, operation: str, fields: Manifest, **more: Any) -> Manifest:
    return {
        "manager": manager,
        "operation": operation,
        "apiVersion": "apps/v1",
        "fieldsV1": fields,
        **more,
    }


def lacking(*path: str) -> Manifest:
    """The fields without one that somebody else has taken, and what is empty then."""
    fields = copy.deepcopy(FIELDS)
    holder = fields
    for element in path[:-1]:
        holder = holder[element]
    del holder[path[-1]]
    return fields if holder or len(path) == 1 else lacking(*path[:-1])


CONTAINERS = ("f:spec", "f:template", "f:spec", "f:containers")
CONTAINER = (*CONTAINERS, 'k:{"name":"server"}')
TAKEN = [
    ("f:metadata", "f:labels", "f:a"),
    ("f:metadata", "f:labels"),
    ("f:metadata", "f:annotations", f"f:{APPLIED_DIGEST}"),
    ("f:metadata", "f:ownerReferences", 'k:{"uid":"u-1"}'),
    ("f:metadata", "f:finalizers"),
    ("f:spec", "f:replicas"),
    ("f:spec", "f:selector"),
    ("f:spec",),
    CONTAINER,
    (*CONTAINER, "f:image"),
    (*CONTAINER, "f:args"),
    (*CONTAINER, "f:ports", 'k:{"containerPort":80,"protocol":"TCP"}', "f:containerPort"),
]


def test_what_was_applied_is_as_it_was_applied() -> None:
    assert is_as_applied(stamp(WANTED), live())


@pytest.mark.parametrize("path", TAKEN, ids="/".join)
def test_a_field_that_is_not_ours_any_more_is_drift(path: tuple[str, ...]) -> None:
    assert not is_as_applied(stamp(WANTED), live(lacking(*path)))


def test_another_manifest_is_not_applied_yet() -> None:
    changed = {**WANTED, "spec": {**WANTED["spec"], "replicas": 3}}
    assert not is_as_applied(stamp(changed), live())


def test_fields_of_another_version_of_the_type_are_applied_anew() -> None:
    found = live()
    found["metadata"]["managedFields"][1]["apiVersion"] = "apps/v1beta2"
    assert not is_as_applied(stamp(WANTED), found)


@pytest.mark.parametrize("fields", [None, {}])
def test_an_object_of_which_nothing_is_ours_is_not_as_applied(fields: Manifest | None) -> None:
    found = live()
    found["metadata"]["managedFields"][1]["fieldsV1"] = fields
    assert not is_as_applied(stamp(WANTED), found)
    found["metadata"]["managedFields"] = []
    assert not is_as_applied(stamp(WANTED), found)


WHOLES = [
    pytest.param({"matchLabels": {"app": "server"}}, True, id="the same"),
    pytest.param({"matchLabels": {"app": "server"}, "more": []}, True, id="more by default"),
    pytest.param({"matchLabels": {"app": "other"}}, False, id="another value"),
    pytest.param({}, False, id="emptied"),
    pytest.param(None, False, id="gone"),
]


@pytest.mark.parametrize(("selector", "is_same"), WHOLES)
def test_what_may_be_owned_as_a_whole_is_compared(selector: Any, is_same: bool) -> None:
    """An owned map without owned fields may be atomic, or have lost all that was inside."""
    found = live()
    found["spec"]["selector"] = selector
    assert is_as_applied(stamp(WANTED), found) is is_same


def with_field(value: Any, found: Any, *, is_owned: bool) -> bool:
    """Whether the Deployment is as applied with a field of this value, and found with another."""
    wanted = {**WANTED, "spec": {**WANTED["spec"], "field": value}}
    owned: Manifest = {"f:field": {}} if is_owned else {}
    seen = live({**FIELDS, "f:spec": {**FIELDS["f:spec"], **owned}})
    seen["spec"]["field"] = found
    seen["metadata"]["annotations"] = stamp(wanted)["metadata"]["annotations"]
    return is_as_applied(stamp(wanted), seen)


RULE: Manifest = {"from": []}
EMPTIES = [
    pytest.param({}, None, False, True, id="an empty map that the server dropped"),
    pytest.param([], [], False, True, id="an empty list that it kept"),
    pytest.param({}, {"app": "server"}, False, False, id="a map that somebody filled"),
    pytest.param([], [RULE], False, False, id="a list that somebody filled"),
    pytest.param({}, {"type": "Rolling"}, True, True, id="an own map that was filled by default"),
    pytest.param([], [RULE], True, False, id="an own list with items of others"),
    pytest.param(None, 1, False, True, id="nothing, filled by default"),
]


@pytest.mark.parametrize(("value", "found", "is_owned", "is_same"), EMPTIES)
def test_what_somebody_writes_into_an_empty_value_is_seen_and_a_default_is_not(
    value: Any, found: Any, is_owned: bool, is_same: bool
) -> None:
    """A policy without rules keeps all out; one who fills an atomic field also takes it over."""
    assert with_field(value, found, is_owned=is_owned) is is_same


def test_a_digest_tells_manifests_apart_and_not_the_order_of_their_fields() -> None:
    turned = dict(reversed(WANTED.items()))
    assert find_digest(stamp(turned)) == find_digest(stamp(WANTED))
    other = {**WANTED, "metadata": {**WANTED["metadata"], "labels": {"a": "2"}}}
    assert find_digest(stamp(other)) != find_digest(stamp(WANTED))


def test_a_stamp_keeps_the_annotations_and_holds_nothing_of_what_it_is_a_digest_of() -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "annotations": {"a": "b"}},
        "stringData": {"token": "hunter2"},
    }
    annotations = stamp(secret)["metadata"]["annotations"]
    assert annotations.keys() == {"a", APPLIED_DIGEST}
    assert "hunter2" not in str(annotations)
    assert "annotations" not in WANTED["metadata"]


def test_only_our_own_fields_of_what_we_have_stamped_are_kept() -> None:
    (own,) = list_own_fields(live())
    assert own["fieldsV1"] == FIELDS
    unstamped = live()
    unstamped["metadata"]["annotations"] = {}
    assert list_own_fields(unstamped) == []
