"""What the API server's refusals mean to us, and how a call is named."""

from __future__ import annotations

import pytest

from argmin.plan import JOBS, Resource
from argmin.runtime.kube.errors import (
    ApiError,
    ConflictError,
    ExpiredError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    TerminatingError,
    UnavailableError,
    VanishedError,
    error_of,
)
from argmin.runtime.kube.request import Call


@pytest.mark.parametrize(
    ("status", "kind", "transient"),
    [
        (400, InvalidError, False),
        (401, ForbiddenError, False),
        (403, ForbiddenError, False),
        (404, NotFoundError, False),
        (409, ConflictError, True),
        (410, ExpiredError, True),
        (413, InvalidError, False),
        (422, InvalidError, False),
        (429, UnavailableError, True),
        (500, UnavailableError, True),
        (503, UnavailableError, True),
        (504, UnavailableError, True),
    ],
)
def test_a_status_tells_whether_the_same_call_may_succeed_later(
    status: int, kind: type[ApiError], transient: bool
) -> None:
    error = error_of(status, "cannot apply Job team/steel: no", "Reason")
    assert type(error) is kind
    assert error.transient is transient
    assert (str(error), error.status, error.reason) == (
        "cannot apply Job team/steel: no",
        status,
        "Reason",
    )


def test_a_namespace_that_is_going_is_told_apart_from_a_lack_of_rights() -> None:
    assert isinstance(error_of(403, "no", causes=["NamespaceTerminating"]), TerminatingError)
    assert not isinstance(error_of(403, "no", causes=["Other"]), TerminatingError)


def test_an_object_that_is_gone_is_told_apart_from_a_conflict() -> None:
    gone = "uid mismatch: the provided object specified uid u, and no existing object was found"
    assert isinstance(error_of(409, gone), VanishedError)
    assert not isinstance(error_of(409, "the object has been modified"), VanishedError)


@pytest.mark.parametrize(
    "said",
    [
        "etcdserver: request is too large",
        "rpc error: desc = trying to send message larger than max (2501196 vs. 2097152)",
        "failed to create typed patch object (a/b): .status.said: expected string, got 7",
    ],
)
def test_what_will_never_be_taken_is_invalid_whatever_the_status(said: str) -> None:
    assert type(error_of(500, f"cannot apply Job a/b status: {said}")) is InvalidError


def test_the_patience_that_a_server_asks_for_is_kept() -> None:
    error = error_of(429, "too many requests", retry_after=7.0)
    assert isinstance(error, UnavailableError)
    assert error.retry_after == 7.0


def test_a_call_of_a_group_and_one_of_the_core_have_their_paths() -> None:
    nodes = Resource("v1", "Node", "nodes")
    assert Call("get", "GET", JOBS, "team", "a").path == "/apis/batch/v1/namespaces/team/jobs/a"
    assert Call("list", "GET", nodes, query=(("limit", "5"),)).path == "/api/v1/nodes?limit=5"


def test_no_name_can_leave_its_place_in_a_path() -> None:
    path = Call("get", "GET", JOBS, "team/../other", "a?b=c", "status").path
    assert path == "/apis/batch/v1/namespaces/team%2F..%2Fother/jobs/a%3Fb%3Dc/status"


def test_a_call_is_named_in_words() -> None:
    assert Call("apply", "PATCH", JOBS, "team", "a", "status").target == "Job team/a status"
    assert Call("list", "GET", JOBS).target == "Job"
