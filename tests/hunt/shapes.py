"""The generators by name, and the models that a seed gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.hunt import combinatorial, programs, scheduling
from tests.hunt.asking import Question, Task
from tests.hunt.cases import Case
from tests.hunt.constraints import CpInstance
from tests.hunt.cpcase import CpCase
from tests.hunt.instances import Instance
from tests.hunt.linearcase import LinearCase, translate
from tests.hunt.perturbation import perturb
from tests.hunt.writing import Format

LINEAR: tuple[Callable[[Random], Instance], ...] = (
    combinatorial.fixed_charge,
    combinatorial.covering,
    combinatorial.unit_commitment,
    combinatorial.lot_sizing,
    combinatorial.big_m,
    combinatorial.knapsack,
    combinatorial.assignment,
    combinatorial.transport,
    programs.free_and_fixed,
    programs.equality_chains,
    programs.degenerate,
    programs.badly_scaled,
    programs.parity,
    programs.infeasible_program,
    programs.unbounded_program,
    programs.unbounded_integers,
    programs.tiny_and_huge,
    programs.random_mixed,
)
CONSTRAINT: tuple[Callable[[Random], CpInstance], ...] = (
    scheduling.machine_schedule,
    scheduling.resource_schedule,
    scheduling.tour,
    scheduling.all_different,
    scheduling.lookups,
    scheduling.clauses,
    scheduling.enforced_sums,
    scheduling.enumerated,
)
SHAPES = tuple(shape.__name__ for shape in (*LINEAR, *CONSTRAINT))
PERTURBED = 0.4
"""The share of linear models that are changed once more."""
ALL_SOLVERS_EVERY = 10
"""One model in so many goes through every solver; the others through two of them, in turns."""

DEFAULT = "highs"
PROGRAMS = ("cbc", "glpk")
"""Solvers that are programs: each start costs as much as a solve, so they come less often."""
CP_QUESTIONS = (
    Question("cp-sat"),
    Question(
        "cp-sat",
        {
            "cp_model_presolve": "false",
            "linearization_level": 0,
            "search_branching": "FIXED_SEARCH",
        },
        "cp-sat without presolve",
    ),
)


@dataclass(frozen=True)
class Trial:
    """One model and what is asked of it."""

    number: int
    shape: str
    case: Case
    tasks: tuple[Task, ...]


def make_trial(seed: int, number: int, solvers: tuple[str, ...]) -> Trial:
    """The model of a number; the same for each seed, number and list of linear solvers."""
    random = Random(f"{seed}/{number}")
    at = number % len(SHAPES)
    if at >= len(LINEAR):
        model = CONSTRAINT[at - len(LINEAR)](random)
        return Trial(number, SHAPES[at], CpCase(model), constraint_tasks(model))
    instance = LINEAR[at](random)
    if random.random() < PERTURBED:
        instance = perturb(instance, random)
    turn = number // len(SHAPES)
    format_ = random.choice([Format.LP, Format.LP, Format.MPS])
    tasks = linear_tasks(instance, format_, _choose(solvers, turn))
    return Trial(number, SHAPES[at], LinearCase(instance), tasks)


def _choose(solvers: tuple[str, ...], turn: int) -> tuple[str, ...]:
    others = tuple(name for name in solvers if name != DEFAULT)
    if turn % ALL_SOLVERS_EVERY == 0 or len(others) < 2:
        return solvers
    libraries = tuple(name for name in others if name not in PROGRAMS) or others
    other = others[turn % len(others)] if turn % 3 == 0 else libraries[turn % len(libraries)]
    if turn % 4 == 3:  # the default sits out, so that the others meet each other
        return other, next(name for name in (*libraries, *others) if name != other)
    return DEFAULT, other


def linear_tasks(instance: Instance, format_: Format, solvers: tuple[str, ...]) -> tuple[Task, ...]:
    """A file for the linear solvers and, where CP-SAT can take the model, one for it."""
    case = LinearCase(instance)
    task = Task(format_, case.write(format_), tuple(map(Question, solvers)))
    if "cp-sat" in solvers or translate(instance) is None:
        return (task,)
    translated = Task(Format.CP_SAT, case.write(Format.CP_SAT), CP_QUESTIONS[:1])
    return (task, translated)


def constraint_tasks(model: CpInstance) -> tuple[Task, ...]:
    """A constraint model for CP-SAT with and without its presolve, or all of its solutions."""
    questions = CP_QUESTIONS
    if model.enumerate_all:
        questions = (Question("cp-sat", enumerate_all=True), *CP_QUESTIONS[1:])
    return (Task(Format.CP_SAT, CpCase(model).write(Format.CP_SAT), questions),)


def rewrite(trial: Trial, case: Case, names: frozenset[str]) -> tuple[Task, ...]:
    """The same questions, of the named solvers, about a smaller model."""
    tasks = []
    for task in trial.tasks:
        questions = tuple(question for question in task.questions if question.name in names)
        if not questions:
            continue
        if task.format is Format.CP_SAT and not _fits_constraints(case):
            continue
        tasks.append(Task(task.format, case.write(task.format), questions))
    return tuple(tasks)


def _fits_constraints(case: Case) -> bool:
    return not isinstance(case, LinearCase) or translate(case.instance) is not None
