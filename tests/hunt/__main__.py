"""`python -m tests.hunt`: hunt for wrong answers, and say what was found."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tests.hunt.hunting import Hunt, Plan
from tests.hunt.installed import list_versions
from tests.hunt.report import publish, render_report
from tests.hunt.tally import load_tally
from tests.hunt.workers import make_team

LINEAR_SOLVERS = ("highs", "scip", "cbc", "glpk", "scipy")


def main(
    seconds: Annotated[float, typer.Option(help="How long to hunt.")] = 600.0,
    seed: Annotated[int, typer.Option(help="Of the models.")] = 1,
    resume: Annotated[
        Path, typer.Option(help="The folder of counts and findings; a hunt in it goes on.")
    ] = Path("hunt"),
    models: Annotated[int | None, typer.Option(help="Stop after so many models.")] = None,
    workers: Annotated[int, typer.Option(help="Models that are tried at a time.")] = 2,
    publish_page: Annotated[
        bool, typer.Option("--publish", help="Write the figures into docs/reliability.md.")
    ] = False,
) -> None:
    """Try seeded random models with every solver, reduce and write down what disagrees."""
    try:
        tally = load_tally(resume, seed)
    except ValueError as error:
        sys.exit(str(error))
    resume.mkdir(parents=True, exist_ok=True)
    tally.versions = list_versions(LINEAR_SOLVERS)
    solvers = tuple(name for name in LINEAR_SOLVERS if name in tally.versions)
    teams = [make_team() for _ in range(workers)]
    try:
        Hunt(Plan(solvers, seconds, models), tally, resume, teams).run()
    finally:
        for team in teams:
            team.close()
    (resume / "report.md").write_text(render_report(tally))
    if publish_page:
        publish(tally)
    print(f"{resume / 'report.md'}; findings in {resume / 'findings'}")
    if tally.total("told wrongly"):
        sys.exit("an answer was told wrongly at level Certified or CrossChecked")


if __name__ == "__main__":
    typer.run(main)
