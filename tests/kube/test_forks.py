"""A forked operator ends as `python -m argmin` does: the same code, the same last words."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kube.forks import Forks, open_forks
from tests.kube.process import PATIENCE, Launch, Operator, run_module, serving
from tests.kubectl import Kubectl

pytestmark = pytest.mark.kube


@pytest.fixture(scope="module")
def forks(administrator: Kubectl) -> Iterator[Forks]:
    with open_forks(administrator.kubeconfig) as forks:
        yield forks


@pytest.mark.parametrize(
    "variables",
    [{"ARGMIN_SOLVERS_IMAGE": ""}, {"ARGMIN_WORKERS": "many"}, {"ARGMIN_ADMIN_PORT": "1000000"}],
    ids=lambda variables: next(iter(variables)),
)
def test_it_fails_with_the_same_code_and_words(
    user: Kubectl, tmp_path: Path, forks: Forks, variables: dict[str, str]
) -> None:
    ends = []
    launches: tuple[Launch, ...] = (run_module, forks.start)
    for number, launch in enumerate(launches):
        name = f"operator-{number}"
        with serving(Operator(user, tmp_path, name, variables, launch)) as failing:
            code = failing.process.wait(PATIENCE)
        ends.append((code, failing.log.read_text().splitlines()[-1]))
    assert ends[0] == ends[1]
    assert ends[0][0] == 1


def test_it_works_ends_when_told_to_and_can_be_killed(
    user: Kubectl, tmp_path: Path, forks: Forks
) -> None:
    with serving(Operator(user, tmp_path, "forked", {}, forks.start)) as forked:
        forked.wait_until_it_leads()
        assert forked.end() == 0
        forked.start()
        forked.wait_until_it_leads()
        assert forked.end(signal.SIGKILL) == -signal.SIGKILL
    assert "Traceback" not in forked.log.read_text()
