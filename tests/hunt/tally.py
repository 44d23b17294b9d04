"""What a hunt has counted so far; kept as JSON, so that it goes on where it ended."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.hunt.judging import Judged, Judgement, Verdict

COUNTS = (
    "models",
    "runs",
    "disagreements",
    "told wrongly",
    "claimed wrongly",
    "caught",
    "within tolerances",
    "undecided",
    "failed",
)
"""What is counted for each shape, and for each solver but `models` and `disagreements`."""


@dataclass(frozen=True)
class Find:
    """A finding in a word: where it lies, and what was told, in one line.

    `cause` is what findings of one cause have in common.
    """

    folder: str
    kind: str
    shape: str
    solver: str
    line: str
    cause: str = ""


@dataclass
class Tally:
    """Counts by shape and by solver, levels of proof, and the findings.

    `next` is the first number that was not tried.
    """

    seed: int
    next: int = 0
    seconds: float = 0.0
    audited: int = 0
    shapes: dict[str, dict[str, int]] = field(default_factory=dict)
    solvers: dict[str, dict[str, int]] = field(default_factory=dict)
    levels: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    finds: list[Find] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)

    def add(self, shape: str, judgement: Judgement, *, audited: bool) -> None:
        """Count one model."""
        counts = Counter(self.shapes.get(shape, {}))
        counts["models"] += 1
        counts["disagreements"] += judgement.differ
        self.audited += audited
        for judged in judgement.judged:
            found = count_answer(judged)
            counts.update(found)
            sums = Counter(self.solvers.get(judged.told.solver, {}))
            sums.update(found)
            self.solvers[judged.told.solver] = dict(sums)
            _raise(self.outcomes, str(judged.told.outcome))
            if judged.told.level is not None:
                _raise(self.levels, str(judged.told.level))
        self.shapes[shape] = dict(counts)

    def count_kind(self, kind: str) -> int:
        """How often this kind of finding was there, this time included."""
        return _raise(self.kinds, kind)

    def total(self, count: str) -> int:
        """The sum over all shapes."""
        return sum(counts.get(count, 0) for counts in self.shapes.values())

    def save(self, folder: Path) -> None:
        """Write `state.json`; at no moment is there half of one."""
        fresh = folder / "state.json.new"
        fresh.write_text(json.dumps(asdict(self), indent=1) + "\n")
        fresh.replace(folder / "state.json")


def load_tally(folder: Path, seed: int) -> Tally:
    """The tally of a folder; a new one where there is none.

    Raises:
        ValueError: the folder is that of another seed.
    """
    path = folder / "state.json"
    if not path.exists():
        return Tally(seed)
    content: dict[str, Any] = json.loads(path.read_text())
    tally = Tally(**{**content, "finds": [Find(**find) for find in content["finds"]]})
    if tally.seed != seed:
        raise ValueError(f"{folder} holds a hunt of seed {tally.seed}: give --seed {tally.seed}")
    return tally


def count_answer(judged: Judged) -> Counter[str]:
    """What one answer adds to the counts."""
    return Counter(
        {
            "runs": 1,
            "told wrongly": int(judged.told_wrongly),
            "claimed wrongly": int(judged.claimed_wrongly),
            "caught": int(judged.caught),
            "within tolerances": int(judged.verdict is Verdict.WITHIN),
            "undecided": int(judged.verdict is Verdict.UNDECIDED),
            "failed": int(judged.failed),
        }
    )


def _raise(counts: dict[str, int], key: str) -> int:
    counts[key] = counts.get(key, 0) + 1
    return counts[key]
