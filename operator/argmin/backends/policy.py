"""What the runs of a namespace get by default, and what they may ask for; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Annotated, Protocol, TypeVar

from pydantic import Field

from argmin.api.backend import BackendName, list_choices
from argmin.api.base import ApiModel
from argmin.api.scalars import Pattern, Quantity, parse_quantity
from argmin.api.storage import S3Bucket, S3Object, S3Store
from argmin.backends.defaults import Defaults
from argmin.backends.field_paths import list_locations
from argmin.backends.run import Run

_ANY = Pattern(r"^[^*]+\*?$", "write a value, or its beginning and one * at the end", 512)
"""A value; one that ends with `*` stands for all that begin with the rest of it."""
_IMAGE = Pattern(
    r"^([^*]+|[^*/]+/[^*]*\*)$",
    "write the host in full and a * at the end alone, such as registry.example/*",
    512,
)
"""A `*` in the name of a host would also stand for hosts of others."""
_BUCKET = Pattern(
    r"^([^*]+|[^*:/]+\*|[^*:/]+://[^*/]+/[^*]*\*)$",
    "write the host in full and a * at the end alone, such as https://store.example/*, or team-*",
    512,
)
_Values = Annotated[tuple[Annotated[str, _ANY], ...], Field(max_length=100)]
_Images = Annotated[tuple[Annotated[str, _IMAGE], ...], Field(max_length=100)]
_Buckets = Annotated[tuple[Annotated[str, _BUCKET], ...], Field(max_length=100)]
_Part = TypeVar("_Part", bound=ApiModel)


class Allowed(ApiModel):
    """The values that runs may have; an empty list allows all. Defaults are always allowed."""

    backends: tuple[BackendName, ...] = ()
    images: _Images = ()
    buckets: _Buckets = ()
    instance_types: _Values = ()
    roles: _Values = ()
    service_accounts: _Values = ()
    priority_classes: _Values = ()


class Limits(ApiModel):
    """The most that one run may have; what is left out has no limit."""

    cpu: Quantity | None = None
    """Of `spec.resources.limits`, as is memory; for runs in pods."""
    memory: Quantity | None = None
    active_deadline_seconds: Annotated[int, Field(ge=1)] | None = None


class PolicySettings(ApiModel):
    """What administrators write down, for all namespaces or for one."""

    allowed: Allowed = Field(default_factory=Allowed)
    limits: Limits = Field(default_factory=Limits)


@dataclass(frozen=True)
class Policy:
    """What holds in one namespace."""

    defaults: Defaults
    allowed: Allowed = field(default_factory=Allowed)
    limits: Limits = field(default_factory=Limits)
    origins: Mapping[str, str] = field(default_factory=dict)
    """Who decides, by name of the list or limit, as messages say it."""


class Policies(Protocol):
    """The policies of all namespaces."""

    def policy_of(self, namespace: str) -> Policy:
        """What holds in a namespace now."""

    def connect(self, on_change: Callable[[str], None]) -> None:
        """Set what is called with each namespace whose policy has changed."""


@dataclass(frozen=True)
class StaticPolicies:
    """Those of the process's settings, which last as long as it does."""

    policy_of: Callable[[str], Policy]

    def connect(self, on_change: Callable[[str], None]) -> None:
        """Nothing to do: they do not change."""


def merge_settings(
    general: PolicySettings, own: PolicySettings, namespace: str
) -> tuple[Allowed, Limits, dict[str, str]]:
    """What holds in a namespace: its own lists and limits where it has any, else the general ones.

    Returns:
        The lists, the limits, and the value of the chart that each is from.
    """
    origins: dict[str, str] = {}
    allowed = _merge(general.allowed, own.allowed, namespace, origins)
    limits = _merge(general.limits, own.limits, namespace, origins)
    return allowed, limits, origins


def _merge(general: _Part, own: _Part, namespace: str, origins: dict[str, str]) -> _Part:
    chosen = {}
    for name, info in type(own).model_fields.items():
        is_own = name in own.model_fields_set
        chosen[name] = getattr(own if is_own else general, name)
        path = f"policy.{type(own).__name__.lower()}.{info.alias or name}"
        origins[name] = f"teams.{namespace}.{path}" if is_own else path
    return type(own)(**chosen)


