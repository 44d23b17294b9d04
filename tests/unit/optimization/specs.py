"""Strategies: specs that the API accepts, in all their variety."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from argmin.api.solve.solvers import FORMAT_SOLVERS, ModelFormat

_LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"
names = st.text(_LOWER, min_size=1, max_size=12)
short_names = names.filter(lambda n: n not in ("argmin", "source"))
texts = st.text(min_size=1, max_size=20).filter(lambda t: t.isprintable())
quantities = st.sampled_from(["500m", "1", "2", "1.5", "1k", "1e1", "1e99", "1e-99"])
memories = st.sampled_from(["64Mi", "1Gi", "512M"])

references = st.builds(lambda n, k: {"name": n, "key": k}, names, names)
buckets = st.fixed_dictionaries(
    {"bucket": st.sampled_from(["models", "team-data"])},
    optional={
        "region": st.just("eu-central-1"),
        "endpoint": st.just("http://minio.storage:9000"),
        "credentialsSecret": st.builds(lambda name: {"name": name}, names),
    },
)
objects = st.builds(lambda bucket, key: {**bucket, "key": f"in/{key}"}, buckets, names)
folders = st.builds(lambda bucket, prefix: {**bucket, "prefix": prefix}, buckets, names)
stores = folders | buckets
sources = st.one_of(
    st.builds(lambda place: {"s3": place}, objects),
    st.builds(lambda text: {"inline": text}, texts),
    st.builds(lambda ref: {"configMapKeyRef": ref}, references),
    st.builds(lambda name: {"image": {"path": f"/models/{name}"}}, names),
    st.builds(
        lambda claim, path: {"persistentVolumeClaim": {"claimName": claim, "path": path}},
        names,
        names,
    ),
)


@st.composite
def models(draw: st.DrawFn) -> dict[str, Any]:
    """A `spec` with a model, its solver and its limits."""
    model_format = draw(st.sampled_from(list(ModelFormat)))
    solver = draw(st.none() | st.sampled_from(FORMAT_SOLVERS[model_format]))
    return {
        "model": {"format": str(model_format), "source": draw(sources)},
        **({"solver": {"name": str(solver), "options": {"a": 1, "b": "x"}}} if solver else {}),
    }


scripts = st.builds(
    lambda source, args: {"script": {"source": source, "args": args}},
    sources,
    st.lists(texts, max_size=3),
)

variables = st.one_of(
    st.builds(lambda name, value: {"name": f"A_{name}", "value": value}, names, texts),
    st.builds(lambda n, r: {"name": f"B_{n}", "valueFrom": {"secretKeyRef": r}}, names, references),
    st.builds(
        lambda n, r: {"name": f"C_{n}", "valueFrom": {"configMapKeyRef": r}}, names, references
    ),
)
paths = st.sampled_from(
    ["/data", "/data-2/deep", "/opt/ml/processing/output/x", "/opt/ml/processing/data", "/tmp/x"]
)


def _unique(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({entry["name"]: entry for entry in entries}.values())


def _unique_paths(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({entry["path"]: entry for entry in _unique(entries)}.values())


inputs = st.lists(
    st.builds(
        lambda n, s: {"name": n, "source": s},
        short_names,
        sources | st.builds(lambda place: {"s3": place}, folders),
    ),
    max_size=3,
).map(_unique)
outputs = st.lists(
    st.builds(lambda n, p: {"name": n, "path": p}, short_names, paths)
    | st.builds(lambda n, p, s: {"name": n, "path": p, "s3": s}, short_names, paths, stores),
    max_size=4,
).map(_unique_paths)

options = st.fixed_dictionaries(
    {},
    optional={
        "limits": st.fixed_dictionaries(
            {},
            optional={
                "time": st.sampled_from(["10m", "99999h999999m99999999s99999999999ms"]),
                "relativeGap": st.sampled_from(["1e-6", "1e-99"]),
            },
        ),
        "threads": st.integers(1, 8),
        "seed": st.integers(0, 100),
        "inputs": inputs,
        "outputs": outputs,
        "image": st.just("registry.example/solver:1"),
        "imagePullSecrets": st.just([{"name": "login"}]),
        "env": st.lists(variables, max_size=4),
        "resources": st.fixed_dictionaries(
            {},
            optional={
                "limits": st.fixed_dictionaries({"cpu": quantities, "memory": memories}),
                "requests": st.fixed_dictionaries({"cpu": quantities}),
            },
        ),
        "nodeSelector": st.dictionaries(names, names, max_size=2),
        "tolerations": st.just([{"key": "solver", "operator": "Exists", "effect": "NoSchedule"}]),
        "priorityClassName": names,
        "serviceAccountName": names,
        "artifacts": st.builds(lambda store: {"s3": store}, stores),
    },
)
steering = st.fixed_dictionaries(
    {},
    optional={
        "suspend": st.booleans(),
        "activeDeadlineSeconds": st.integers(1, 2000),
        "backoffLimit": st.integers(0, 3),
        "ttlSecondsAfterFinished": st.integers(0, 2000),
    },
)


def _merge(*parts: dict[str, Any]) -> dict[str, Any]:
    """One spec of its parts; a script and Ipopt have no limit but their time."""
    spec = {k: v for p in parts for k, v in p.items()}
    keeps_time_alone = "script" in spec or spec.get("solver", {}).get("name") == "ipopt"
    if keeps_time_alone and "limits" in spec:
        spec["limits"] = {k: v for k, v in spec["limits"].items() if k == "time"}
    return spec


specs = st.builds(
    _merge,
    models() | scripts,
    options,
    steering,
)
