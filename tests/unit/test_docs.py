"""The documents say what is so: links lead somewhere, YAML is valid, quoted words are given."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from argmin.api import conditions
from argmin.api.answer import Outcome, Reason
from argmin.api.optimization.spec import OptimizationJob
from argmin.api.validation import read_strictly
from argmin.aws.errors import AwsError
from argmin.backends.rules.reasons import LifeReason
from argmin.backends.state import RunReason
from argmin.cli.app import app
from argmin.optimization.reasons import ConditionReason
from argmin_solvers.verify.base import CheckReason
from tests.aws.delegation.queue import PATTERN
from tests.pages import (
    GUIDE,
    KIND,
    PAGES,
    ROOT,
    list_anchors,
    list_blocks,
    list_commands,
    list_links,
    list_words,
    read_table,
)

SPEC_PAGE = GUIDE / "optimizationjob.md"
SAGEMAKER_PAGE = GUIDE / "sagemaker.md"
ARTIFACTS_PAGE = GUIDE / "artifacts.md"
VERIFICATION_PAGE = GUIDE / "verification.md"
COMMANDS = sorted({command for page in PAGES for command in list_commands(page, "argmin")})
_SOME_MODEL = {"format": "mps", "source": {"inline": "NAME"}}
_SOME_SCRIPT = {"source": {"inline": "pass"}}


def name_page(page: Path) -> str:
    return str(page.relative_to(ROOT))


def list_jobs(page: Path) -> Iterator[dict[str, Any]]:
    """The OptimizationJobs of a page; a fragment that begins with its spec is made whole."""
    for block in list_blocks("yaml", page):
        for document in block.documents:
            if document.get("kind") == KIND:
                yield document
            elif set(document) == {"spec"}:
                yield {
                    "apiVersion": "argmin.dev/v1alpha1",
                    "kind": KIND,
                    "metadata": {"name": "fragment"},
                    "spec": complete(document["spec"]),
                }


def complete(spec: dict[str, Any]) -> dict[str, Any]:
    """A spec with a model or a program where it has none."""
    if "solutionPool" in spec:
        return {**spec, "model": {**_SOME_MODEL, "format": "cp-sat"}}
    script = spec.get("script")
    if script is not None:
        return {**spec, "script": {**_SOME_SCRIPT, **script}}
    return spec if "model" in spec else {"model": _SOME_MODEL, **spec}


@pytest.mark.parametrize("page", PAGES, ids=name_page)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in list_links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in list_anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=name_page)
def test_every_job_in_a_document_is_valid(page: Path) -> None:
    for job in list_jobs(page):
        read_strictly(OptimizationJob, job)


@pytest.mark.parametrize(
    "name", ["artifacts", "optimizationjob", "progress", "sagemaker", "verification"]
)
def test_every_page_of_the_guide_shows_a_job(name: str) -> None:
    jobs = list(list_jobs(GUIDE / f"{name}.md"))
    assert any(job["metadata"]["name"] != "fragment" for job in jobs)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_in_a_document_can_be_given(command: str) -> None:
    _program, name, *arguments = shlex.split(re.split(r" (?:\||>) ", command)[0])
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    with group.make_context("argmin", [], resilient_parsing=True) as context:
        if name.startswith("-"):
            assert name in {option for each in group.get_params(context) for option in each.opts}
        else:
            # Parsed, not run: raises where the command, an option or its value is not known.
            group.commands[name].make_context(name, arguments).close()


def test_there_are_commands_to_check() -> None:
    assert {shlex.split(command)[1] for command in COMMANDS} >= {
        *("run", "submit", "get", "watch", "logs", "result", "check", "plot", "plan", "delete"),
    }


def test_the_messages_that_the_guide_quotes_are_those_of_the_crd() -> None:
    guide = SPEC_PAGE.read_text().split("## When something is wrong")[1]
    table = guide.split("becomes a condition")[0]
    crd = yaml.safe_load((ROOT / "crds" / "argmin.dev_optimizationjobs.yaml").read_text())
    given = set(messages_of(crd))
    quoted = re.findall(r"^\|.*\| `([^`]+)` \|$", table, re.MULTILINE)
    ours = [message for message in quoted if "Unsupported value" not in message]
    assert ours
    assert [message for message in ours if message not in given] == []


def messages_of(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if "rule" in schema and "message" in schema:
            yield schema["message"]
        for value in schema.values():
            yield from messages_of(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from messages_of(value)


def list_subclasses(parent: type[AwsError]) -> Iterator[type[AwsError]]:
    for child in parent.__subclasses__():
        yield child
        yield from list_subclasses(child)


REASONS = {
    *(word.value for words in (Reason, RunReason, LifeReason) for word in words),
    *(word.value for words in (ConditionReason, CheckReason) for word in words),
    *(error.reason for error in list_subclasses(AwsError)),
}
CONDITIONS = {
    *(conditions.COMPLETE, conditions.FAILED, conditions.SUSPENDED, conditions.VERIFIED),
    *(conditions.RECONCILING, conditions.STALLED),
}


@pytest.mark.parametrize(
    ("page", "heading"),
    [
        (SAGEMAKER_PAGE, "When something is wrong"),
        (ARTIFACTS_PAGE, "When something is wrong"),
        (SPEC_PAGE, "Conditions and waiting"),
    ],
    ids=lambda value: value.stem if isinstance(value, Path) else value,
)
def test_conditions_and_reasons_of_the_guide_are_those_that_there_are(
    page: Path, heading: str
) -> None:
    rows = read_table(page, heading)
    told = {word for row in rows for word in list_words(row[0])}
    assert told <= CONDITIONS
    words = {word for row in rows for word in list_words(row[-1 if page == SPEC_PAGE else 1])}
    reasons = {word for word in words if word.isalpha()}
    assert reasons
    assert reasons <= REASONS


def test_the_reasons_of_a_check_are_all_explained() -> None:
    rows = read_table(VERIFICATION_PAGE, "Reasons")
    assert {word for row in rows for word in list_words(row[1])} == set(CheckReason)
    assert {word for row in rows for word in list_words(row[0])} == {"True", "False", "Unknown"}
    outcomes = {row[0] for row in read_table(SPEC_PAGE, "The answer")}
    assert outcomes == {f"`{outcome}`" for outcome in Outcome}


def test_the_queue_of_the_guide_is_the_one_that_is_tested() -> None:
    commands = list(list_commands(SAGEMAKER_PAGE, "aws"))
    patterns = [shlex.split(command) for command in commands if "put-rule" in command]
    assert [yaml.safe_load(words[-1]) for words in patterns] == [PATTERN]
