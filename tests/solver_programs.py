"""The solvers that come as programs rather than Python packages, for tests without an image."""

from __future__ import annotations

import shutil
import sys

from tests.cluster.errors import ClusterError
from tests.cluster.packages import ensure_packages

PACKAGE_OF = {"cbc": "coinor-cbc", "glpsol": "glpk-utils"}


def main() -> None:
    missing = [package for program, package in PACKAGE_OF.items() if not shutil.which(program)]
    try:
        ensure_packages(missing)
    except ClusterError as error:
        sys.exit(f"The unit tests run the solvers {', '.join(PACKAGE_OF)}: {error}")


if __name__ == "__main__":
    main()
