"""What tests read and apply over HTTP is as with kubectl, by all names that it takes for a kind."""

from __future__ import annotations

import json

import pytest

from tests.api_client import open_client
from tests.kube.greetings import greeting
from tests.kubectl import Kubectl, KubectlError, Object

pytestmark = pytest.mark.kube


@pytest.fixture
def filled(user: Kubectl) -> Kubectl:
    """A namespace with two kinds of objects, of which some have a label."""
    user.apply(greeting("hi"), greeting("hello"))
    user.run("create", "configmap", "labelled")
    user.run("label", "configmap", "labelled", "colour=red")
    return user


def show(user: Kubectl, *words: str) -> object:
    return json.loads(user.run("get", *words, "--output=json", "--show-managed-fields"))


@pytest.mark.parametrize(
    "words",
    [
        ("greeting", "hi"),
        ("greetings.test.argmin.dev", "hi"),
        ("cm", "labelled"),
        ("configmaps", "labelled"),
        ("crd", "optimizationjobs.argmin.dev"),
        ("namespace", "default"),
    ],
    ids=" ".join,
)
def test_an_object_is_as_kubectl_shows_it(filled: Kubectl, words: tuple[str, str]) -> None:
    assert open_client(filled.kubeconfig)
    assert filled.find(*words) == show(filled, *words)


@pytest.mark.parametrize("selector", ["", "colour=red", "colour!=red"])
@pytest.mark.parametrize("kinds", ["configmaps", "greetings", "greeting,cm,serviceaccounts"])
def test_a_list_is_as_kubectl_shows_it(filled: Kubectl, kinds: str, selector: str) -> None:
    shown = show(filled, kinds, f"--selector={selector}")
    assert isinstance(shown, dict)
    assert filled.list(kinds, selector) == shown["items"]


def test_what_is_not_there_is_none(user: Kubectl) -> None:
    assert user.find("configmap", "nothing") is None
    assert user.list("greetings") == []


def test_an_unknown_kind_is_an_error_that_names_it(user: Kubectl) -> None:
    with pytest.raises(KubectlError, match="no resource type 'gretings'"):
        user.find("gretings", "hi")


def test_what_is_applied_again_loses_the_fields_that_are_not_there_any_more(user: Kubectl) -> None:
    config: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "colours"}}
    user.apply({**config, "data": {"a": "red", "b": "blue"}})
    user.apply({**config, "data": {"a": "green"}})
    assert user.get("configmap", "colours")["data"] == {"a": "green"}


def test_what_is_applied_with_an_unknown_field_is_refused_by_its_name(user: Kubectl) -> None:
    with pytest.raises(KubectlError, match=r"spec\.mesage"):
        user.apply({**greeting("hi"), "spec": {"mesage": "hi"}})
    assert user.find("greeting", "hi") is None
