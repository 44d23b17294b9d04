"""Jobs and pods as their controllers would make them; here nobody acts on them."""

from __future__ import annotations

from argmin.plan import Manifest


def owned_by(owner: Manifest) -> Manifest:
    """The controller reference to an object."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
    }


def pod_manifest(name: str, labels: dict[str, str], owner: Manifest | None) -> Manifest:
    """A pod that runs nothing."""
    metadata: Manifest = {"name": name, "labels": labels}
    if owner:
        metadata["ownerReferences"] = [owner]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {
            "restartPolicy": "Never",
            "containers": [{"name": "run", "image": "registry.example/none:1"}],
        },
    }
