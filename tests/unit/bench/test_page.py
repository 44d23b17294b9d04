from __future__ import annotations

from tests.bench.page import read_sections, render_page, replace_sections

ORDER = ("overhead", "solve-time", "writes")


def test_a_partial_run_replaces_its_own_section_only() -> None:
    page = render_page({"overhead": "## Old\n", "writes": "## Kept | as it is\n"}, ORDER)
    after = replace_sections(page, {"overhead": "## New\n"}, ORDER)
    assert read_sections(after) == {"overhead": "## New\n", "writes": "## Kept | as it is\n"}


def test_a_new_section_takes_its_place_in_the_order() -> None:
    page = render_page({"overhead": "## A\n", "writes": "## C\n"}, ORDER)
    after = replace_sections(page, {"solve-time": "## B\n"}, ORDER)
    assert after.index("## A") < after.index("## B") < after.index("## C")


def test_the_first_run_makes_the_page() -> None:
    page = replace_sections("", {"writes": "## Writes\n"}, ORDER)
    assert page.startswith("# Benchmarks\n")
    assert read_sections(page) == {"writes": "## Writes\n"}


def test_writing_the_same_again_changes_nothing() -> None:
    page = render_page({"overhead": "## A\n\ntext\n", "writes": "## C\n"}, ORDER)
    assert replace_sections(page, {"writes": "## C\n"}, ORDER) == page
