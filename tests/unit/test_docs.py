"""The documents say what is so: links lead somewhere, YAML is valid, quoted messages are given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from argmin.api.optimizationjob import OptimizationJob
from argmin.api.strict import read_strictly

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "user-guide" / "optimizationjob.md"
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")],
)

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`[^`\n]*`")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_SOME_MODEL = {"format": "mps", "source": {"inline": "NAME"}}


def anchors_of(page: Path) -> set[str]:
    text = _FENCE.sub("", page.read_text())
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in _HEADING.findall(text)
    }


def links_of(page: Path) -> Iterator[str]:
    prose = _CODE.sub("", _FENCE.sub("", page.read_text()))
    for link in _LINK.findall(prose):
        if not link.startswith(("http://", "https://", "mailto:")):
            yield link


def jobs_of(page: Path) -> Iterator[dict[str, Any]]:
    """The OptimizationJobs of a page; a fragment that begins with its spec is made whole."""
    for language, text in _FENCE.findall(page.read_text()):
        if language != "yaml":
            continue
        for document in yaml.safe_load_all(text):
            if document.get("kind") == "OptimizationJob":
                yield document
            elif set(document) == {"spec"}:
                spec = document["spec"]
                whole = spec if {"model", "script"} & set(spec) else {"model": _SOME_MODEL, **spec}
                if "solutionPool" in whole:
                    whole = {**whole, "model": {**_SOME_MODEL, "format": "cp-sat"}}
                yield {
                    "apiVersion": "argmin.dev/v1alpha1",
                    "kind": "OptimizationJob",
                    "metadata": {"name": "fragment"},
                    "spec": whole,
                }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links_of(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors_of(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_job_in_a_document_is_valid(page: Path) -> None:
    for job in jobs_of(page):
        read_strictly(OptimizationJob, job)


def test_there_are_jobs_to_check() -> None:
    assert len(list(jobs_of(GUIDE))) > 8
    assert len(list(jobs_of(ROOT / "README.md"))) == 2


def test_the_messages_that_the_guide_quotes_are_those_of_the_crd() -> None:
    guide = GUIDE.read_text().split("## When something is wrong")[1]
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
