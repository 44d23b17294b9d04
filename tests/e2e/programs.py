"""Programs and models that the tests run in pods."""

from __future__ import annotations

from tests.e2e.jobs import GATE

INCUMBENT = "incumbent 7"
"""What the programs below print once they are in the middle of their search."""

GATED = f"""
import pathlib, time
from argmin_solvers.script.report import report

report(objective=7, sense="Minimize")
print("{INCUMBENT}", flush=True)
while not pathlib.Path("{GATE}").exists():
    time.sleep(0.05)
report(objective=5, bound=5, outcome="Optimal", variables={{"x": 5}})
"""
"""Reports an incumbent of 7, and the optimum of 5 once its gate is opened."""

ENDLESS = f"""
import time
from argmin_solvers.script.report import report

report(objective=7, bound=3, sense="Minimize")
print("{INCUMBENT}", flush=True)
while True:
    time.sleep(0.05)
"""
"""Reports an incumbent and searches for ever."""

FRUITLESS = """
import time

print("searching", flush=True)
while True:
    time.sleep(0.05)
"""
"""Searches for ever and finds nothing."""

STUBBORN = f"""
import signal, time
from argmin_solvers.script.report import report

signal.signal(signal.SIGTERM, signal.SIG_IGN)
report(objective=7, sense="Minimize")
print("{INCUMBENT}", flush=True)
while True:
    time.sleep(0.05)
"""
"""Reports an incumbent and ignores SIGTERM."""

MARKET_SPLIT = """
import random

import pulp


def build():
    draw = random.Random(7)
    customers = range(40)
    markets = range(6)
    model = pulp.LpProblem("market_split", pulp.LpMinimize)
    chosen = [pulp.LpVariable(f"x{j}", cat="Binary") for j in customers]
    over = [pulp.LpVariable(f"over{i}", lowBound=0) for i in markets]
    under = [pulp.LpVariable(f"under{i}", lowBound=0) for i in markets]
    model += pulp.lpSum(over) + pulp.lpSum(under)
    for i in markets:
        sales = [draw.randrange(100) for _ in customers]
        half = sum(sales) // 2
        model += pulp.lpDot(sales, chosen) - over[i] + under[i] == half
    return model
"""
"""Divide the customers between two divisions so that each market is halved (Cornuejols and Dawande,
1998): a solution is found at once, and no solver of today proves the best within a test's time."""
