"""The runner as a process, between two stores and an exit code."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from argmin.api.answer import ExitCode, RunReport
from argmin.api.run import Inventory, Transfers, Upload
from argmin_solvers.outputs.files import digest_output
from tests.aws.relay import Relay
from tests.aws.stores import Store
from tests.cluster.waiting import wait_until
from tests.solvers.problems import Run, finish, run_program, start_runner, write_document

pytestmark = pytest.mark.aws

KNAPSACK = "Maximize\n obj: 3 x + 4 y\nSubject To\n c: x + 2 y <= 4\nBounds\n x <= 3\nEnd\n"
WRITER = (
    "import os, pathlib\nfrom argmin_solvers import report\n"
    "folder = pathlib.Path(os.environ['ARGMIN_OUTPUT_DATA'])\n"
    "(folder / 'deep').mkdir()\n"
    "(folder / 'deep' / 'plan.csv').write_text('a,1')\n"
    "report(objective=5, bound=5, outcome='Optimal')\n"
)


def describe(transfers: Transfers, store: Store, **more: Any) -> dict[str, Any]:
    """The field `transfers` of a document."""
    given = transfers.model_copy(update={"credentials_root": str(store.credentials), **more})
    return given.to_wire()


def solve(store: Store, root: Path, transfers: dict[str, Any]) -> Run:
    path = root / "input" / "source" / "knapsack.lp"
    document = write_document(
        root, model={"format": "lp", "path": str(path), "solver": "highs"}, transfers=transfers
    )
    return finish(root, start_runner(root, document))


def write_data(root: Path, transfers: dict[str, Any], source: str = WRITER) -> Run:
    outputs = [{"name": "data", "path": str(root / "data")}]
    return run_program(root, source, outputs=outputs, transfers=transfers)


def read_result(store: Store, prefix: str) -> tuple[RunReport, dict[str, bytes]]:
    """The answer of a stored result, and all files that its inventory lists."""
    kept = store.read_folder(prefix)
    inventory = Inventory.model_validate_json(kept["inventory.json"])
    files = {file.path: kept[file.path] for file in inventory.files}
    for file in inventory.files:
        assert len(files[file.path]) == file.bytes
    return RunReport.model_validate_json(kept["answer.json"]), files


def test_a_model_comes_from_the_store_and_its_result_goes_there(
    store: Store, tmp_path: Path
) -> None:
    store.put("models/knapsack.lp", KNAPSACK)
    transfers = store.downloads(
        tmp_path / "input" / "source" / "knapsack.lp", key="models/knapsack.lp"
    )
    ended = solve(store, tmp_path, describe(transfers, store, result=store.place("runs/k1")))
    assert (ended.exit_code, ended.solved["objective"]) == (0, "11.0"), ended.output
    answer, files = read_result(store, "runs/k1")
    assert answer.to_wire() == ended.answer
    assert answer.delivered
    assert answer.stored is not None
    assert (answer.stored.bucket, answer.stored.prefix) == (store.bucket, "runs/k1")
    assert json.loads(files["solution.json"])["variables"] == {"x": 3.0, "y": 0.5}
    assert b"fetching the inputs: 1 file" in files["run.log"]


def test_outputs_are_kept_as_files_with_their_digests(store: Store, tmp_path: Path) -> None:
    ended = write_data(tmp_path, describe(Transfers(), store, result=store.place("runs")))
    assert ended.exit_code == 0, ended.output
    answer, files = read_result(store, "runs")
    assert files["outputs/data/deep/plan.csv"] == b"a,1"
    (output,) = answer.outputs
    assert (output.files, output.bytes) == (1, 3)
    inventory = Inventory.model_validate_json(store.get("runs/inventory.json"))
    (file,) = (f for f in inventory.files if f.path.startswith("outputs/"))
    assert output.digest == digest_output([("deep/plan.csv", file.bytes, file.digest)])
    assert not (ended.folder / "outputs.tar.gz").exists()


def test_an_output_with_a_place_of_its_own_is_no_part_of_the_result(
    store: Store, tmp_path: Path
) -> None:
    upload = Upload(name="data", path=str(tmp_path / "data"), target=store.place("plans"))
    ended = write_data(
        tmp_path, describe(Transfers(), store, result=store.place("runs"), uploads=(upload,))
    )
    assert ended.exit_code == 0, ended.output
    answer, files = read_result(store, "runs")
    assert store.read_folder("plans") == {"deep/plan.csv": b"a,1"}
    assert set(files) == {"answer.json", "solution.json", "run.log"}
    assert [output.files for output in answer.outputs] == [1]


def test_where_the_platform_moves_files_only_outputs_with_another_place_are_sent(
    store: Store, tmp_path: Path
) -> None:
    upload = Upload(name="data", path=str(tmp_path / "data"), target=store.place("plans"))
    source = f"open({str(tmp_path / 'logs' / 'log.txt')!r}, 'w').write('kept here')\n"
    ended = run_program(
        tmp_path,
        WRITER + source,
        outputs=[{"name": name, "path": str(tmp_path / name)} for name in ("data", "logs")],
        transfers=describe(Transfers(), store, uploads=(upload,)),
    )
    assert ended.exit_code == 0, ended.output
    assert store.read_folder("plans") == {"deep/plan.csv": b"a,1"}
    inventory = Inventory.model_validate_json((ended.folder / "inventory.json").read_bytes())
    assert "outputs/logs/log.txt" in {file.path for file in inventory.files}
    assert not any(file.path.startswith("outputs/data/") for file in inventory.files)
    assert [output["name"] for output in ended.answer["outputs"]] == ["data", "logs"]
    assert "stored" not in ended.answer


def test_a_missing_input_fails_the_run_for_good(store: Store, tmp_path: Path) -> None:
    transfers = store.downloads(tmp_path / "input" / "source" / "k.lp", key="none.lp")
    ended = solve(store, tmp_path, describe(transfers, store, result=store.place("runs")))
    assert ended.exit_code == ExitCode.INVALID_INPUT
    assert ended.answer["reason"] == "SourceNotFound"
    assert "Traceback" not in ended.output


def test_a_failed_run_leaves_its_log_and_its_answer(store: Store, tmp_path: Path) -> None:
    ended = write_data(
        tmp_path,
        describe(Transfers(), store, result=store.place("runs")),
        "print('nearly there')\nraise SystemExit(3)\n",
    )
    assert ended.exit_code == ExitCode.PROGRAM_FAILED
    answer, files = read_result(store, "runs")
    assert answer.to_wire() == ended.answer
    assert answer.stored is not None
    assert not answer.delivered
    assert b"nearly there" in files["run.log"]
    assert set(files) == {"answer.json", "run.log"}


def test_what_was_found_is_said_where_no_store_takes_it(store: Store, tmp_path: Path) -> None:
    place = store.place("runs", bucket="no-such-bucket-of-ours")
    ended = write_data(tmp_path, describe(Transfers(), store, result=place))
    assert ended.exit_code == ExitCode.INVALID_INPUT  # a rerun would end the same
    assert (ended.solved["outcome"], ended.solved["objective"]) == ("Optimal", "5.0")
    assert ended.answer["reason"] == "TransferFailed"
    assert "there is no bucket no-such-bucket-of-ours" in ended.answer["message"]
    assert "in spec.artifacts.s3, s3 of the output or the chart's" in ended.answer["message"]
    assert not ended.answer["delivered"]
    assert "stored" not in ended.answer


def test_a_request_to_stop_during_the_upload_still_brings_the_result_away(
    store: Store, network: Relay, tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text(WRITER)
    document = write_document(
        tmp_path,
        script={"path": str(tmp_path / "main.py")},
        outputs=[{"name": "data", "path": str(tmp_path / "data")}],
        transfers=describe(Transfers(), store, result=store.place("runs", url=network.url)),
    )
    network.hang()
    process = start_runner(tmp_path, document)
    wait_until(lambda: bool(network.requests), "the upload to begin", timeout=60)
    process.send_signal(signal.SIGTERM)
    network.come_back()
    ended = finish(tmp_path, process)
    assert ended.exit_code == 0, ended.output
    assert ended.answer["delivered"]
    answer, _ = read_result(store, "runs")
    assert answer.solve.objective == "5.0"


def test_a_second_attempt_replaces_the_first(store: Store, tmp_path: Path) -> None:
    for number, name in enumerate(("old", "new")):
        root = tmp_path / name
        root.mkdir()
        source = (
            f"import os\nopen(os.environ['ARGMIN_OUTPUT_DATA'] + '/{name}', 'w').write('{name}')\n"
        )
        ended = write_data(
            root,
            describe(Transfers(), store, result=store.place("runs")),
            source + f"from argmin_solvers import report\nreport(objective={number})\n",
        )
        assert ended.exit_code == 0, ended.output
    answer, files = read_result(store, "runs")
    assert answer.solve.objective == "1.0"
    assert [name for name in files if name.startswith("outputs/")] == ["outputs/data/new"]
