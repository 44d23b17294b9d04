"""Moon landing with the least fuel: a nonlinear optimal-control problem.

Time is scaled to [0, 1], and the final time is a variable. `build` returns the discretised model;
argmin solves it. Masses in kg, lengths in m, times in s.
"""

import pyomo.environ as pyo
from pyomo.dae import ContinuousSet, DerivativeVar, Integral

ASCENT_DRY, ASCENT_FUEL = 2445, 2376
DESCENT_DRY, DESCENT_FUEL = 2034, 8248
MASS = ASCENT_DRY + ASCENT_FUEL + DESCENT_DRY + DESCENT_FUEL
EXHAUST_SPEED = 3050
LARGEST_FLOW = 45050 / EXHAUST_SPEED  # kg/s
GRAVITY = 1.62
INITIAL_HEIGHT = 100_000
INITIAL_SPEED = 1520
ELEMENTS = 50


def build() -> pyo.ConcreteModel:
    """The model: burn `u` of fuel so that height and speed are zero at the end."""
    model = pyo.ConcreteModel("moon-landing")
    model.t = ContinuousSet(bounds=(0, 1))
    model.h = pyo.Var(model.t)
    model.u = pyo.Var(model.t, bounds=(0, LARGEST_FLOW))
    model.T = pyo.Var(domain=pyo.NonNegativeReals)
    model.v = DerivativeVar(model.h, wrt=model.t)
    model.a = DerivativeVar(model.v, wrt=model.t)

    model.fuel = Integral(model.t, wrt=model.t, rule=lambda m, t: m.u[t] * m.T)
    model.objective = pyo.Objective(expr=model.fuel, sense=pyo.minimize)

    @model.Constraint(model.t)
    def dynamics(m, t):
        return MASS * m.a[t] / m.T**2 == -MASS * GRAVITY + EXHAUST_SPEED * m.u[t]

    # The speed is the derivative in scaled time, as the reference problem has it.
    model.h[0].fix(INITIAL_HEIGHT)
    model.v[0].fix(-INITIAL_SPEED)
    model.h[1].fix(0)
    model.v[1].fix(0)

    discretization = pyo.TransformationFactory("dae.finite_difference")
    discretization.apply_to(model, nfe=ELEMENTS, scheme="FORWARD")
    return model
