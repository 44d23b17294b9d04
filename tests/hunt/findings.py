"""Findings: what deserves to be looked at, and the folder in which it is written down."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.hunt.judging import Judged, Judgement, Verdict
from tests.hunt.shapes import Trial
from tests.hunt.writing import Format

_SUFFIXES = {Format.LP: "lp", Format.MPS: "mps", Format.CP_SAT: "txt"}


@dataclass(frozen=True)
class Finding:
    """One answer that is not as it should be.

    `category` is one of: told wrongly, claimed wrongly, caught, failed, undecided. `kind` tells
    findings of one cause from others, as well as words can.
    """

    number: int
    category: str
    solver: str
    kind: str
    line: str

    def is_like(self, other: Finding) -> bool:
        """Whether another is of the same kind."""
        return self.kind == other.kind


def find_all(trial: Trial, judgement: Judgement) -> list[Finding]:
    """The findings among the answers to one model."""
    return [
        _make(trial, judged, category)
        for judged in judgement.judged
        if (category := _category(judged)) is not None
    ]


def _category(judged: Judged) -> str | None:
    if judged.told_wrongly:
        return "told wrongly"
    if judged.claimed_wrongly:
        return "claimed wrongly"
    if judged.caught:
        return "caught"
    if judged.failed:
        return "failed"
    return "undecided" if judged.verdict is Verdict.UNDECIDED else None


def _make(trial: Trial, judged: Judged, category: str) -> Finding:
    told = judged.told
    word = told.claim if category == "caught" and told.claim is not None else told.answer
    what = str(word.outcome)
    if category == "failed":
        what = f"{told.reason}: {_template(told.message)}"
    line = f"{told.describe()}{'; ' + judged.why if judged.why else ''}"
    kind = f"{category} / {told.solver} / {what}"
    if category != "failed":
        kind += f" / {_template(judged.why)}"
    return Finding(trial.number, category, told.solver, kind, line)


def _template(message: str) -> str:
    """A message without its numbers and names, by which equal causes are told."""
    plain = re.sub(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?", "#", message)
    return re.sub(r"\b[a-z]#(_\w+)?", "#", plain)[:100]


def write_finding(
    folder: Path,
    finding: Finding,
    original: tuple[Trial, Judgement],
    reduced: tuple[Trial, Judgement],
) -> str:
    """Write the model, its reduced form, and who said what of them; the folder's name."""
    name = f"{finding.number:07d}-{finding.category}-{finding.solver}".replace(" ", "-")
    place = folder / "findings" / name
    place.mkdir(parents=True, exist_ok=True)
    for label, (trial, _) in (("original", original), ("reduced", reduced)):
        for task in trial.tasks:
            (place / f"{label}.{_SUFFIXES[task.format]}").write_text(task.text)
    lines = [f"# {finding.category}: {finding.solver}, {original[0].shape}", "", finding.line, ""]
    for label, (_, judgement) in (("Original", original), ("Reduced", reduced)):
        lines += [f"## {label}", "", *_describe(judgement), ""]
    (place / "README.md").write_text("\n".join(lines))
    return name


def _describe(judgement: Judgement) -> list[str]:
    truth = judgement.truth
    right = "not settled"
    if truth is not None:
        number = "" if truth.objective is None else f" {float(truth.objective)!r}"
        right = f"{truth.outcome}{number}"
    lines = [f"Right, in exact arithmetic: {right}", ""]
    for judged in judgement.judged:
        why = f" ({judged.why})" if judged.why else ""
        lines.append(f"- {judged.told.describe()}: {judged.verdict}{why}")
    return lines
