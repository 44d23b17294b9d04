"""The kinds that the contract tests are run with: one line each."""

from __future__ import annotations

from tests.contract import campuses, errands, kiosks, optimization_jobs

CASES = (
    optimization_jobs.CASE,
    errands.CASE,
    kiosks.CASE,
    campuses.CASE,
)
