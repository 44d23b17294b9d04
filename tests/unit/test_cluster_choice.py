"""Which provider is taken, what names are allowed, and what the cache's keys depend on."""

from pathlib import Path

import pytest

from tests.cluster import images
from tests.cluster.base_image import apt_mirror
from tests.cluster.binaries import MODULE_OF, TOOLS, kubernetes_version, module_key
from tests.cluster.cache import cache_root, check_cache_is_visible
from tests.cluster.errors import ClusterError
from tests.cluster.provider import Machine, choose_provider
from tests.cluster.state import check_name

NOTHING = Machine(names_a_cluster=False, has_container_engine=False, is_linux_root=False)
EVERYTHING = Machine(names_a_cluster=True, has_container_engine=True, is_linux_root=True)


@pytest.mark.parametrize(
    ("machine", "chosen"),
    [
        (EVERYTHING, "existing"),
        (Machine(names_a_cluster=False, has_container_engine=True, is_linux_root=True), "kind"),
        (Machine(names_a_cluster=False, has_container_engine=False, is_linux_root=True), "native"),
    ],
)
def test_first_provider_that_suits_is_taken(machine: Machine, chosen: str) -> None:
    assert choose_provider("auto", machine) == chosen


@pytest.mark.parametrize("wanted", ["existing", "kind", "native"])
def test_a_named_provider_is_taken_whatever_the_machine(wanted: str) -> None:
    assert choose_provider(wanted, NOTHING) == wanted


def test_no_provider_suits() -> None:
    with pytest.raises(ClusterError, match="ARGMIN_KUBECONFIG"):
        choose_provider("auto", NOTHING)


def test_unknown_provider_names_the_known_ones() -> None:
    with pytest.raises(ClusterError, match="existing, kind or native"):
        choose_provider("minikube", EVERYTHING)


@pytest.mark.parametrize("name", ["argmin", "a", "kube-tests-42"])
def test_good_names(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["", "A", "1st", "a/b", "a-", "../x", "a" * 41])
def test_bad_names(name: str) -> None:
    with pytest.raises(ClusterError, match="cluster name"):
        check_name(name)


def test_cache_folder_follows_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("ARGMIN_CACHE", raising=False)
    assert cache_root() == tmp_path / "argmin"

    monkeypatch.setenv("ARGMIN_CACHE", str(tmp_path / "own"))
    assert cache_root() == tmp_path / "own"


def test_cache_that_nodes_would_hide_is_refused() -> None:
    with pytest.raises(ClusterError, match="ARGMIN_CACHE"):
        check_cache_is_visible(Path("/var/lib/argmin"))
    check_cache_is_visible(Path("/home/someone/.cache/argmin"))


def test_binaries_are_rebuilt_for_another_toolchain() -> None:
    assert module_key("kubernetes", "go1.25.0") != module_key("kubernetes", "go1.26.0")
    assert module_key("kubernetes", "go1.25.0") == module_key("kubernetes", "go1.25.0")


def test_every_program_has_a_tool_directive() -> None:
    for program, module in MODULE_OF.items():
        assert f"/{program}\n" in (TOOLS / module / "go.mod").read_text()


def test_kubernetes_version_is_the_required_one() -> None:
    assert kubernetes_version().startswith("v1.34.")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for parts in images.CONTENT.values():
        for part in parts:
            path = tmp_path / part
            if "." in path.name or path.name == "Dockerfile":
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("x")
            else:
                path.mkdir(parents=True, exist_ok=True)
                (path / "module.py").write_text("x")
    return tmp_path


def test_image_key_changes_with_content_only(checkout: Path) -> None:
    before = images.wanted_images(checkout)
    compiled = checkout / "operator/argmin/__pycache__"
    compiled.mkdir()
    (compiled / "module.pyc").write_text("x")
    assert images.wanted_images(checkout) == before

    (checkout / "solvers/argmin_solvers/module.py").write_text("y")
    after = images.wanted_images(checkout)
    assert after.solvers != before.solvers
    assert after.operator == before.operator


def test_image_key_changes_with_the_executable_bit(checkout: Path) -> None:
    before = images.wanted_images(checkout)
    (checkout / "operator/argmin/module.py").chmod(0o755)

    assert images.wanted_images(checkout).operator != before.operator


def test_image_references_are_tags_of_twelve_digits(checkout: Path) -> None:
    name, _, tag = images.wanted_images(checkout).operator.partition(":")

    assert name == "argmin/operator"
    assert tag.startswith("dev-")
    assert len(tag.removeprefix("dev-")) == 12


@pytest.mark.parametrize(
    "sources",
    [
        "deb http://mirror.example/debian bookworm main\n",
        "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\n",
        "# comment\ndeb https://packages.example/tool any main\n"
        "deb [signed-by=/k.gpg] http://mirror.example/debian bookworm main\n",
    ],
)
def test_mirror_is_read_from_apt(sources: str) -> None:
    assert apt_mirror(sources) == "http://mirror.example/debian"


def test_no_mirror_is_an_error() -> None:
    with pytest.raises(ClusterError, match="debootstrap"):
        apt_mirror("deb https://packages.example/tool any main\n")
