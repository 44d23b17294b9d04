"""What a job cannot say of where it runs."""

from __future__ import annotations

from typing import Any

from tests.refusals.refusal import MODEL, SCRIPT, Refusal, with_model

ONE_BACKEND = "a backend is exactly one of pods and sageMaker, such as {sageMaker: {}}"
ROLE = "write the ARN of a role, such as arn:aws:iam::123456789012:role/argmin-jobs"
VPC = "a VPC is named by subnets and securityGroupIds together: write both, or none"
CLAIM = "a persistentVolumeClaim is of this cluster and SageMaker cannot read it"
SECRET = "argmin reads no Secret and so can pass none on to SageMaker"
STORE = "on SageMaker the result goes to Amazon S3 by the role of the job"
CREDENTIALS = {"credentialsSecret": {"name": "keys"}}


def _delegated(**fields: Any) -> dict[str, Any]:
    return {"backend": {"sageMaker": {}}, "model": MODEL, **fields}


def _with_sage_maker(**fields: Any) -> dict[str, Any]:
    return with_model(backend={"sageMaker": fields})


BACKEND_REFUSALS = (
    Refusal("no backend", with_model(backend={}), "spec.backend", ONE_BACKEND),
    Refusal(
        "both backends",
        with_model(backend={"pods": {}, "sageMaker": {}}),
        "spec.backend",
        ONE_BACKEND,
    ),
    *(
        Refusal(
            f"an instance type of {name}",
            _with_sage_maker(instanceType=name),
            "spec.backend.sageMaker.instanceType",
            "write an instance type of SageMaker, such as ml.m5.large",
        )
        for name in ("m5.large", "ml.m5", "large")
    ),
    *(
        Refusal(
            f"{number} as {field}",
            _with_sage_maker(**{field: number}),
            f"spec.backend.sageMaker.{field}",
            said,
        )
        for field, number, said in (
            ("instanceCount", 0, "greater than or equal to 1"),
            ("instanceCount", 101, "less than or equal to 100"),
            ("volumeSizeGB", 0, "greater than or equal to 1"),
            ("maxRuntimeSeconds", 432001, "less than or equal to 432000"),
        )
    ),
    *(
        Refusal(
            f"a {field} that is none",
            _with_sage_maker(**{field: "argmin-jobs"}),
            f"spec.backend.sageMaker.{field}",
            ROLE,
        )
        for field in ("roleArn", "assumeRoleArn")
    ),
    *(
        Refusal(
            f"a {field} that is none",
            _with_sage_maker(**{field: "my key"}),
            f"spec.backend.sageMaker.{field}",
            "write the ID or the ARN of a KMS key, or its alias, such as alias/team",
        )
        for field in ("volumeKmsKeyId", "outputKmsKeyId")
    ),
    Refusal(
        "a region of SageMaker that is none",
        _with_sage_maker(region="europe"),
        "spec.backend.sageMaker.region",
        "write a region such as eu-central-1",
    ),
    *(
        Refusal(
            f"half a VPC: {network}",
            _with_sage_maker(network=network),
            "spec.backend.sageMaker.network",
            VPC,
        )
        for network in (
            {"subnets": ["subnet-0a1b2c3d"]},
            {"securityGroupIds": ["sg-0a1b2c3d"], "subnets": []},
        )
    ),
    Refusal(
        "a subnet by its name",
        _with_sage_maker(network={"subnets": ["private"], "securityGroupIds": ["sg-0a1b2c3d"]}),
        "spec.backend.sageMaker.network.subnets",
        "write the ID of a subnet, such as subnet-0a1b2c3d",
    ),
    Refusal(
        "a security group by its name",
        _with_sage_maker(network={"subnets": ["subnet-0a1b2c3d"], "securityGroupIds": ["default"]}),
        "spec.backend.sageMaker.network.securityGroupIds",
        "write the ID of a security group, such as sg-0a1b2c3d",
    ),
    *(
        Refusal(
            f"a tag {name}",
            _with_sage_maker(tags={name: "x"}),
            "spec.backend.sageMaker",
            "tags that start with aws: or argmin.dev/ are reserved: choose other names",
        )
        for name in ("aws:team", "argmin.dev/uid")
    ),
    *(
        Refusal(
            f"a tag with a name of {len(name)} characters",
            _with_sage_maker(tags={name: "x"}),
            "spec.backend.sageMaker",
            "the name of a tag has 1 to 128 letters, digits, blanks and _.:/=+@-",
        )
        for name in ("", "a*", "a" * 129)
    ),
    *(
        Refusal(f"{part} from a volume on SageMaker", spec, "spec", CLAIM)
        for source in [{"persistentVolumeClaim": {"claimName": "models", "path": "a"}}]
        for part, spec in (
            ("a model", _delegated(model={"format": "lp", "source": source})),
            ("a program", {"backend": {"sageMaker": {}}, "script": {"source": source}}),
            ("an input", _delegated(inputs=[{"name": "demand", "source": source}])),
        )
    ),
    *(
        Refusal(
            f"a store with {field} on SageMaker",
            _delegated(artifacts={"s3": {"bucket": "team", field: value}}),
            "spec",
            STORE,
        )
        for field, value in (
            ("endpoint", "https://s3.example.org"),
            ("credentialsSecret", {"name": "keys"}),
        )
    ),
    *(
        Refusal(f"{part} by a Secret on SageMaker", spec, "spec", SECRET)
        for place in [{"s3": {"bucket": "team", "key": "a", **CREDENTIALS}}]
        for part, spec in (
            ("a model", _delegated(model={"format": "lp", "source": place})),
            ("a program", {"backend": {"sageMaker": {}}, "script": {"source": place}}),
            ("an input", _delegated(inputs=[{"name": "demand", "source": place}])),
            (
                "an output",
                _delegated(
                    outputs=[
                        {
                            "name": "plan",
                            "path": "/opt/ml/processing/plan",
                            "s3": {"bucket": "team", **CREDENTIALS},
                        }
                    ]
                ),
            ),
            (
                "a variable",
                _delegated(
                    env=[{"name": "K", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}]
                ),
            ),
        )
    ),
    Refusal(
        "an output elsewhere on SageMaker",
        {
            "backend": {"sageMaker": {}},
            "script": SCRIPT,
            "outputs": [{"name": "plan", "path": "/data"}],
        },
        "spec",
        "SageMaker keeps what is below /opt/ml/processing: put spec.outputs there",
    ),
)
