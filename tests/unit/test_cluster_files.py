"""Certificates, image archives, state and locks: what the cluster writes to disk."""

import io
import json
import tarfile
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from tests.cluster import archives, state
from tests.cluster.certificates import CertificateAuthority
from tests.cluster.errors import ClusterError
from tests.cluster.loading import write_layout
from tests.cluster.waiting import wait_until


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("ARGMIN_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture
def pause(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    program = tmp_path / "catatonit"
    program.write_bytes(b"program")
    monkeypatch.setattr(archives, "CATATONIT", program)
    archive = tmp_path / "pause.tar"
    archives.write_pause_image(archive)
    return archive


def test_server_certificate_names_its_hosts(tmp_path: Path) -> None:
    authority = CertificateAuthority(tmp_path / "pki")
    authority.create()
    pair = authority.issue("api", "kube-apiserver", hosts=["10.213.0.11", "kubernetes"])
    certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["10.213.0.11"]
    assert names.get_values_for_type(x509.DNSName) == ["kubernetes"]
    assert pair.key.stat().st_mode & 0o077 == 0


def test_client_certificate_carries_user_and_group_and_serves_nothing(tmp_path: Path) -> None:
    authority = CertificateAuthority(tmp_path / "pki")
    authority.create()
    pair = authority.issue("node", "system:node:a", organization="system:nodes")
    certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())

    assert certificate.subject.rfc4514_string() == "O=system:nodes,CN=system:node:a"
    with pytest.raises(x509.ExtensionNotFound):
        certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)


def test_archive_knows_its_reference(pause: Path) -> None:
    assert archives.archive_reference(pause) == "docker.io/argmin/pause:1"


def layout_of(archive: Path, present: set[str]) -> dict[str, bytes]:
    output = io.BytesIO()
    with tarfile.open(archive) as opened:
        write_layout(opened, present, output)
    output.seek(0)
    with tarfile.open(fileobj=output) as layout:
        streams = {name: layout.extractfile(name) for name in layout.getnames()}
        return {name: stream.read() for name, stream in streams.items() if stream}


def test_layout_describes_the_image(pause: Path) -> None:
    files = layout_of(pause, set())
    index = json.loads(files["index.json"])["manifests"][0]
    manifest = json.loads(files[f"blobs/{index['digest'].replace(':', '/')}"])

    assert index["annotations"] == {"io.containerd.image.name": "docker.io/argmin/pause:1"}
    for blob in [manifest["config"], *manifest["layers"]]:
        assert len(files[f"blobs/{blob['digest'].replace(':', '/')}"]) == blob["size"]


def test_layout_leaves_out_what_the_node_has(pause: Path) -> None:
    complete = layout_of(pause, set())
    index = json.loads(complete["index.json"])["manifests"][0]
    manifest = json.loads(complete[f"blobs/{index['digest'].replace(':', '/')}"])
    layer = manifest["layers"][0]["digest"]

    assert complete.keys() - layout_of(pause, {layer}).keys() == {
        f"blobs/{layer.replace(':', '/')}"
    }


def some_state(name: str = "one") -> state.ClusterState:
    return state.ClusterState(name=name, kind="native", token="t", index=3, phase="starting")


@pytest.mark.usefixtures("cache")
def test_state_survives_the_disk() -> None:
    assert state.load_state("one") is None
    state.save_state(some_state())

    assert state.load_state("one") == some_state()
    assert state.all_states() == [some_state()]
    state.remove_state("one")
    assert state.all_states() == []


@pytest.mark.usefixtures("cache")
def test_lock_keeps_a_second_command_out() -> None:
    with (
        state.locked("one"),
        pytest.raises(ClusterError, match="another command"),
        state.locked("one", timeout=0.0),
    ):
        pass


@pytest.mark.usefixtures("cache")
def test_lock_is_free_again() -> None:
    with state.locked("one"):
        pass
    with state.locked("one", timeout=0.0):
        pass


def test_waiting_ends_with_the_hint() -> None:
    with pytest.raises(ClusterError, match=r"for the moon in vain\nlook up"):
        wait_until(lambda: False, "the moon", timeout=0.0, hint=lambda: "look up")
