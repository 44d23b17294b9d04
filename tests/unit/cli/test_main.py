"""The program as a whole: quick, silent where it should be, and never a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from argmin import __version__
from argmin.cli import main, name_program
from argmin.cli.errors import ExitStatus


def test_help_imports_neither_solvers_nor_the_kubernetes_client_nor_the_models() -> None:
    program = (
        "import sys\n"
        "from argmin.cli import main\n"
        "main(['--help'])\n"
        "heavy = {'kubernetes', 'aiohttp', 'numpy', 'pydantic', 'argmin_solvers', 'yaml'}\n"
        "print(sorted(heavy & sys.modules.keys()), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == "[]\n"
    assert "Usage: argmin" in done.stdout


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    commands = ("run", "submit", "get", "watch", "logs", "result", "check", "plan", "delete")
    for command in commands:
        assert main([command, "--help"]) == ExitStatus.OK
        assert f"Usage: argmin {command}" in capsys.readouterr().out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == ExitStatus.OK
    assert capsys.readouterr().out == f"argmin {__version__}\n"


@pytest.mark.parametrize(
    ("started_as", "name"),
    [
        ("/usr/bin/argmin", "argmin"),
        ("/usr/local/bin/kubectl-argmin", "kubectl argmin"),
        ("kubectl_argmin", "kubectl argmin"),
    ],
)
def test_the_usage_line_names_the_program_as_the_user_calls_it(started_as: str, name: str) -> None:
    assert name_program(started_as) == name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--what"], "No such option: --what"),
        (["solve"], "No such command 'solve'"),
        (["get", "-o", "xml"], "'xml' is not one of 'table', 'json', 'yaml'"),
        (["result"], "Missing argument 'NAME'"),
        (["watch", "steel", "--timeout", "10"], "--timeout: '10' is not a duration"),
        (["watch", "steel", "--timeout", "0s"], "--timeout: write a positive duration"),
        (["run", "nowhere.yaml"], "nowhere.yaml: No such file or directory"),
        (["submit"], "no file given"),
    ],
)
def test_wrong_usage_is_told_in_a_line_and_ends_with_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == ExitStatus.INVALID
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert len(captured.err.splitlines()) <= 2


@pytest.fixture
def kubeconfig(tmp_path: Path) -> str:
    """A kubeconfig whose server does not answer."""
    file = tmp_path / "config"
    file.write_text(
        "{apiVersion: v1, kind: Config, current-context: a,"
        " clusters: [{name: a, cluster: {server: 'https://127.0.0.1:1'}}],"
        " contexts: [{name: a, context: {cluster: a, user: a}}],"
        " users: [{name: a, user: {token: t}}]}"
    )
    return str(file)


def test_a_cluster_that_does_not_answer_ends_with_4(
    kubeconfig: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["get", "--kubeconfig", kubeconfig]) == ExitStatus.UNREACHABLE
    captured = capsys.readouterr()
    assert captured.err.startswith("argmin: cannot list OptimizationJob")
    assert "Traceback" not in captured.err


def test_a_kubeconfig_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(tmp_path / "none")
    assert main(["get", "--kubeconfig", missing]) == ExitStatus.UNREACHABLE
    assert f"cannot use the kubeconfig {missing}" in capsys.readouterr().err


def test_without_the_kubernetes_client_the_extra_to_install_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "argmin.runtime.kube.client", raising=False)
    monkeypatch.setitem(sys.modules, "kubernetes.aio", None)
    assert main(["get"]) == ExitStatus.NOT_INSTALLED
    assert "pip install 'argmin-operator[operator]'" in capsys.readouterr().err


def test_without_the_solvers_the_extra_to_install_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    job = tmp_path / "job.yaml"
    job.write_text(
        "{apiVersion: argmin.dev/v1alpha1, kind: OptimizationJob, metadata: {name: a},"
        " spec: {script: {source: {inline: x}}}}"
    )
    assert main(["run", str(job)]) == ExitStatus.NOT_INSTALLED
    assert "pip install 'argmin-operator[solvers]'" in capsys.readouterr().err


def test_a_fault_of_our_own_is_told_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("argmin.cli.manifests.documents.load_file", fail)
    assert main(["run", "job.yaml"]) == ExitStatus.INTERNAL
    assert capsys.readouterr().err == (
        "argmin: this is a fault of argmin's own: ZeroDivisionError: division by zero;"
        " ARGMIN_DEBUG=1 shows where\n"
    )


def test_a_reader_that_has_seen_enough_hears_no_complaint() -> None:
    program = "import sys; from argmin.cli import main; sys.exit(main(['--help']))"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.parametrize("module", ["typer", "argmin.cli.app", "argmin.cli.commands.run"])
def test_an_interruption_while_the_program_loads_is_silent(module: str, tmp_path: Path) -> None:
    program = (
        "import importlib.abc, sys\n"
        "class Interrupting(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        f"        if name == {module!r}: raise KeyboardInterrupt\n"
        "from argmin.cli import main\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "sys.exit(main(['run', 'job.yaml']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stdout, done.stderr) == (ExitStatus.INTERRUPTED, "", "")
