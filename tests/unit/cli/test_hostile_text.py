"""What a program printed rewrites no terminal, by whichever way it gets there."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable

import pytest
import yaml
from rich.text import Text

from argmin.api.registry import KINDS
from argmin.cli.cluster.lookup import Listing
from argmin.cli.commands.get import render_listing
from argmin.cli.errors import CliError, report
from argmin.cli.kinds.registry import build_views
from argmin.cli.output.formatting import (
    OutputFormat,
    open_console,
    render_details,
    render_rows,
    write_data,
    write_documents,
    write_text,
)
from tests.refusals import MODEL
from tests.unit.cli.lamps import LAMP_KIND

HOSTILE = "\x1b]0;title\x07\x1b[2J\x1b[31mred\x1b[0m\x9b1A\x7f\u202egnp.exe"
SHOWN = "red"


class Terminal(io.StringIO):
    """A terminal that keeps what was written to it."""

    def isatty(self) -> bool:
        return True


METADATA = {"name": "steel", "creationTimestamp": "2026-01-01T00:00:00Z"}
JOB = {
    "metadata": METADATA,
    "spec": {"model": MODEL},
    "status": {
        "solver": HOSTILE,
        "objective": HOSTILE,
        "gap": HOSTILE + "1" * 20,
        "metrics": [{"name": HOSTILE, "value": HOSTILE}],
    },
}
LAMP = {"metadata": METADATA, "status": {"state": HOSTILE}}
JOBS, LAMPS = build_views((*KINDS, LAMP_KIND))

WAYS: dict[str, Callable[[], None]] = {
    "status": lambda: open_console().print(render_details(JOBS.describe(JOB))),
    "table": lambda: open_console().print(render_rows(["A", "B"], [[HOSTILE, HOSTILE]])),
    "jobs": lambda: open_console().print(render_listing(Listing(JOBS, [JOB]), namespaces=False)),
    "objects of a kind without a view of its own": lambda: open_console().print(
        render_listing(Listing(LAMPS, [LAMP]), namespaces=False)
    ),
    "their status": lambda: open_console().print(render_details(LAMPS.describe(LAMP))),
    "message": lambda: open_console(stderr=True).print(Text(HOSTILE)),
    "plain message": lambda: open_console(stderr=True).print(f"{HOSTILE} [bold]x[/bold]"),
    "error": lambda: report(CliError(HOSTILE)),
    "log": lambda: write_text(HOSTILE),
    "JSON": lambda: write_data({"message": HOSTILE}, OutputFormat.JSON),
    "YAML": lambda: write_data({"message": HOSTILE}, OutputFormat.YAML),
    "manifests": lambda: write_documents([{"message": HOSTILE}]),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_terminal_gets_no_control_characters_of_a_program(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(sys, "stderr", terminal)
    WAYS[way]()
    written = terminal.getvalue()
    assert SHOWN in written
    assert not any(char in written for char in "\x1b\x07\x9b\x7f\u202e")


def test_a_pipe_gets_logs_and_data_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    write_text(HOSTILE)
    assert capsys.readouterr().out == HOSTILE
    for form, read in ((OutputFormat.JSON, json.loads), (OutputFormat.YAML, yaml.safe_load)):
        write_data({"message": HOSTILE}, form)
        assert read(capsys.readouterr().out) == {"message": HOSTILE}


def test_what_looks_like_markup_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    open_console().print("output [link=https://example.org]data[/link] :smile:")
    assert capsys.readouterr().out == "output [link=https://example.org]data[/link] :smile:\n"
