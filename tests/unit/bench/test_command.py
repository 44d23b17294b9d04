from __future__ import annotations

import pytest

from tests.bench.__main__ import main


def test_an_unknown_section_is_refused_with_the_names_that_there_are() -> None:
    known = "overhead, solve-time, progress, checks, proofs, throughput, writes, operator"
    with pytest.raises(SystemExit, match=f"nothing is called speed: use {known}"):
        main(only=["speed"])
