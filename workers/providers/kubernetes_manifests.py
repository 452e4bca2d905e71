"""What a workload is in Kubernetes: a ConfigMap, a Deployment and, where it listens, a Service. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.domain.workloads import Probe, ProbeKind, ResourceNeeds, Target, Workload
from workers.providers.contract import ProviderFailure, StaleFence, StepContext
from workers.providers.kubernetes_objects import KubernetesObject

Manifest = Mapping[str, object]

MANAGED_BY: Final = "trellis"
TARGET_LABEL: Final = "trellis.dev/target"
"""Selects what belongs to one service in one environment; ids hold characters that labels may not."""

SERVICE: Final = "trellis.dev/service"
VERSION: Final = "trellis.dev/version"
RUN: Final = "trellis.dev/run"
FENCE: Final = "trellis.dev/fence"

_NAME_LABEL: Final = "app.kubernetes.io/name"
_PART_OF_LABEL: Final = "app.kubernetes.io/part-of"
_MANAGED_BY_LABEL: Final = "app.kubernetes.io/managed-by"
_VERSION_LABEL: Final = "app.kubernetes.io/version"
_TENANT: Final = "trellis.dev/tenant"
_APPLICATION: Final = "trellis.dev/application"
_ENVIRONMENT: Final = "trellis.dev/environment"
_CONFIG_CHECKSUM: Final = "trellis.dev/config-checksum"
_LABEL_LENGTH: Final = 63

MAX_SURGE: Final = "25%"
MAX_UNAVAILABLE: Final = 0
SECCOMP: Final = "RuntimeDefault"


@dataclass(frozen=True, slots=True)
class Manifests:
    """What a workload is made of; `service` is None for a workload without ports."""

    config_map: Manifest
    deployment: Manifest
    service: Manifest | None


def manifests(desired: Workload, step: StepContext) -> Manifests:
    """The objects to apply. The pods change only with the workload, not with the step that applies it."""
    metadata = {
        "name": desired.target.name,
        "namespace": desired.target.namespace,
        "labels": labels(desired),
        "annotations": _annotations(desired, step),
    }
    return Manifests(
        config_map={
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata,
            "data": dict(desired.environment),
        },
        deployment={
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": _deployment_spec(desired),
        },
        service={
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {
                "selector": _selector(desired.target),
                "ports": [
                    {"name": port.name, "port": port.number, "targetPort": port.target, "protocol": "TCP"}
                    for port in desired.ports
                ],
            },
        }
        if desired.ports
        else None,
    )


def labels(desired: Workload) -> dict[str, str]:
    """The recommended labels, and ours for selection."""
    return {
        _NAME_LABEL: desired.target.name,
        _PART_OF_LABEL: _label_value(desired.target.application_id.rpartition("/")[2]),
        _MANAGED_BY_LABEL: MANAGED_BY,
        _VERSION_LABEL: _label_value(desired.version_id.rpartition(":")[2]),
        TARGET_LABEL: target_hash(desired.target),
    }


def target_hash(target: Target) -> str:
    """Sixteen hex digits that name a service in an environment, always the same for it."""
    identity = "\n".join((target.tenant, target.environment_id, target.service_id))
    return hashlib.sha256(identity.encode()).hexdigest()[:16]


def namespace_labels() -> dict[str, str]:
    """The labels of a namespace that we make."""
    return {_MANAGED_BY_LABEL: MANAGED_BY}


def is_ours(live: KubernetesObject, target: Target) -> bool:
    """Whether an object carries the marks that we put on what we make for that target."""
    annotations = live.metadata.annotations
    return live.metadata.labels.get(_MANAGED_BY_LABEL) == MANAGED_BY and (
        annotations.get(_TENANT),
        annotations.get(_ENVIRONMENT),
        annotations.get(SERVICE),
    ) == (target.tenant, target.environment_id, target.service_id)


def require_ours(kind: str, live: KubernetesObject, target: Target) -> None:
    """Raise ProviderFailure for an object of that name which we did not make for that target."""
    if not is_ours(live, target):
        marked = live.metadata.labels.get(_MANAGED_BY_LABEL) == MANAGED_BY
        annotations = live.metadata.annotations
        owner = f"{annotations.get(SERVICE)} in {annotations.get(_ENVIRONMENT)}"
        whose = f"belongs to {owner}" if marked else "was not made by Trellis"
        raise ProviderFailure(
            f'{kind} "{target.namespace}/{target.name}" is there already and {whose}; it is left as it is. '
            "Remove or rename it, or give the service another name or the environment another namespace."
        )


def require_current(kind: str, live: KubernetesObject, step: StepContext) -> None:
    """Raise StaleFence if a later claim than this step's has written the object.

    Within a run the fence orders the claims. Between runs their ids do: they are UUIDv7, which sort by creation.
    """
    run, fence = live.metadata.annotations.get(RUN), live_fence(live)
    if run is None or fence is None:
        return
    if (run, fence) > (step.run_id, step.fence):
        raise StaleFence(
            f'{kind} "{live.metadata.name}" carries fence {fence} of run {run}; '
            f"this step has fence {step.fence} of run {step.run_id}"
        )


def live_fence(live: KubernetesObject) -> int | None:
    """The fence an object carries, None where there is none that can be read."""
    text = live.metadata.annotations.get(FENCE, "")
    return int(text) if text.isascii() and text.isdigit() else None


def _annotations(desired: Workload, step: StepContext) -> dict[str, str]:
    target = desired.target
    return {
        _TENANT: target.tenant,
        _APPLICATION: target.application_id,
        _ENVIRONMENT: target.environment_id,
        SERVICE: target.service_id,
        VERSION: desired.version_id,
        RUN: step.run_id,
        FENCE: str(step.fence),
    }


def _deployment_spec(desired: Workload) -> Manifest:
    return {
        "replicas": desired.replicas,
        "progressDeadlineSeconds": desired.deadline_seconds,
        "selector": {"matchLabels": _selector(desired.target)},
        # Never fewer ready pods than asked for while a change rolls out.
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": MAX_SURGE, "maxUnavailable": MAX_UNAVAILABLE},
        },
        "template": {
            "metadata": {
                "labels": labels(desired),
                # Pods read their configuration once, when they start: new configuration has to be a new template.
                "annotations": {_CONFIG_CHECKSUM: _checksum(desired)},
            },
            "spec": {
                "automountServiceAccountToken": False,
                "enableServiceLinks": False,
                "securityContext": {"seccompProfile": {"type": SECCOMP}},
                "containers": [_container(desired)],
            },
        },
    }


def _container(desired: Workload) -> Manifest:
    container: dict[str, object] = {
        "name": desired.target.name,
        "image": desired.image,
        "envFrom": [{"configMapRef": {"name": desired.target.name}}],
        # What any image can live with: images that run as root, or write to their own file system, still do.
        "securityContext": {"allowPrivilegeEscalation": False},
    }
    if desired.command:
        container["command"] = list(desired.command)
    if desired.args:
        container["args"] = list(desired.args)
    # Two ports of a Service may lead to the same port of the container, which is then named once.
    targets = {port.target: port.name for port in reversed(desired.ports)}
    if targets:
        container["ports"] = [
            {"name": name, "containerPort": number, "protocol": "TCP"} for number, name in sorted(targets.items())
        ]
    resources = _resources(desired.resources)
    if resources:
        container["resources"] = resources
    if desired.probe is not None:
        container["readinessProbe"] = {
            **_probe(desired.probe),
            "periodSeconds": 5,
            "timeoutSeconds": 3,
            "failureThreshold": 3,
        }
    return container


def _probe(probe: Probe) -> dict[str, object]:
    match probe.kind:
        case ProbeKind.HTTP:
            return {"httpGet": {"port": probe.port, "path": probe.path or "/"}}
        case ProbeKind.TCP:
            return {"tcpSocket": {"port": probe.port}}
        case ProbeKind.GRPC:
            return {"grpc": {"port": probe.port}}


def requests_and_limits(needs: ResourceNeeds) -> dict[tuple[str, str], str]:
    """Each bound that is set, by ("requests" or "limits", resource).

    A limit alone is a request too: the API server would fill it in, so it is ours from the start.
    """
    wanted = {
        ("requests", "cpu"): needs.cpu_request or needs.cpu_limit,
        ("requests", "memory"): needs.memory_request or needs.memory_limit,
        ("limits", "cpu"): needs.cpu_limit,
        ("limits", "memory"): needs.memory_limit,
    }
    return {key: value for key, value in wanted.items() if value is not None}


def _resources(needs: ResourceNeeds) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for (bound, resource), quantity in requests_and_limits(needs).items():
        found.setdefault(bound, {})[resource] = quantity
    return found


def _selector(target: Target) -> dict[str, str]:
    return {TARGET_LABEL: target_hash(target)}


def _checksum(desired: Workload) -> str:
    return hashlib.sha256(json.dumps(desired.environment).encode()).hexdigest()


def _label_value(text: str) -> str:
    """The nearest text that may be a label's value."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", text)[:_LABEL_LENGTH].strip("-_.")
