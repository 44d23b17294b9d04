"""Small models of which releases of solvers gave wrong answers, with the right ones.

Reduced from public reports; the right values are known by hand and from several solvers.
"""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """An LP file's text, its optimum, and what was answered wrongly."""

    text: str
    optimum: float
    told: str


FIXED_CHARGE = Case(  # HiGHS #2975
    """\
Minimize
 cost: 2 b + 99999 y
Subject To
 demand: a + b = 10
 link: a - 100 y <= 0
Binaries
 y
End
""",
    20.0,
    "99999 by HiGHS 1.14.0",
)
COVER = Case(  # HiGHS #3043
    """\
Minimize
 obj: 2 x + 3 z
Subject To
 c1: x + z >= 4.5
Bounds
 x <= 10
 z <= 10
General
 z
End
""",
    9.0,
    "15 by HiGHS 1.14.0",
)
HALF_COVER = Case(  # linopy #648
    """\
Minimize
 obj: 2 x + y
Subject To
 c: 2 x + y >= 10
Bounds
 y >= 9
Binaries
 x
End
""",
    10.0,
    "11 by HiGHS 1.14.0",
)
MIXED_ROW = Case(
    """\
Maximize
 obj: - 21.24 x0 - 7.0 x1 - 22.0 x2 - 45.0 x3
Subject To
 c0: + 6.0 x0 - 19.77 x2 + 29.1 x3 >= 41.8
Bounds
 -12 <= x0 <= 8
 1 <= x1 <= 38
 0 <= x2 <= 34
 0 <= x3 <= 5
Generals
 x0 x1 x2
End
""",
    71.90061855670104,
    "-155.68 by HiGHS 1.14.0",
)
CALLED_INFEASIBLE = Case(  # HiGHS #2585
    """\
Minimize -24 a + 5 b + 7.4 c + 9 d
Subject To
96.55 a - 32.45 c + 88.78 d <= 1216.06
-3.14 a - 78.02 b <= -50.5404
11.8 b - 21.94 c <= 3.422
91.59 c - 10.58 d <= -35.25
79.17 a + 1.73 b - 73.23 d <= 411.403
-10.61 a - 94.66 b + 76.88 d <= 195.69
Bounds
 -100 <= a <= 100
 -100 <= b <= 100
 -100 <= c <= 100
 -100 <= d <= 100
Generals
c d
End
""",
    -175.91,
    "infeasible by the HiGHS 1.12 of SciPy, with presolve",
)
BY_PRESOLVE = (FIXED_CHARGE, COVER, HALF_COVER, MIXED_ROW)
