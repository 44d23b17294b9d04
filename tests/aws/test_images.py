"""Jobs in an image that was built: its layers, its entrypoint, its user, its own root."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.aws.emulator import emulator
from tests.aws.stage import OUTPUT, Stage, request, s3_outputs
from tests.cluster.cache import cache_root

pytestmark = pytest.mark.aws

# What a shell script of the tests needs, from this machine.
PROGRAMS = ("/bin/sh", "/bin/cat", "/bin/ls", "/usr/bin/id", "/usr/bin/env")


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The images of a cache of the tests' own; the emulator's environment is the machine's."""
    cache = tmp_path_factory.mktemp("cache")
    (cache / "aws").mkdir()
    (cache / "aws" / "environments").symlink_to(cache_root() / "aws" / "environments")
    (cache / "images").mkdir()
    return cache / "images"


@pytest.fixture(scope="module")
def module_stage(images: Path) -> Iterator[Stage]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARGMIN_CACHE", str(images.parent))
        with emulator() as aws:
            yield Stage(aws)


@pytest.fixture
def stage(module_stage: Stage) -> Stage:
    module_stage.aws.reset()
    return module_stage


def _save_image(images: Path, name: str, config: Mapping[str, Any], **top: str) -> str:
    """An image of two layers: programs of this machine, and over them some files.

    A file whose text is empty is deleted by the upper layer.
    """
    lower, upper = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=lower, mode="w", dereference=True) as layer:
        for path in sorted(_files_of(PROGRAMS)):
            layer.add(path, path, recursive=False)
        for folder in ("opt", "tmp"):
            layer.addfile(_folder(folder))
        _add(layer, "etc/lower", "lower")
        _add(layer, "etc/changed", "lower")
    with tarfile.open(fileobj=upper, mode="w") as layer:
        for file, text in top.items():
            _add(layer, f"etc/{file}" if text else f"etc/.wh.{file}", text)
    with tarfile.open(images / f"argmin-solvers-{name}.tar", "w") as image:
        manifest = [{"Config": "config.json", "Layers": ["lower.tar", "upper.tar"]}]
        _add(image, "manifest.json", json.dumps(manifest))
        _add(image, "config.json", json.dumps({"config": config}))
        for title, data in (("lower.tar", lower), ("upper.tar", upper)):
            member = tarfile.TarInfo(title)
            member.size = len(data.getvalue())
            image.addfile(member, io.BytesIO(data.getvalue()))
    return f"argmin/solvers:{name}"


def _add(archive: tarfile.TarFile, name: str, text: str) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(text.encode()), 0o644
    archive.addfile(member, io.BytesIO(text.encode()))


def _folder(name: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.mode = tarfile.DIRTYPE, 0o755
    return member


def _files_of(programs: tuple[str, ...]) -> set[str]:
    """Programs and the libraries that they load."""
    found = set(programs)
    for program in programs:
        listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True)
        words = listed.stdout.split()
        found |= {word for word in words if word.startswith("/")}
    return found


def _run(stage: Stage, image: str, name: str, **changes: Any) -> dict[str, Any]:
    job = request(stage.aws, name, **changes)
    job["AppSpecification"] = {"ImageUri": image, **changes.get("AppSpecification", {})}
    stage.sagemaker.create_processing_job(**job)
    return stage.wait(name)


def _config(script: str, **more: Any) -> dict[str, Any]:
    return {"Entrypoint": ["/bin/sh", "-c", script], "Env": ["PATH=/usr/bin:/bin"], **more}


def test_a_job_sees_the_layers_of_its_image_and_nothing_of_the_machine(
    stage: Stage, images: Path
) -> None:
    script = "cat /etc/changed; ls /etc; ls /"
    image = _save_image(images, "layers", _config(script), changed="upper", lower="")
    ended = _run(stage, image, "layers")
    assert ended["ProcessingJobStatus"] == "Completed", stage.log("layers")
    log = stage.log("layers")
    assert log[0].startswith("upper")
    assert "lower" not in log
    assert "work" not in log
    assert [job.runs_in for job in stage.aws.jobs()] == ["image"]


def test_a_job_has_its_folders_at_their_true_paths(stage: Stage, images: Path) -> None:
    script = f"echo done > /opt/ml/output/message; echo 1 > {OUTPUT}/data/file; echo x > /etc/own"
    image = _save_image(images, "paths", _config(script))
    outputs = s3_outputs({"data": "data"})
    for name in ("once", "twice"):
        assert _run(stage, image, name, ProcessingOutputConfig=outputs)["ExitMessage"] == "done\n"
    assert stage.list_keys("data") == ["data/file"]
    root = images.parent / "aws" / "roots" / "argmin-solvers-paths" / "rootfs"
    assert not (root / "etc" / "own").exists()


def test_arguments_take_the_place_of_the_images_command(stage: Stage, images: Path) -> None:
    config = {"Entrypoint": ["/bin/sh", "-c", 'echo "$@"', "sh"], "Cmd": ["default"]}
    image = _save_image(images, "arguments", config)
    _run(stage, image, "plain")
    assert stage.log("plain") == ["default"]
    _run(stage, image, "given", AppSpecification={"ContainerArguments": ["a b", "c"]})
    assert stage.log("given") == ["a b c"]


def test_a_container_of_another_user_cannot_write_into_the_folders_of_root(
    stage: Stage, images: Path
) -> None:
    script = "id -u; id -g; echo 1 > /opt/ml/output/message"
    image = _save_image(images, "user", _config(script, User="65532:65532"))
    assert _run(stage, image, "user")["ProcessingJobStatus"] == "Failed"
    assert stage.log("user")[:2] == ["65532", "65532"]
    stage.aws.configure(run_as_image_user=False)
    assert _run(stage, image, "root")["ProcessingJobStatus"] == "Completed"
    assert stage.log("root")[:2] == ["0", "0"]
