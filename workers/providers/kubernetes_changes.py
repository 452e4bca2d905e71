"""Writing to a cluster: what a workload needs is applied, what nobody wants any more is deleted, the rest is left."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final, Literal, TypeVar

from app.domain.workloads import Target, Workload
from workers.providers.contract import ProviderUnavailable, StepContext
from workers.providers.kubernetes_api import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    SERVICES,
    KubernetesApi,
    M,
    Resource,
)
from workers.providers.kubernetes_fields import Live
from workers.providers.kubernetes_manifests import (
    Manifest,
    is_ours,
    manifests,
    namespace_labels,
    require_current,
    require_ours,
)
from workers.providers.kubernetes_objects import Deployment, KubernetesObject
from workers.providers.kubernetes_transport import Conflict, NamespaceMissing

T = TypeVar("T")

# The controllers write to a Deployment that rolls out many times a second.
_ATTEMPTS: Final = 20


def read_ours(api: KubernetesApi, target: Target) -> Live:
    """What the cluster holds for the target and carries our marks. Blocks; raises ProviderUnavailable."""
    found = _read(api, target)
    return Live(
        config_map=found.config_map if found.config_map and is_ours(found.config_map, target) else None,
        deployment=found.deployment if found.deployment and is_ours(found.deployment, target) else None,
        service=found.service if found.service and is_ours(found.service, target) else None,
    )


def put(api: KubernetesApi, desired: Workload, step: StepContext) -> Deployment:
    """Apply a workload's objects and return its Deployment, which then rolls out. Blocks.

    Nothing is written if one of them was not made by us for this target (ProviderFailure), or was written by a later
    claim (StaleFence). Each is written only as it was read, so that this also holds against what happens in between.
    """
    target = desired.target
    live = _read(api, target)
    wanted = manifests(desired, step)
    service = live.service if live.service is not None and is_ours(live.service, target) else None
    _require_writable(CONFIG_MAPS.kind, live.config_map, target, step)
    _require_writable(DEPLOYMENTS.kind, live.deployment, target, step)
    _require_writable(SERVICES.kind, service if wanted.service is None else live.service, target, step)

    try:
        _apply(api, CONFIG_MAPS, wanted.config_map, live.config_map, target=target, step=step)
    except NamespaceMissing:
        api.create_namespace(target.namespace, namespace_labels())
        _apply(api, CONFIG_MAPS, wanted.config_map, None, target=target, step=step)
    if wanted.service is not None:
        _apply(api, SERVICES, wanted.service, live.service, target=target, step=step)
    elif service is not None:
        _delete(api, SERVICES, service, target=target, step=step)
    return _apply(api, DEPLOYMENTS, wanted.deployment, live.deployment, target=target, step=step)


def withdraw(api: KubernetesApi, target: Target, step: StepContext) -> Deployment | None:
    """Delete the target's Service and Deployment, in the foreground; returns the Deployment that is going. Blocks.

    Its ConfigMap stays until the pods are gone (`withdraw_config`). Raises as `put`, with nothing deleted.
    """
    live = _read(api, target)
    _require_ours_now(CONFIG_MAPS.kind, live.config_map, target, step)
    _require_ours_now(DEPLOYMENTS.kind, live.deployment, target, step)
    # A workload without ports has no Service, and one of that name may be somebody else's.
    service = live.service if live.service is not None and is_ours(live.service, target) else None
    _require_ours_now(SERVICES.kind, service, target, step)
    if service is not None:
        _delete(api, SERVICES, service, target=target, step=step)
    if live.deployment is not None and live.deployment.metadata.deletion_timestamp is None:
        _delete(api, DEPLOYMENTS, live.deployment, target=target, step=step, propagation="Foreground")
    return live.deployment


def withdraw_config(api: KubernetesApi, target: Target, step: StepContext) -> None:
    """Delete the target's ConfigMap. Blocks; raises as `put`."""
    live = api.get(CONFIG_MAPS, target.namespace, target.name)
    _require_ours_now(CONFIG_MAPS.kind, live, target, step)
    if live is not None:
        _delete(api, CONFIG_MAPS, live, target=target, step=step)


def _read(api: KubernetesApi, target: Target) -> Live:
    return Live(
        config_map=api.get(CONFIG_MAPS, target.namespace, target.name),
        deployment=api.get(DEPLOYMENTS, target.namespace, target.name),
        service=api.get(SERVICES, target.namespace, target.name),
    )


def _apply(
    api: KubernetesApi,
    resource: Resource[M],
    manifest: Manifest,
    live: M | None,
    *,
    target: Target,
    step: StepContext,
) -> M:
    def write(read: M | None) -> M:
        _require_writable(resource.kind, read, target, step)
        return api.apply(resource, target.namespace, manifest, live=read)

    return _unless_changed(api, resource, live, target, write)


def _delete(
    api: KubernetesApi,
    resource: Resource[M],
    live: M,
    *,
    target: Target,
    step: StepContext,
    propagation: Literal["Foreground", "Background"] = "Background",
) -> None:
    def write(read: M | None) -> None:
        _require_ours_now(resource.kind, read, target, step)
        if read is not None:
            api.delete(resource, target.namespace, read, propagation=propagation)

    _unless_changed(api, resource, live, target, write)


def _unless_changed(
    api: KubernetesApi, resource: Resource[M], live: M | None, target: Target, write: Callable[[M | None], T]
) -> T:
    """Write to what was read; where somebody else wrote in between, read and check it again first."""
    for attempt in range(_ATTEMPTS):
        try:
            return write(live)
        except Conflict:
            time.sleep(random.uniform(0.0, 0.02 * (attempt + 1)))
            live = api.get(resource, target.namespace, target.name)
    raise ProviderUnavailable(
        f'{resource.kind} "{target.namespace}/{target.name}" changed {_ATTEMPTS} times while it was to be written'
    )


def _require_ours_now(kind: str, live: KubernetesObject | None, target: Target, step: StepContext) -> None:
    if live is not None:
        require_ours(kind, live, target)
        require_current(kind, live, step)


def _require_writable(kind: str, live: KubernetesObject | None, target: Target, step: StepContext) -> None:
    _require_ours_now(kind, live, target, step)
    if live is not None and live.metadata.deletion_timestamp is not None:
        raise ProviderUnavailable(f'{kind} "{target.namespace}/{target.name}" is still being deleted')
