"""The command line: `argmin`, also found as `kubectl argmin`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from argmin.cli.errors import CliError, ExitStatus, report

_DEBUG = "ARGMIN_DEBUG"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, and return its exit code; docs/cli.md lists them.

    `arguments` are those of the process where left out.
    """
    try:
        return _invoke(arguments)
    except KeyboardInterrupt:  # at once, while the modules are imported: nothing to report
        return ExitStatus.INTERRUPTED


def _invoke(arguments: Sequence[str] | None) -> int:
    import typer

    from argmin.cli.app import app

    try:
        code = app(args=arguments, prog_name=name_program(sys.argv[0]), standalone_mode=False)
        return int(code or ExitStatus.OK)
    except CliError as error:
        report(error)
        return error.status
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else name_program(sys.argv[0])
        report(CliError(f"{error.format_message()}\nTry {command} --help."))
        return ExitStatus.INVALID
    except typer.Abort:
        return ExitStatus.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last line of defence: a user sees no traceback
        if os.environ.get(_DEBUG):
            import traceback

            traceback.print_exc()
        what = f"{type(error).__name__}: {error}"
        report(CliError(f"this is a fault of argmin's own: {what}; {_DEBUG}=1 shows where"))
        return ExitStatus.INTERNAL


def name_program(started_as: str) -> str:
    """The program as the user calls it: kubectl finds plugins by the name of their file."""
    name = os.path.basename(started_as)
    return "kubectl argmin" if name.startswith(("kubectl-", "kubectl_")) else "argmin"
