"""What a job cannot say of its model, its program, their limits and their files."""

from __future__ import annotations

from tests.refusals.refusal import MODEL, SCRIPT, Refusal, with_model

DURATION = (
    "write a positive duration with its unit, such as 90s, 10m or 1h30m;"
    " at most 99999h, 999999m or 99999999s"
)
DECIMAL = 'write a decimal number of zero or more in quotes, such as "0.01" or "1e-6"'
ONE_OF = (
    "a job has exactly one of spec.model (argmin solves it) and spec.script"
    " (your own program): write one of them"
)
ONE_SOURCE = (
    "a source is exactly one of inline, configMapKeyRef, image, persistentVolumeClaim or s3"
)


JOB_REFUSALS = (
    Refusal(
        "an input with a name of argmin's own",
        {"model": MODEL, "inputs": [{"name": "source", "source": {"inline": "x"}}]},
        "spec.inputs",
        "the inputs argmin and source are argmin's own: choose another name",
    ),
    Refusal(
        "an output with a name of argmin's own",
        {"model": MODEL, "outputs": [{"name": "argmin", "path": "/data"}]},
        "spec.outputs",
        "the output argmin is argmin's own: choose another name",
    ),
    *(
        Refusal(
            f"an output in {path}",
            {"model": MODEL, "outputs": [{"name": "data", "path": path}]},
            "spec.outputs",
            "an output is a folder of your own, such as /opt/ml/processing/output/NAME",
        )
        for path in (
            *("//", "/etc", "/usr/lib/x", "/a/../etc", "/a:b", "/a//b", "/data/"),
            *("/./etc", "/opt/./argmin", "/var/./run/secrets", "/data/."),
            *("/opt", "/opt/ml", "/opt/ml/processing", "/opt/ml/processing/"),
            *("/opt/ml/processing/input/a", "/opt/ml/processing/output"),
            *("/opt/ml/processing/output/argmin", "/opt/ml/processing/output/argmin/a"),
        )
    ),
    *(
        Refusal(
            f"an output in {path}, which is no absolute path",
            {"model": MODEL, "outputs": [{"name": "data", "path": path}]},
            "spec.outputs",
            "write an absolute path, such as /results",
        )
        for path in ("rel", "./rel", "/", "")
    ),
    Refusal(
        "a file of the image by a relative path",
        {"model": {"format": "mps", "source": {"image": {"path": "plan.mps"}}}},
        "spec.model.source.image.path",
        "write an absolute path, such as /models/plan.mps",
    ),
    *(
        Refusal(
            f"an output in {inner} beside one in {outer}",
            {
                "model": MODEL,
                "outputs": [{"name": "a", "path": inner}, {"name": "b", "path": outer}],
            },
            "spec",
            "spec.outputs are folders apart from each other: give each a path of its own",
        )
        for inner, outer in (("/data/deep", "/data"), ("/data", "/data"), ("/data", "/data/deep"))
    ),
    Refusal("neither model nor script", {}, "spec", ONE_OF),
    Refusal("both model and script", {"model": MODEL, "script": SCRIPT}, "spec", ONE_OF),
    Refusal("a time without unit", with_model(limits={"time": 10}), "spec.limits.time", DURATION),
    Refusal("a time of zero", with_model(limits={"time": "0s"}), "spec.limits.time", DURATION),
    Refusal("a negative time", with_model(limits={"time": "-5m"}), "spec.limits.time", DURATION),
    *(
        Refusal(
            f"a time of {text}", with_model(limits={"time": text}), "spec.limits.time", DURATION
        )
        for text in ("99999999h", "99999999999999999h", "9999999999999999999ms")
    ),
    Refusal("an empty time", with_model(limits={"time": ""}), "spec.limits.time", DURATION),
    Refusal(
        "a negative gap",
        with_model(limits={"relativeGap": "-0.1"}),
        "spec.limits.relativeGap",
        DECIMAL,
    ),
    Refusal(
        "a negative whole gap",
        with_model(limits={"absoluteGap": -1}),
        "spec.limits.absoluteGap",
        DECIMAL,
    ),
    *(
        Refusal(
            f"a gap of {text}",
            with_model(limits={"relativeGap": text}),
            "spec.limits.relativeGap",
            DECIMAL,
        )
        for text in ("1e-999998", "1e1000000", "1" * 19)
    ),
    Refusal(
        "no solutions wanted",
        with_model(limits={"solutions": 0}),
        "spec.limits.solutions",
        "greater than or equal to 1",
    ),
    Refusal(
        "a deadline of zero",
        with_model(activeDeadlineSeconds=0),
        "spec.activeDeadlineSeconds",
        "greater than or equal to 1",
    ),
    Refusal(
        "a time to live beyond all clocks",
        with_model(ttlSecondsAfterFinished=99999999999999),
        "spec.ttlSecondsAfterFinished",
        "less than or equal to 2147483647",
    ),
    Refusal(
        "a negative backoff limit",
        with_model(backoffLimit=-1),
        "spec.backoffLimit",
        "greater than or equal to 0",
    ),
    Refusal(
        "an unknown solver",
        with_model(solver={"name": "gurobi"}),
        "spec.solver.name",
        "'cbc', 'glpk', 'highs', 'scip', 'cp-sat', 'ipopt' or 'scipy'",
        server_message='supported values: "cbc", "glpk", "highs", "scip", "cp-sat", "ipopt"',
    ),
    Refusal(
        "a solver that cannot take MPS",
        with_model(solver={"name": "ipopt"}),
        "spec",
        "format mps is solved by cbc, glpk, highs, scip, scipy: choose one of these as"
        " spec.solver.name, or leave it out",
    ),
    Refusal(
        "a solver that cannot take NL",
        {"model": {**MODEL, "format": "nl"}, "solver": {"name": "cp-sat"}},
        "spec",
        "format nl is solved by cbc, glpk, highs, scip, scipy, ipopt",
    ),
    Refusal(
        "a solver beside a script",
        {"script": SCRIPT, "solver": {"name": "cbc"}},
        "spec",
        "spec.solver is for spec.model: a script chooses its solver itself",
    ),
    *(
        Refusal(
            f"{name} beside a script",
            {"script": SCRIPT, "limits": {"time": "1m", name: value}},
            "spec",
            "spec.limits.relativeGap, absoluteGap and solutions are for spec.model: remove them,"
            " a script sets its own limits; spec.limits.time holds for it",
        )
        for name, value in (("relativeGap", "0.1"), ("absoluteGap", 5), ("solutions", 3))
    ),
    Refusal(
        "a pool from a solver without one",
        with_model(solver={"name": "cbc"}, solutionPool={"enumerateAll": True}),
        "spec",
        "spec.solutionPool needs spec.solver.name: cp-sat",
    ),
    *(
        Refusal(
            f"{limit} of {solver}, which does not stop there",
            {"model": {**MODEL, "format": "nl"}, "solver": {"name": solver}, "limits": {limit: 1}},
            "spec",
            f"spec.limits.{limit} is kept by {keepers}: choose one of these as spec.solver.name,"
            f" or remove spec.limits.{limit}",
        )
        for solver, limit, keepers in (
            ("ipopt", "relativeGap", "cbc, glpk, highs, scip, cp-sat, scipy"),
            ("glpk", "absoluteGap", "cbc, highs, scip, cp-sat"),
            ("scipy", "solutions", "cbc, highs, scip, cp-sat"),
        )
    ),
    Refusal(
        "a pool of a model that cp-sat cannot solve",
        with_model(solutionPool={"size": 3}),
        "spec",
        "spec.solutionPool needs a model that cp-sat solves: format cp-sat or python",
    ),
    Refusal(
        "a proof of a script",
        {"script": SCRIPT, "proof": {}},
        "spec",
        "spec.proof is for spec.model: what a script finds is its own word",
    ),
    *(
        Refusal(
            f"no second look, and the {name} of one",
            with_model(proof={"level": "Claimed", name: value}),
            "spec.proof",
            "proof.level: Claimed takes the solver's word and looks no further: remove proof.time"
            " and proof.solver, or ask for CrossChecked",
        )
        for name, value in (("time", "1m"), ("solver", "scip"))
    ),
    Refusal(
        "a certificate alone, and a second solver",
        with_model(proof={"level": "Certified", "solver": "scip"}),
        "spec.proof",
        "proof.level: Certified asks no second solver: remove proof.solver, or ask for"
        " CrossChecked",
    ),
    Refusal(
        "a local solver as second one",
        with_model(proof={"solver": "ipopt"}),
        "spec.proof",
        "proof.solver: ipopt proves no global bound: choose highs, scip, cbc, glpk, scipy or"
        " cp-sat",
    ),
    *(
        Refusal(
            f"{second} as second solver after {first}",
            with_model(solver={"name": first}, proof={"solver": second}),
            "spec",
            "spec.proof.solver is of another family than spec.solver.name (scipy is HiGHS):"
            " choose another one, or leave it out",
        )
        for first, second in (("cbc", "cbc"), ("highs", "scipy"), ("scipy", "highs"))
    ),
    Refusal(
        "a level that is none",
        with_model(proof={"level": "Optimal"}),
        "spec.proof.level",
        "'Certified', 'CrossChecked' or 'Claimed'",
        server_message='supported values: "Certified", "CrossChecked", "Claimed"',
    ),
    Refusal(
        "a time of the proof without unit",
        with_model(proof={"time": 10}),
        "spec.proof.time",
        DURATION,
    ),
    Refusal(
        "two sources",
        {"model": {"format": "mps", "source": {"inline": "x", "image": {"path": "/a"}}}},
        "spec.model.source",
        ONE_SOURCE,
    ),
    Refusal(
        "no source",
        {"model": {"format": "mps", "source": {}}},
        "spec.model.source",
        ONE_SOURCE,
    ),
    Refusal(
        "a path out of the volume",
        {
            "model": {
                "format": "mps",
                "source": {"persistentVolumeClaim": {"claimName": "a", "path": "../b"}},
            }
        },
        "spec.model.source",
        "persistentVolumeClaim.path is relative to the volume: no leading / and no ..",
    ),
    Refusal(
        "a volume without the model's path",
        {"model": {"format": "mps", "source": {"persistentVolumeClaim": {"claimName": "a"}}}},
        "spec.model",
        "source.persistentVolumeClaim.path names the model file inside the volume",
    ),
    Refusal(
        "a function beside MPS",
        {"model": {**MODEL, "function": "build"}},
        "spec.model",
        "function is for format python only: remove it",
    ),
    Refusal(
        "one of our environment variables",
        with_model(env=[{"name": "ARGMIN_X", "value": "1"}]),
        "spec.env",
        "names that start with ARGMIN_ belong to argmin: choose another",
    ),
    Refusal(
        "a quantity that is none",
        with_model(resources={"limits": {"cpu": "lots"}}),
        "spec.resources.limits",
        'write a quantity, such as "500m", 2 or 1Gi',
    ),
    *(
        Refusal(
            f"a quantity of {text}",
            with_model(resources={"limits": {"cpu": text}}),
            "spec.resources.limits",
            'write a quantity, such as "500m", 2 or 1Gi',
        )
        for text in ("1e999998", "1e1000000", "1" * 19)
    ),
    Refusal(
        "a name of 253 characters",
        with_model(),
        "",
        "metadata.name is carried as a label of the pods: use at most 63 characters",
        name="a" * 253,
    ),
)
