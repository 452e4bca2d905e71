"""Writing to a cluster: what a workload needs is applied, what nobody wants any more is deleted, the rest is left."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

from app.domain.workloads import Target, Workload
from workers.providers.contract import ProviderUnavailable, StepContext
from workers.providers.kubernetes_api import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    SERVICES,
    KubernetesApi,
)
from workers.providers.kubernetes_fields import Live
from workers.providers.kubernetes_manifests import (
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
    return _repeated(f'Deployment "{desired.target.namespace}/{desired.target.name}"', lambda: _put(api, desired, step))


def withdraw(api: KubernetesApi, target: Target, step: StepContext) -> Deployment | None:
    """Delete the target's Service and Deployment, in the foreground; returns the Deployment that is going. Blocks.

    Its ConfigMap stays until the pods are gone (`withdraw_config`). Raises as `put`, with nothing deleted.
    """
    return _repeated(f'Deployment "{target.namespace}/{target.name}"', lambda: _withdraw(api, target, step))


def withdraw_config(api: KubernetesApi, target: Target, step: StepContext) -> None:
    """Delete the target's ConfigMap. Blocks; raises as `put`."""

    def once() -> None:
        live = api.get(CONFIG_MAPS, target.namespace, target.name)
        _require_removable(CONFIG_MAPS.kind, live, target, step)
        if live is not None:
            api.delete(CONFIG_MAPS, target.namespace, live)

    _repeated(f'ConfigMap "{target.namespace}/{target.name}"', once)


def _put(api: KubernetesApi, desired: Workload, step: StepContext) -> Deployment:
    target = desired.target
    live = _read(api, target)
    wanted = manifests(desired, step)
    _require_writable(CONFIG_MAPS.kind, live.config_map, target, step)
    _require_writable(DEPLOYMENTS.kind, live.deployment, target, step)
    service = live.service if live.service is not None and is_ours(live.service, target) else None
    if wanted.service is not None:
        _require_writable(SERVICES.kind, live.service, target, step)
    elif service is not None:
        _require_writable(SERVICES.kind, service, target, step)

    try:
        api.apply(CONFIG_MAPS, target.namespace, wanted.config_map, live=live.config_map)
    except NamespaceMissing:
        api.create_namespace(target.namespace, namespace_labels())
        api.apply(CONFIG_MAPS, target.namespace, wanted.config_map, live=live.config_map)
    if wanted.service is not None:
        api.apply(SERVICES, target.namespace, wanted.service, live=live.service)
    elif service is not None:
        api.delete(SERVICES, target.namespace, service)
    return api.apply(DEPLOYMENTS, target.namespace, wanted.deployment, live=live.deployment)


def _withdraw(api: KubernetesApi, target: Target, step: StepContext) -> Deployment | None:
    live = _read(api, target)
    _require_removable(CONFIG_MAPS.kind, live.config_map, target, step)
    _require_removable(DEPLOYMENTS.kind, live.deployment, target, step)
    # A workload without ports has no Service, and one of that name may be somebody else's.
    if live.service is not None and is_ours(live.service, target):
        _require_removable(SERVICES.kind, live.service, target, step)
        api.delete(SERVICES, target.namespace, live.service)
    if live.deployment is not None and live.deployment.metadata.deletion_timestamp is None:
        api.delete(DEPLOYMENTS, target.namespace, live.deployment, propagation="Foreground")
    return live.deployment


def _read(api: KubernetesApi, target: Target) -> Live:
    return Live(
        config_map=api.get(CONFIG_MAPS, target.namespace, target.name),
        deployment=api.get(DEPLOYMENTS, target.namespace, target.name),
        service=api.get(SERVICES, target.namespace, target.name),
    )


def _require_removable(kind: str, live: KubernetesObject | None, target: Target, step: StepContext) -> None:
    if live is not None:
        require_ours(kind, live, target)
        require_current(kind, live, step)


def _require_writable(kind: str, live: KubernetesObject | None, target: Target, step: StepContext) -> None:
    _require_removable(kind, live, target, step)
    if live is not None and live.metadata.deletion_timestamp is not None:
        raise ProviderUnavailable(f'{kind} "{target.namespace}/{target.name}" is still being deleted')


def _repeated(what: str, work: Callable[[], T]) -> T:
    """Do it again from the reading on where somebody else wrote in between."""
    for attempt in range(_ATTEMPTS):
        try:
            return work()
        except Conflict:
            time.sleep(random.uniform(0.0, 0.02 * (attempt + 1)))
    raise ProviderUnavailable(f"{what} changed {_ATTEMPTS} times while it was to be written")
