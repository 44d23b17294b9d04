"""Moon landing: bring the lunar module down from 100 km with the least fuel.

An optimal control problem over scaled time t in [0, 1] with free final time T, discretised by
forward differences on 50 elements. The least fuel is 4170.2822027548 kg, landing after 518 s; it
is a local optimum, as every interior-point answer is.
"""

import pyomo.dae as dae
import pyomo.environ as pyo

ASCENT_DRY, ASCENT_FUEL, DESCENT_DRY, DESCENT_FUEL = 2445, 2376, 2034, 8248  # kg
MASS = ASCENT_DRY + ASCENT_FUEL + DESCENT_DRY + DESCENT_FUEL  # kg
EXHAUST_SPEED = 3050  # m/s
GREATEST_FLOW = 45050 / EXHAUST_SPEED  # kg/s
START_HEIGHT, START_SPEED = 100000, 1520  # m, m/s
GRAVITY = 1.62  # m/s²
ELEMENTS = 50


def build() -> pyo.ConcreteModel:
    m = pyo.ConcreteModel("moon landing")
    m.t = dae.ContinuousSet(bounds=(0, 1))
    m.final_time = pyo.Var(domain=pyo.NonNegativeReals)
    m.height = pyo.Var(m.t)
    m.flow = pyo.Var(m.t, bounds=(0, GREATEST_FLOW))
    m.speed = dae.DerivativeVar(m.height, wrt=m.t)
    m.acceleration = dae.DerivativeVar(m.speed, wrt=m.t)

    m.fuel = dae.Integral(m.t, wrt=m.t, rule=lambda m, t: m.flow[t] * m.final_time)
    m.least_fuel = pyo.Objective(expr=m.fuel, sense=pyo.minimize)

    @m.Constraint(m.t)
    def motion(m, t):
        force = -MASS * GRAVITY + EXHAUST_SPEED * m.flow[t]
        return MASS * m.acceleration[t] / m.final_time**2 == force

    m.height[0].fix(START_HEIGHT)
    m.speed[0].fix(-START_SPEED)
    m.height[1].fix(0)
    m.speed[1].fix(0)

    pyo.TransformationFactory("dae.finite_difference").apply_to(m, nfe=ELEMENTS, scheme="FORWARD")
    return m
