"""Building the Job and the ConfigMap of a run; pure."""

from __future__ import annotations

from typing import Any

from argmin.api.answer import ExitCode
from argmin.api.base import LABEL_KIND, LABEL_MANAGED_BY, LABEL_NAME, MANAGER
from argmin.api.run import DOCUMENT_FILE
from argmin.backends.pods.template import CONTAINER, build_template, name_inline_key
from argmin.backends.run import Owner, Run
from argmin.plan import CONFIG_MAPS, JOBS, Manifest, Resource

LABEL_COMPONENT = "app.kubernetes.io/component"
COMPONENT = "run"
"""Value of that label on all that belongs to runs, as apart from other children of an owner."""

_SIGTERM_EXIT = 128 + 15
"""Exit code of a container that got SIGTERM before its runner handled that signal."""


def build_config_map(run: Run) -> Manifest:
    """The ConfigMap with the job document and the inline files of a run; immutable."""
    data = {DOCUMENT_FILE: run.document.model_dump_json(by_alias=True, exclude_none=True)}
    inline = {name_inline_key(i.name): i.source.inline for i in run.inputs if i.source.inline}
    return {
        **_head(CONFIG_MAPS, run),
        "immutable": True,
        "data": data | inline,
    }


def build_job(run: Run) -> Manifest:
    """The Job that executes a run in one pod at a time.

    With a queue label it is created suspended: the queue resumes it when capacity is free.
    """
    return {
        **_head(JOBS, run),
        "spec": {
            "parallelism": 1,
            "completions": 1,
            "backoffLimit": run.backoff_limit,
            **_given("activeDeadlineSeconds", run.deadline_seconds),
            "suspend": run.suspend or bool(run.queue_labels),
            "podReplacementPolicy": "Failed",
            "podFailurePolicy": {"rules": _build_failure_rules()},
            "template": build_template(run, build_labels(run.owner)),
        },
    }


def build_labels(owner: Owner) -> dict[str, str]:
    """Labels of everything that belongs to a custom resource."""
    return {
        "app.kubernetes.io/name": MANAGER,
        "app.kubernetes.io/instance": owner.name,
        LABEL_COMPONENT: COMPONENT,
        LABEL_MANAGED_BY: MANAGER,
        LABEL_NAME: owner.name,
        LABEL_KIND: owner.resource.kind,
    }


def build_owner_reference(owner: Owner) -> dict[str, Any]:
    """The owner reference by which Kubernetes deletes a child with its owner."""
    return {
        "apiVersion": owner.resource.api_version,
        "kind": owner.resource.kind,
        "name": owner.name,
        "uid": owner.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _head(resource: Resource, run: Run) -> Manifest:
    queue = dict(run.queue_labels) if resource == JOBS else {}
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": {
            "name": run.name,
            "namespace": run.namespace,
            "labels": build_labels(run.owner) | queue,
            "ownerReferences": [build_owner_reference(run.owner)],
        },
    }


def _build_failure_rules() -> list[dict[str, Any]]:
    """The pod failure policy: the first matching rule applies; all other failures count."""
    return [
        # Evicted, preempted, or lost with its node: retried without counting.
        {
            "action": "Ignore",
            "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
        },
        _on_exit("Ignore", (ExitCode.INTERRUPTED, _SIGTERM_EXIT)),
        # A rerun would end the same.
        _on_exit("FailJob", ExitCode.PERMANENT),
    ]


def _on_exit(action: str, codes: tuple[int, ...]) -> dict[str, Any]:
    return {
        "action": action,
        "onExitCodes": {"containerName": CONTAINER, "operator": "In", "values": list(codes)},
    }


def _given(name: str, value: Any) -> dict[str, Any]:
    return {} if value is None else {name: value}