def apply_policy(run: Run, policy: Policy) -> Run:
    """The run with its violations, and with no more running time than its namespace allows.

    A run with violations is not started, but one that runs already goes on: within that time.
    """
    asked, most = run.deadline_seconds, policy.limits.active_deadline_seconds
    deadline = asked if most is None else min(most, asked or most)
    return replace(run, violations=list_violations(run, policy), deadline_seconds=deadline)


def list_violations(run: Run, policy: Policy) -> tuple[str, ...]:
    """What a run asks for and its namespace does not allow.

    Each names the field, what is allowed, and the value of the chart that says so.
    """
    return (*_check_values(run, policy), *_check_limits(run, policy))


def _check_values(run: Run, policy: Policy) -> Iterator[str]:
    for name, path, value in _list_values(run, policy.defaults):
        allowed = tuple(str(pattern) for pattern in getattr(policy.allowed, name))
        if allowed and not any(_matches(pattern, value) for pattern in allowed):
            yield (
                f"{path}: {value} is not allowed in namespace {run.namespace}:"
                f" allowed is {', '.join(allowed)} ({_name_origin(policy, name)})"
            )


def _list_values(run: Run, defaults: Defaults) -> Iterator[tuple[str, str, str]]:
    """The name of a list, the field of a spec, and its value; no defaults."""
    yield "backends", "spec.backend", run.backend
    if run.image != defaults.image:
        yield "images", "spec.image", run.image
    for path, location in list_locations(run):
        if not _is_below(location, defaults.store):
            yield "buckets", f"{path}.bucket", _name_place(location)
    if run.service_account_name:
        yield "service_accounts", "spec.serviceAccountName", run.service_account_name
    if run.priority_class_name:
        yield "priority_classes", "spec.priorityClassName", run.priority_class_name
    given = list_choices(run.backend, defaults.complete_settings(None))
    for choice in list_choices(run.backend, run.backend_settings):
        if choice not in given:
            yield choice


def _name_place(location: S3Bucket) -> str:
    """A bucket as a policy names it: with its server where that is not Amazon's."""
    server = (location.endpoint or "").rstrip("/")
    return f"{server}/{location.bucket}" if server else location.bucket


def _is_below(location: S3Bucket, store: S3Store | None) -> bool:
    """Whether a location lies in the default store: in its folder, if that has one."""
    if store is None or _name_place(location) != _name_place(store):
        return False
    folder = store.prefix.strip("/")
    return not folder or f"{_find_path(location)}/".startswith(f"{folder}/")


def _find_path(location: S3Bucket) -> str:
    if isinstance(location, S3Object):
        return location.key or location.prefix or ""
    return location.prefix if isinstance(location, S3Store) else ""


def _check_limits(run: Run, policy: Policy) -> Iterator[str]:
    limits = policy.limits
    if run.backend is BackendName.PODS:
        for name in ("cpu", "memory"):
            most, value = getattr(limits, name), run.resources.limits.get(name)
            if most is not None and (value is None or _read(value) > _read(most)):
                yield _describe(run, policy, name, f"spec.resources.limits.{name}", value, most)
    most, value = limits.active_deadline_seconds, run.deadline_seconds
    if most is not None and (value is None or value > most):
        name, path = "active_deadline_seconds", "spec.activeDeadlineSeconds"
        yield _describe(run, policy, name, path, value, most)


def _describe(run: Run, policy: Policy, name: str, path: str, value: object, most: object) -> str:
    found = f"{path} is missing" if value is None else f"{path}: {value} is too much"
    origin = _name_origin(policy, name)
    return f"{found} in namespace {run.namespace}: write {most} at most ({origin})"


def _name_origin(policy: Policy, name: str) -> str:
    origin = policy.origins.get(name)
    return f"{origin} in the values of argmin's chart" if origin else "the policy of the namespace"


def _matches(pattern: str, value: str) -> bool:
    """Whether a value is one of those that a pattern stands for; a URL needs one with a host."""
    if "://" in value and "://" not in pattern:
        return False
    return value.startswith(pattern[:-1]) if pattern.endswith("*") else value == pattern


def _read(quantity: str | int) -> Decimal:
    return parse_quantity(str(quantity))
