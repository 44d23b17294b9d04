"""What specs say of containers, as Kubernetes does: environment, resources, tolerations."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import (
    Field,
)

from argmin.api.base import ApiModel, Rule
from argmin.api.scalars import Name, ObjectName, Quantities, Quantity


class ConfigMapKeyRef(ApiModel):
    """A key of a ConfigMap in the namespace of the object."""

    name: Name = Field(description="Name of the ConfigMap, in the same namespace.")
    key: Name = Field(description="Key in the ConfigMap's data or binaryData.")


class SecretKeyRef(ApiModel):
    """A key of a Secret in the namespace of the object."""

    name: Name = Field(description="Name of the Secret, in the same namespace.")
    key: Name = Field(description="Key in the Secret's data.")


class EnvSource(ApiModel):
    """Where the value of an environment variable comes from."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="has(self.secretKeyRef) != has(self.configMapKeyRef)",
            message="valueFrom is exactly one of secretKeyRef or configMapKeyRef",
            holds=lambda s: (s.secret_key_ref is None) != (s.config_map_key_ref is None),
        ),
    )

    secret_key_ref: SecretKeyRef | None = Field(
        default=None,
        description="A key of a Secret in the same namespace, read by the kubelet; for pods of"
        " this cluster only.",
    )
    config_map_key_ref: ConfigMapKeyRef | None = Field(
        default=None, description="A key of a ConfigMap in the same namespace."
    )


class EnvVar(ApiModel):
    """An environment variable of the run: a value, or a reference to one."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="!(has(self.value) && has(self.valueFrom))",
            message="an environment variable has value or valueFrom, not both",
            holds=lambda e: e.value is None or e.value_from is None,
        ),
        Rule(
            cel="!self.name.startsWith('ARGMIN_')",
            message="names that start with ARGMIN_ belong to argmin: choose another",
            holds=lambda e: not e.name.startswith("ARGMIN_"),
        ),
    )

    name: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$", max_length=256)] = Field(
        description="Name of the variable; those that start with ARGMIN_ are reserved."
    )
    value: Annotated[str, Field(max_length=32768)] | None = Field(
        default=None, description="Its text; empty if value and valueFrom are both left out."
    )
    value_from: EnvSource | None = Field(
        default=None, description="Where the value comes from, in place of value."
    )


class Resources(ApiModel):
    """Compute resources of the run's container, as in a pod."""

    requests: Quantities = Field(
        default_factory=dict,
        description="Least amount of each resource that the scheduler reserves, such as {cpu: 2,"
        " memory: 4Gi}. If requests and limits are both left out, the installation's defaults"
        " hold. No effect outside of this cluster's pods.",
    )
    limits: Quantities = Field(
        default_factory=dict,
        description="Most of each resource that the container may use: CPU is throttled, and above"
        " its memory the run is killed (OOMKilled). limits.cpu is also the default of"
        " spec.threads.",
    )
    ephemeral_storage: Quantity | None = Field(
        default=None,
        description="Size limit of each scratch folder of the pod, such as 20Gi: outputs, /tmp and"
        " each folder from S3. A pod that writes more is evicted. Left out, the installation's"
        " default.",
    )


class Toleration(ApiModel):
    """A toleration, as in a pod."""

    key: Annotated[str, Field(max_length=316)] | None = Field(
        default=None,
        description="Key of the taint; if left out, with operator Exists, all taints are"
        " tolerated.",
    )
    operator: Annotated[str, Field(pattern="^(Exists|Equal)$")] | None = Field(
        default=None,
        description="Equal compares key and value of the taint, Exists its key alone; Equal if left"
        " out.",
    )
    value: Annotated[str, Field(max_length=63)] | None = Field(
        default=None, description="Value of the taint, for operator Equal."
    )
    effect: Annotated[str, Field(pattern="^(NoSchedule|PreferNoSchedule|NoExecute)$")] | None = (
        Field(
            default=None,
            description="Effect of the taint: NoSchedule, PreferNoSchedule or NoExecute; all of"
            " them if left out.",
        )
    )
    toleration_seconds: int | None = Field(
        default=None,
        description="Seconds that the pod stays on a node after a NoExecute taint was added;"
        " without end if left out.",
    )


class LocalReference(ApiModel):
    """The name of a Secret in the same namespace."""

    name: ObjectName = Field(description="Name of the Secret, in the same namespace.")
