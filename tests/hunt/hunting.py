"""The hunt: model after model, in blocks after each of which it can be resumed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from threading import Lock

from tests.hunt.asking import Asker, Told
from tests.hunt.findings import Finding, find_all, write_finding
from tests.hunt.judging import Judgement, judge
from tests.hunt.reduction import Budget, reduce_case
from tests.hunt.shapes import Trial, make_trial, rewrite
from tests.hunt.tally import Find, Tally

AUDIT_EVERY = 23
"""One model in so many is settled exactly although all agree: all might be wrong."""
KEPT_OF_A_KIND = 3
"""Findings of one kind that are reduced and written; more are counted."""


@dataclass(frozen=True)
class Plan:
    """What to hunt with, and for how long: until seconds or the number of models are used up."""

    solvers: tuple[str, ...]
    seconds: float
    models: int | None = None
    block: int = 52
    reduce_seconds: float = 30.0


class Hunt:
    """Tries models with several teams at once, and keeps count in a folder."""

    def __init__(self, plan: Plan, tally: Tally, folder: Path, teams: Iterable[Asker]) -> None:
        self._plan = plan
        self._tally = tally
        self._folder = folder
        self._teams: Queue[Asker] = Queue()
        for team in teams:
            self._teams.put(team)
        self._lock = Lock()

    def run(self, say: Callable[[str], None] = print) -> None:
        """Hunt until the time or the models are used up."""
        began, already = time.monotonic(), self._tally.seconds
        last = None if self._plan.models is None else self._tally.next + self._plan.models
        with ThreadPoolExecutor(self._teams.qsize()) as pool:
            while time.monotonic() - began < self._plan.seconds:
                end = self._tally.next + self._plan.block
                end = end if last is None else min(end, last)
                if end <= self._tally.next:
                    break
                list(pool.map(self._try, range(self._tally.next, end)))
                self._tally.next = end
                self._tally.seconds = already + time.monotonic() - began
                self._tally.save(self._folder)
                say(self._describe())

    def _describe(self) -> str:
        tally = self._tally
        pace = 60 * tally.next / max(tally.seconds, 1e-9)
        what = ", ".join(
            f"{tally.total(count)} {count}"
            for count in ("disagreements", "told wrongly", "claimed wrongly", "caught", "failed")
        )
        return f"{tally.next} models, {pace:.0f} a minute: {what}"

    def _try(self, number: int) -> None:
        trial = make_trial(self._tally.seed, number, self._plan.solvers)
        team = self._teams.get()
        try:
            told = ask_all(team, trial)
            audited = number % AUDIT_EVERY == 0 or any(one.enumerated for one in told)
            judgement = judge(trial.case, told, audit=audited)
            found = find_all(trial, judgement)
            with self._lock:
                self._tally.add(trial.shape, judgement, audited=audited)
                kept = [
                    finding
                    for finding in found
                    if self._tally.count_kind(finding.kind) <= KEPT_OF_A_KIND
                ]
            for finding in kept:
                self._write(finding, trial, judgement, team)
        finally:
            self._teams.put(team)

    def _write(self, finding: Finding, trial: Trial, judgement: Judgement, team: Asker) -> None:
        names = frozenset(judged.told.solver for judged in judgement.judged)

        def still(case: object) -> bool:
            smaller = Trial(trial.number, trial.shape, case, rewrite(trial, case, names))  # type: ignore[arg-type]
            if not smaller.tasks:
                return False
            again = judge(smaller.case, ask_all(team, smaller))
            return any(finding.is_like(other) for other in find_all(smaller, again))

        budget = Budget(seconds=self._plan.reduce_seconds)
        reduced = reduce_case(trial.case, still, budget)
        smaller = Trial(trial.number, trial.shape, reduced, rewrite(trial, reduced, names))
        again = judge(reduced, ask_all(team, smaller), audit=True)
        folder = write_finding(self._folder, finding, (trial, judgement), (smaller, again))
        find = Find(
            folder, finding.category, trial.shape, finding.solver, finding.line, finding.kind
        )
        with self._lock:
            self._tally.finds.append(find)


def ask_all(team: Asker, trial: Trial) -> list[Told]:
    """The answers to all questions about a model."""
    return [told for task in trial.tasks for told in team.ask(task)]
