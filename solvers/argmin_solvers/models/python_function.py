"""Builds a model with a function of the user's own Python file."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from argmin.api.answer import Reason
from argmin.api.solve.solvers import SolverName
from argmin_solvers.errors import RunError, is_model_fault
from argmin_solvers.process.interruption import BreakOffError
from argmin_solvers.text import quote, read_source, shorten

_MODULE = "argmin_user_model"
_WANTED = "return a PuLP LpProblem, a Pyomo ConcreteModel, an OR-Tools CpModel or a highspy Highs"
CONVERTERS = {  # the class that marks a model -> our converter
    ("pulp", "LpProblem"): ("converters.pulp", "convert_pulp"),
    ("pyomo.environ", "ConcreteModel"): ("converters.pyomo", "convert_pyomo"),
    ("ortools.sat.python.cp_model", "CpModel"): ("cpsat_model", "checked_cpsat"),
    ("highspy", "Highs"): ("converters.highs", "convert_highs"),
}


def build_model(path: Path, function: str, solver: SolverName | None) -> Any:
    """Run the function and convert what it returns; Pyomo models depend on the solver.

    Raises:
        RunError: ModelFailed with the user's line, where the file or the function raises;
            InvalidModel, where it is no Python, has no such function or returns no model;
            UnsupportedModel.
    """
    returned = call_function(path, function)
    return convert_model(f"{path.name} {function}()", returned, solver)


def call_function(path: Path, function: str) -> Any:
    """What the function returns, called in a module that is run afresh.

    Raises:
        RunError: ModelFailed or InvalidModel, as `build_model`.
    """
    module = _load(path)
    build = getattr(module, function, None)
    if not callable(build):
        raise RunError(
            Reason.INVALID_MODEL,
            f"{path.name}: there is no function {function}{_functions_of(module)};"
            " spec.model.function names the one that returns the model",
        )
    return _guarded(path, build)


def _load(path: Path) -> ModuleType:
    source = read_source(path)
    try:
        code = compile(source, str(path), "exec")
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f" line {line}" if line else ""
        raise RunError(
            Reason.INVALID_MODEL, f"{path.name}{where}: {type(error).__name__}: {error.args[0]}"
        ) from None
    module = ModuleType(_MODULE)
    module.__file__ = str(path)
    sys.modules[_MODULE] = module
    if sys.path[:1] != [str(path.parent)]:
        sys.path.insert(0, str(path.parent))
    _guarded(path, lambda: exec(code, module.__dict__))
    return module


def _guarded(path: Path, call: Callable[[], Any]) -> Any:
    """Call into the user's code; what it raises is reported at the user's line."""
    try:
        return call()
    except BreakOffError:
        raise
    except BaseException as error:  # also KeyboardInterrupt and sys.exit() of the user's code
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == str(path)]
        where = f" line {lines[-1]}" if lines else ""
        what = " ".join("".join(traceback.format_exception_only(error)).split())
        raise RunError(
            Reason.MODEL_FAILED,
            f"{path.name}{where}: {shorten(what, 600)}",
            permanent=is_model_fault(error),
        ) from error


def _functions_of(module: ModuleType) -> str:
    names = [
        name
        for name, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", None) == _MODULE
    ]
    return f", only {', '.join(names[:10])}" if names else ""


def convert_model(origin: str, returned: Any, solver: SolverName | None) -> Any:
    """The model that a function returned, as solvers are given it.

    Raises:
        RunError: InvalidModel, UnsupportedModel.
    """
    from argmin_solvers.models import to_solvable

    if returned is None:
        raise RunError(Reason.INVALID_MODEL, f"{origin} returns nothing: {_WANTED}")
    for (package, marker), (module, function) in CONVERTERS.items():
        loaded = sys.modules.get(package)  # not loaded: then it is none of its objects
        if loaded is not None and isinstance(returned, getattr(loaded, marker)):
            convert = getattr(import_module(f"argmin_solvers.models.{module}"), function)
            if module == "converters.pyomo":
                return to_solvable(convert(origin, returned, solver))
            return to_solvable(convert(origin, returned))
    kind = type(returned)
    raise RunError(
        Reason.INVALID_MODEL,
        f"{origin} returns {quote(kind.__module__ + '.' + kind.__qualname__)}: {_WANTED}",
    )
