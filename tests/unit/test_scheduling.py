"""Files that are named keep their tests together; the tests of others go anywhere."""

from __future__ import annotations

import pytest

from tests.scheduling import keep_together

FILES = frozenset({"test_chart"})


def test_the_tests_of_a_named_file_have_one_scope() -> None:
    ids = ("tests/kube/test_chart.py::test_a[x/y::z]", "tests/kube/test_chart.py::TestB::test_b")
    assert {keep_together(nodeid, FILES) for nodeid in ids} == {"tests/kube/test_chart.py"}


@pytest.mark.parametrize("file", ["test_charts", "test_crd"])
def test_a_test_of_another_file_is_a_scope_of_its_own(file: str) -> None:
    nodeid = f"tests/kube/{file}.py::test_a[test_chart]"
    assert keep_together(nodeid, FILES) == nodeid
