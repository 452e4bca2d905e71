"""A workload as flat fields, from what is desired and from what a cluster reports, and how the two differ. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.domain import workloads
from app.domain.quantities import parse_quantity
from app.domain.workloads import ProbeKind, Workload
from workers.providers.contract import FieldChange, Observed
from workers.providers.kubernetes_api import FIELD_MANAGER
from workers.providers.kubernetes_manifests import (
    MAX_SURGE,
    MAX_UNAVAILABLE,
    SECCOMP,
    VERSION,
    live_fence,
    requests_and_limits,
)
from workers.providers.kubernetes_objects import (
    ConfigMap,
    Container,
    Deployment,
    KubernetesObject,
    Probe,
    Service,
    Strategy,
)

_QUANTITIES: Final = frozenset({"cpu_request", "cpu_limit", "memory_request", "memory_limit"})
_RESOURCE_FIELDS: Final = {
    ("requests", "cpu"): "cpu_request",
    ("limits", "cpu"): "cpu_limit",
    ("requests", "memory"): "memory_request",
    ("limits", "memory"): "memory_limit",
}


@dataclass(frozen=True, slots=True)
class Live:
    """What a cluster holds for one target, and is ours; None for what is not there."""

    config_map: ConfigMap | None = None
    deployment: Deployment | None = None
    service: Service | None = None


@dataclass(frozen=True, slots=True)
class ClusterObserved(Observed):
    """What a cluster reports; `foreign` names the fields that we do not own.

    Such a field matters where we want it to have a value of ours, and is nobody's business of ours otherwise.
    """

    foreign: frozenset[str] = frozenset()


def desired_fields(desired: Workload) -> dict[str, str]:
    """The fields a workload has when all of it is real."""
    fields = {
        "object.ConfigMap": desired.target.name,
        "object.Deployment": desired.target.name,
        "version": desired.version_id,
        "image": desired.image,
        "replicas": str(desired.replicas),
        "deadline_seconds": str(desired.deadline_seconds),
        "strategy": f"RollingUpdate, maxSurge {MAX_SURGE}, maxUnavailable {MAX_UNAVAILABLE}",
        "security.seccomp": SECCOMP,
        "security.privilege_escalation": "false",
        "service_account_token": "false",
        "service_links": "false",
    }
    if desired.ports:
        fields["object.Service"] = desired.target.name
    if desired.command:
        fields["command"] = _list(desired.command)
    if desired.args:
        fields["args"] = _list(desired.args)
    if desired.probe is not None:
        fields["probe"] = _desired_probe(desired.probe)
    fields |= {_RESOURCE_FIELDS[key]: value for key, value in requests_and_limits(desired.resources).items()}
    fields |= {f"environment.{name}": value for name, value in desired.environment}
    fields |= {f"port.{port.name}": f"{port.number}:{port.target}" for port in desired.ports}
    return fields


def observed(live: Live) -> ClusterObserved:
    """What a cluster holds, as fields that compare with `desired_fields`."""
    found = [*_config_map_fields(live.config_map), *_deployment_fields(live.deployment), *_service_fields(live.service)]
    deployment = live.deployment
    return ClusterObserved(
        exists=any((live.config_map, live.deployment, live.service)),
        fields={name: value for name, value, _ in found},
        version_id=None if deployment is None else deployment.metadata.annotations.get(VERSION),
        fence=None if deployment is None else live_fence(deployment),
        foreign=frozenset(name for name, _, ours in found if not ours),
    )


def differences(desired: Workload, seen: Observed) -> tuple[FieldChange, ...]:
    """The fields that differ, ordered by name; what others own and we do not want is no difference."""
    wanted = desired_fields(desired)
    foreign = seen.foreign if isinstance(seen, ClusterObserved) else frozenset()
    names = wanted.keys() | (seen.fields.keys() - foreign)
    changes = (FieldChange(name, seen.fields.get(name), wanted.get(name)) for name in sorted(names))
    return tuple(change for change in changes if not _same(change))


_Field = tuple[str, str, bool]
"""Name, value, and whether it is ours."""


def _config_map_fields(live: ConfigMap | None) -> Iterator[_Field]:
    if live is None:
        return
    yield "object.ConfigMap", live.metadata.name, True
    for name, value in live.data.items():
        yield f"environment.{name}", value, _owned(live, "f:data", f"f:{name}")


def _service_fields(live: Service | None) -> Iterator[_Field]:
    if live is None:
        return
    yield "object.Service", live.metadata.name, True
    for port in live.spec.ports:
        key = json.dumps({"port": port.port, "protocol": port.protocol}, separators=(",", ":"))
        ours = _owned(live, "f:spec", "f:ports", f"k:{key}")
        yield f"port.{port.name or port.port}", f"{port.port}:{port.target_port}", ours


def _deployment_fields(live: Deployment | None) -> Iterator[_Field]:
    if live is None:
        return
    spec, pod = live.spec, live.spec.template.spec
    yield "object.Deployment", live.metadata.name, True
    yield "replicas", str(spec.replicas), True
    yield "strategy", _strategy(spec.strategy), True
    if VERSION in live.metadata.annotations:
        yield "version", live.metadata.annotations[VERSION], True
    if spec.progress_deadline_seconds is not None:
        yield "deadline_seconds", str(spec.progress_deadline_seconds), True
    if pod.security_context.seccomp_profile is not None:
        yield "security.seccomp", pod.security_context.seccomp_profile.type, True
    yield "service_account_token", _flag(pod.automount_service_account_token, default=True), True
    yield "service_links", _flag(pod.enable_service_links, default=True), True
    for container in pod.containers:
        # Others may put containers of their own beside ours (sidecars).
        if container.name == live.metadata.name:
            yield from _container_fields(live, container)


def _container_fields(live: Deployment, container: Container) -> Iterator[_Field]:
    key = json.dumps({"name": container.name}, separators=(",", ":"))
    ours = ("f:spec", "f:template", "f:spec", "f:containers", f"k:{key}")
    yield "image", container.image, True
    privilege = container.security_context.allow_privilege_escalation
    yield "security.privilege_escalation", _flag(privilege, default=True), True
    if container.command:
        yield "command", _list(container.command), _owned(live, *ours, "f:command")
    if container.args:
        yield "args", _list(container.args), _owned(live, *ours, "f:args")
    if container.readiness_probe is not None:
        yield "probe", _live_probe(container.readiness_probe), _owned(live, *ours, "f:readinessProbe")
    for (bound, resource), name in _RESOURCE_FIELDS.items():
        quantities = container.resources.requests if bound == "requests" else container.resources.limits
        if resource in quantities:
            owned = _owned(live, *ours, "f:resources", f"f:{bound}", f"f:{resource}")
            yield name, str(quantities[resource]), owned


def _owned(live: KubernetesObject, *path: str) -> bool:
    return any(
        _holds(entry.fields_v1, path)
        for entry in live.metadata.managed_fields
        if entry.manager == FIELD_MANAGER and entry.operation == "Apply"
    )


def _holds(tree: Mapping[str, object], path: Sequence[str]) -> bool:
    node: object = tree
    for step in path:
        if not isinstance(node, dict) or step not in node:
            return False
        node = node[step]
    return True


def _same(change: FieldChange) -> bool:
    if change.field in _QUANTITIES and change.before is not None and change.after is not None:
        try:
            return parse_quantity(change.before) == parse_quantity(change.after)
        except ValueError:
            return change.before == change.after
    return change.before == change.after


def _desired_probe(probe: workloads.Probe) -> str:
    path = (probe.path or "/") if probe.kind is ProbeKind.HTTP else ""
    return f"{probe.kind.value}:{probe.port}{path}"


def _live_probe(probe: Probe) -> str:
    if probe.http_get is not None:
        return f"{ProbeKind.HTTP.value}:{probe.http_get.port}{probe.http_get.path}"
    if probe.grpc is not None:
        return f"{ProbeKind.GRPC.value}:{probe.grpc.port}"
    if probe.tcp_socket is not None:
        return f"{ProbeKind.TCP.value}:{probe.tcp_socket.port}"
    return "exec"


def _strategy(strategy: Strategy) -> str:
    rolling = strategy.rolling_update
    if rolling.max_surge is None and rolling.max_unavailable is None:
        return str(strategy.type)
    return f"{strategy.type}, maxSurge {rolling.max_surge}, maxUnavailable {rolling.max_unavailable}"


def _flag(value: bool | None, *, default: bool) -> str:
    return str(default if value is None else value).lower()


def _list(words: Sequence[str]) -> str:
    return json.dumps(list(words), ensure_ascii=False)
