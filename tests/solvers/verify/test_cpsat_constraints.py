"""Every constraint of CP-SAT: the check and CP-SAT agree on every point there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import pytest
from google.protobuf import text_format
from ortools.sat import cp_model_pb2
from ortools.sat.python import cp_model

from argmin_solvers.verify.base import CheckReason, UncheckableError
from argmin_solvers.verify.cp import CHECKERS
from argmin_solvers.verify.cpsat import CpSatOriginal, rebuild_cpsat, rebuild_cpsat_object

Build = Callable[["Box"], None]


class Box:
    """A model with variables of small domains, to whose points a constraint is put."""

    def __init__(self) -> None:
        self.model = cp_model.CpModel()

    def integers(self, count: int, low: int = 0, high: int = 2) -> list[cp_model.IntVar]:
        first = len(self.model.proto.variables)
        return [self.model.new_int_var(low, high, f"x{first + i}") for i in range(count)]

    def literals(self, count: int) -> list[cp_model.IntVar]:
        first = len(self.model.proto.variables)
        return [self.model.new_bool_var(f"b{first + i}") for i in range(count)]

    def spans(self) -> list[cp_model.IntervalVar]:
        """One that moves, one that grows and is optional, and one without size that moves."""
        (start, point), (size,) = self.integers(2, 0, 3), self.integers(1)
        present = self.literals(1)[0]
        return [
            self.model.new_fixed_size_interval_var(start, 2, ""),
            self.model.new_optional_interval_var(1, size, size + 1, present, ""),
            self.model.new_fixed_size_interval_var(point, 0, ""),
        ]


def build_bool_or(box: Box) -> None:
    a, b, c = box.literals(3)
    box.model.add_bool_or(a, ~b, c)


def build_bool_and(box: Box) -> None:
    a, b, c = box.literals(3)
    box.model.add_bool_and(a, ~b).only_enforce_if(c)


def build_at_most_one(box: Box) -> None:
    a, b, c = box.literals(3)
    box.model.add_at_most_one(a, ~b, c)


def build_exactly_one(box: Box) -> None:
    a, b, c = box.literals(3)
    box.model.add_exactly_one(a, b, ~c)


def build_bool_xor(box: Box) -> None:
    a, b, c = box.literals(3)
    box.model.add_bool_xor(a, b, ~c)


def build_linear(box: Box) -> None:
    x, y = box.integers(2, -2, 2)
    domain = cp_model.Domain.from_intervals([[-4, -2], [1, 2]])
    box.model.add_linear_expression_in_domain(2 * x - 3 * y, domain).only_enforce_if(
        box.literals(1)[0]
    )


def build_lin_max(box: Box) -> None:
    x, y, z = box.integers(3, -1, 2)
    box.model.add_max_equality(x, [2 * y, z - 1])


def build_int_prod(box: Box) -> None:
    x, y, z = box.integers(3, -2, 2)
    box.model.add_multiplication_equality(x, [y, z + 1])


def build_int_div(box: Box) -> None:
    x, y, z = box.integers(1, -3, 3)[0], box.integers(1, -5, 5)[0], box.integers(1, 1, 3)[0]
    box.model.add_division_equality(x, y, z)


def build_int_mod(box: Box) -> None:
    x, y, z = box.integers(1, -3, 3)[0], box.integers(1, -5, 5)[0], box.integers(1, 1, 3)[0]
    box.model.add_modulo_equality(x, y, z)


def build_all_diff(box: Box) -> None:
    x, y, z = box.integers(3)
    box.model.add_all_different([x, y + 1, z])


def build_element(box: Box) -> None:
    index, target = box.integers(1, -1, 3)[0], box.integers(1)[0]
    x, y = box.integers(2)
    box.model.add_element(index, [x, y + 1, 2], target)


def build_table(box: Box) -> None:
    x, y = box.integers(2)
    box.model.add_allowed_assignments([x, y], [(0, 1), (2, 2), (1, 5)])
    box.model.add_forbidden_assignments([y, x], [(2, 2)])


def build_automaton(box: Box) -> None:
    transitions = [(0, 0, 0), (0, 1, 1), (1, 0, 2), (2, 1, 0)]
    box.model.add_automaton(box.integers(4, 0, 1), 0, [0, 2], transitions)


def build_inverse(box: Box) -> None:
    box.model.add_inverse(box.integers(3), box.integers(3))


def build_circuit(box: Box) -> None:
    arcs = [(0, 1), (1, 0), (1, 2), (2, 1), (2, 0), (0, 2), (1, 1), (2, 2)]
    literals = box.literals(len(arcs))
    box.model.add_circuit([(*arc, on) for arc, on in zip(arcs, literals, strict=True)])


def build_routes(box: Box) -> None:
    arcs = [(0, 1), (1, 0), (1, 2), (2, 1), (2, 0), (0, 2), (2, 2)]
    literals = box.literals(len(arcs))
    box.model.add_multiple_circuit([(*arc, on) for arc, on in zip(arcs, literals, strict=True)])


def build_interval(box: Box) -> None:
    start, size, end = box.integers(1, 0, 3)[0], box.integers(1, -1, 2)[0], box.integers(1, 0, 3)[0]
    box.model.new_optional_interval_var(start, size, end, box.literals(1)[0], "")


def build_no_overlap(box: Box) -> None:
    box.model.add_no_overlap(box.spans())


def build_no_overlap_2d(box: Box) -> None:
    heights = [
        box.model.new_fixed_size_interval_var(start, size, "")
        for start, size in zip([*box.integers(2, 0, 1), 0], (1, 2, 1), strict=True)
    ]
    box.model.add_no_overlap_2d(box.spans(), heights)


def build_cumulative(box: Box) -> None:
    demand, capacity = box.integers(2)
    box.model.add_cumulative(box.spans(), [1, demand, 2], capacity)


def build_reservoir(box: Box) -> None:
    x, y, z = box.integers(3)
    on = box.literals(2)
    box.model.add_reservoir_constraint_with_active([x, y, z], [1, -1, 1], [1, *on], 0, 1)


BUILDERS: dict[str, Build] = {
    name.removeprefix("build_"): build
    for name, build in list(globals().items())
    if name.startswith("build_")
}


class _AllSolutions(cp_model.CpSolverSolutionCallback):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.found: set[tuple[int, ...]] = set()

    def on_solution_callback(self) -> None:
        self.found.add(tuple(self.response_proto.solution))


def solutions_of(model: cp_model.CpModel) -> set[tuple[int, ...]]:
    solver, every = cp_model.CpSolver(), _AllSolutions()
    solver.parameters.enumerate_all_solutions = True
    solver.parameters.num_workers = 1
    assert solver.solve(model, every) in (cp_model.OPTIMAL, cp_model.INFEASIBLE)
    return every.found


def points_of(original: CpSatOriginal) -> Iterator[tuple[int, ...]]:
    domains = [variable.domain for variable in original.proto.variables]
    return product(*(range(first, last + 1) for first, last in domains))


def admitted(original: CpSatOriginal) -> set[tuple[int, ...]]:
    names = list(original.known_points()[0])
    points = list(points_of(original))
    assessed = original.assess([dict(zip(names, point, strict=True)) for point in points])
    pairs = zip(points, assessed, strict=True)
    return {point for point, assessment in pairs if assessment.violation is None}


@pytest.mark.parametrize("kind", BUILDERS)
def test_the_check_and_cp_sat_agree_on_every_point(kind: str) -> None:
    box = Box()
    BUILDERS[kind](box)
    original = rebuild_cpsat_object(box.model)
    assert kind in {
        constraint.WhichOneof("constraint") for constraint in original.proto.constraints
    }
    solutions = solutions_of(box.model)
    assert 0 < len(solutions) < len(list(points_of(original)))
    assert admitted(original) == solutions


def test_every_kind_of_constraint_is_known_and_tested() -> None:
    kinds = cp_model_pb2.ConstraintProto.DESCRIPTOR.oneofs_by_name["constraint"].fields
    named = {field.name for field in kinds}
    assert set(CHECKERS) == named
    assert set(BUILDERS) == named - {"dummy_constraint"}  # it says nothing


def rebuilt(text: str) -> CpSatOriginal:
    return rebuild_cpsat(text.encode())


def violation_at(original: CpSatOriginal, **point: float) -> CheckReason | None:
    violation = original.assess([point])[0].violation
    return None if violation is None else violation.reason


def test_a_constraint_of_an_unknown_kind_is_never_passed_in_silence() -> None:
    original = rebuilt('variables { name: "x" domain: [0, 1] } constraints { name: "new" }')
    assert violation_at(original, x=1) is None
    constraint = original.proto.constraints[0]
    of_a_later_release = b"\xf2\x07\x00"  # field 126, an empty message
    constraint.ParseFromString(constraint.SerializeToString() + of_a_later_release)
    with pytest.raises(UncheckableError) as caught:
        original.assess([{"x": 1}])
    assert caught.value.reason is CheckReason.UNKNOWN_CONSTRAINT


@pytest.mark.parametrize("binary", [False, True])
def test_a_model_without_variables_is_read_and_can_be_infeasible(binary: bool) -> None:
    text = "constraints { bool_or { } }"
    proto = text_format.Parse(text, cp_model_pb2.CpModelProto())
    original = rebuild_cpsat(proto.SerializeToString() if binary else text.encode())
    assert violation_at(original) is CheckReason.CONSTRAINT_VIOLATED
    assert violation_at(rebuild_cpsat(b"")) is None


def test_a_model_without_an_objective_has_none_at_any_point() -> None:
    text = 'variables { name: "x" domain: [0, 1] }'
    assert rebuilt(text).assess([{"x": 1}])[0].objective is None
    assert rebuilt(f"{text} objective {{ }}").assess([{"x": 1}])[0].objective == 0


def test_a_domain_with_gaps_is_kept() -> None:
    original = rebuilt('variables { name: "x" domain: [0, 1, 5, 6] }')
    assert violation_at(original, x=5) is None
    assert violation_at(original, x=3) is CheckReason.BOUND_VIOLATED
    assert violation_at(original, x=2**70) is CheckReason.BOUND_VIOLATED


def test_assumptions_and_the_domain_of_the_objective_count() -> None:
    original = rebuilt(
        'variables { name: "a" domain: [0, 1] } variables { name: "x" domain: [0, 9] }'
        " assumptions: [0] objective { vars: [1] coeffs: [2] domain: [0, 8] }"
    )
    assert violation_at(original, a=1, x=4) is None
    assert violation_at(original, a=0, x=4) is CheckReason.BOUND_VIOLATED
    assert violation_at(original, a=1, x=5) is CheckReason.BOUND_VIOLATED


def test_sums_beyond_64_bits_are_exact() -> None:
    huge = 2**60
    original = rebuilt(
        f'variables {{ name: "x" domain: [0, {huge}] }}'
        f'variables {{ name: "y" domain: [0, {huge}] }}'
        " constraints { linear { vars: [0, 1] coeffs: [8, -8] domain: [1, 8] } }"
    )
    assert violation_at(original, x=huge, y=huge - 1) is None
    assert violation_at(original, x=huge, y=huge) is CheckReason.CONSTRAINT_VIOLATED


def test_an_element_of_the_older_form_is_checked() -> None:
    proto = cp_model_pb2.CpModelProto()
    for name in ("index", "target", "a", "b"):
        proto.variables.add(name=name, domain=[0, 5])
    proto.constraints.add().element.CopyFrom(
        cp_model_pb2.ElementConstraintProto(index=0, target=1, vars=[2, 3])
    )
    original = rebuilt(text_format.MessageToString(proto))
    assert violation_at(original, index=1, target=4, a=0, b=4) is None
    assert violation_at(original, index=0, target=4, a=0, b=4) is CheckReason.CONSTRAINT_VIOLATED
