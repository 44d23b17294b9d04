"""Which components a Pyomo model has: those that are expanded, and those that are refused by name.

Only what is known to be carried over, or known to state nothing, is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from argmin.api.answer import Reason
from argmin_solvers.errors import RunError
from argmin_solvers.models.ordered_sets import OrderedSet
from argmin_solvers.text import shorten

_TAKEN = frozenset({"Var", "Constraint", "Objective", "Expression", "Block", "SOSConstraint"})
_STATELESS = frozenset(
    {
        "Param", "Set", "RangeSet", "SetOf", "Suffix", "BuildAction", "BuildCheck",
        "CheckComponent", "BooleanVar", "Port", "ContinuousSet", "ExternalFunction",
        "Connector", "Component",
    }
)  # fmt: skip
"""What states nothing by itself: whatever depends on it is an expression, or is expanded."""
_PIECEWISE = "contrib.piecewise.disaggregated_logarithmic"
_EXPANSIONS = (
    ("Arc", ("network.expand_arcs",)),
    ("PiecewiseLinearFunction", (_PIECEWISE,)),
)
"""Components and what turns them into constraints, in this order."""
_LOGIC = frozenset({"LogicalConstraint", "Disjunction", "Disjunct"})
_DISCRETISE = (
    "discretise it before you return the model, for instance by"
    " TransformationFactory('dae.finite_difference').apply_to(model, nfe=20)"
)
_ADVICE = {
    "DerivativeVar": _DISCRETISE,
    "Integral": _DISCRETISE,
    "Complementarity": "state it as a disjunction or by products before you return the model, by"
    " TransformationFactory('mpec.simple_disjunction') or ('mpec.simple_nonlinear')",
}
_UNKNOWN = "argmin does not know what it states: state it by variables and constraints"


def expand_components(origin: str, model: Any) -> Any:
    """The model with networks, disjunctions and logic as constraints; a copy where it has any.

    Names of the model stay as they are; what is added has names of its own.

    Raises:
        RunError: UnsupportedModel, naming the component that cannot be carried over.
    """
    found = dict(_find_components(model))
    for name, component in found.items():
        _refuse_unknown(origin, name, component)
    simple = [step for name, steps in _EXPANSIONS if name in found for step in steps]
    logical = bool(_LOGIC & found.keys())
    if not simple and not logical:
        return model
    copy = model.clone()
    for step in simple:
        _apply(origin, copy, step)
    if logical:
        copy = _expand_logic(origin, copy)
    for name, component in _find_components(copy):
        if name not in _TAKEN | _STATELESS:
            raise _refusal(origin, component, name, _ADVICE.get(name, _UNKNOWN))
    return copy


def find_ordered_sets(model: Any, number: Callable[[Any], int]) -> list[OrderedSet]:
    """The active special ordered sets; `number` gives each variable its number."""
    import pyomo.environ as pyo

    found = []
    for ordered in model.component_data_objects(pyo.SOSConstraint, active=True):
        members = sorted(ordered.get_items(), key=lambda item: item[1])
        found.append(OrderedSet(ordered.name, ordered.level, [number(v) for v, _ in members]))
    return found


def ends_of(variable: Any) -> tuple[Any, Any]:
    """The bounds of a variable: its value, where it is fixed, as a member of a set may be."""
    return (variable.value,) * 2 if variable.fixed else (variable.lb, variable.ub)


def has_ordered_sets(model: Any) -> bool:
    """Whether special ordered sets are active."""
    import pyomo.environ as pyo

    return any(True for _ in model.component_data_objects(pyo.SOSConstraint, active=True))


def _find_components(model: Any) -> Iterator[tuple[str, Any]]:
    """A component of each type that has something active, by the name of its type."""
    seen: set[Any] = set()
    for block in model.block_data_objects(active=True, descend_into=True):
        for ctype in block.collect_ctypes(active=None, descend_into=False):
            if ctype in seen:
                continue
            for component in block.component_objects(ctype, descend_into=False):
                if _is_active(component):
                    seen.add(ctype)
                    yield ctype.__name__, component
                    break


def _is_active(component: Any) -> bool:
    from pyomo.core.base.component import ActiveComponent

    if not isinstance(component, ActiveComponent):
        return True  # it cannot be deactivated
    if not component.active:
        return False
    return not component.is_indexed() or any(data.active for data in component.values())


def _refuse_unknown(origin: str, name: str, component: Any) -> None:
    expanded = {name for name, _ in _EXPANSIONS} | _LOGIC
    if name not in _TAKEN | _STATELESS | expanded:
        raise _refusal(origin, component, name, _ADVICE.get(name, _UNKNOWN))


def _refusal(origin: str, component: Any, kind: str, advice: str) -> RunError:
    article = "an" if kind[0] in "AEIOU" else "a"
    return RunError(Reason.UNSUPPORTED, f"{origin}: {component.name} is {article} {kind}: {advice}")


def _apply(origin: str, model: Any, name: str) -> None:
    """Transform a model in place.

    Raises:
        RunError: UnsupportedModel, with what Pyomo says.
    """
    import pyomo.environ as pyo

    try:
        pyo.TransformationFactory(name).apply_to(model)
    except Exception as error:
        said = shorten(" ".join(str(error).split()), 400)
        raise RunError(
            Reason.UNSUPPORTED,
            f"{origin}: Pyomo's {name} cannot turn the model into constraints: {said}",
        ) from error


def _expand_logic(origin: str, model: Any) -> Any:
    """Logical constraints and disjunctions as constraints with binary variables.

    Disjunctions become constraints with big numbers where bounds tell how big, else hulls. What
    Pyomo's conversion of logic fails at, a tautology for instance, its disjunctions can take.
    """
    _drop_inactive_logic(model)
    refused: RunError | None = None
    for steps in (
        ("core.logical_to_linear", "gdp.bigm"),
        ("gdp.bigm",),
        ("core.logical_to_linear", "gdp.hull"),
    ):
        copy = model.clone()
        try:
            for step in steps:
                _apply(origin, copy, step)
        except RunError as error:
            refused = refused or error
            continue
        _fix_binaries(copy)
        return copy
    assert refused is not None
    raise RunError(
        refused.reason,
        f"{refused.message}; give the variables of disjunctions bounds, or state them yourself",
    ) from refused.__cause__


def _drop_inactive_logic(model: Any) -> None:
    """Pyomo's conversion takes every member of an indexed constraint, deactivated ones too."""
    import pyomo.environ as pyo

    for component in model.component_objects(pyo.LogicalConstraint, active=True):
        if component.is_indexed():
            for index in [at for at, data in component.items() if not data.active]:
                del component[index]


def _fix_binaries(model: Any) -> None:
    """Fix the binary of each Boolean variable that is fixed."""
    import pyomo.environ as pyo
    from pyomo.core.base.boolean_var import BooleanVarData

    for variable in model.component_data_objects(pyo.BooleanVar, descend_into=True):
        if isinstance(variable, BooleanVarData) and variable.fixed and variable.value is not None:
            binary = variable.get_associated_binary()
            if binary is not None and not binary.fixed:
                binary.fix(int(variable.value))
