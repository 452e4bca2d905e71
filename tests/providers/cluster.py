"""A test's own hands in the cluster: what other people and controllers do there, and what is there afterwards."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from app.domain.workloads import Port, Target, Workload
from workers.providers.contract import Progress, StepContext
from workers.providers.kubernetes_api import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    PODS,
    SERVICES,
    KubernetesApi,
    Selection,
)
from workers.providers.kubernetes_manifests import TARGET_LABEL, target_hash
from workers.providers.kubernetes_objects import ConfigMap, Deployment, Pod, Service
from workers.providers.kubernetes_transport import KubernetesTransport

Json = Mapping[str, object]
T = TypeVar("T")

RUN_1 = "019aa5a0-0000-7000-8000-000000000001"
RUN_2 = "019aa5a0-0000-7000-8000-000000000002"


class Cluster:
    """Reads and writes past the provider."""

    def __init__(self, kubeconfig: Path) -> None:
        self._transport = KubernetesTransport(kubeconfig)
        self._api = KubernetesApi(self._transport)

    def close(self) -> None:
        self._transport.close()

    def call(self, method: str, path: str, body: Json | None = None, *, manager: str = "somebody") -> Json:
        """One request; the answer's object, or a Status for what is not there. Errors as the provider's own."""
        query = [("fieldManager", manager)] if method in ("POST", "PATCH") else []
        content_type = "application/merge-patch+json" if method == "PATCH" else "application/json"
        return self._transport.call(
            method, path, f"{method} {path}", query=query, body=body, content_type=content_type
        )[1]

    def apply_as(self, manager: str, path: str, manifest: Json, *, force: bool = False) -> None:
        """Server-side apply under another manager's name."""
        self._transport.call(
            "PATCH",
            path,
            f"apply {path}",
            query=[("fieldManager", manager), ("force", str(force).lower())],
            body=manifest,
            content_type="application/apply-patch+yaml",
        )

    def text(self, path: str) -> str:
        """The whole object as text, to see that nothing in it changed."""
        return json.dumps(self.call("GET", path), sort_keys=True)

    def exists(self, path: str) -> bool:
        return self.call("GET", path).get("kind") != "Status"

    def deployment(self, target: Target) -> Deployment:
        found = self._api.get(DEPLOYMENTS, target.namespace, target.name)
        assert found is not None
        return found

    def service(self, target: Target) -> Service:
        found = self._api.get(SERVICES, target.namespace, target.name)
        assert found is not None
        return found

    def config_map(self, target: Target) -> ConfigMap:
        found = self._api.get(CONFIG_MAPS, target.namespace, target.name)
        assert found is not None
        return found

    def pods(self, target: Target) -> tuple[Pod, ...]:
        label = f"{TARGET_LABEL}={target_hash(target)}"
        return self._api.list(Selection(PODS, target.namespace, label=label)).items

    def replica_sets(self, target: Target) -> dict[str, int]:
        """How many pods each ReplicaSet of the target should have, by its name."""
        query = f"?labelSelector={TARGET_LABEL}%3D{target_hash(target)}"
        answer = self.call("GET", f"/apis/apps/v1/namespaces/{target.namespace}/replicasets{query}")
        found = {}
        for item in at(answer, "items", list):
            found[at(item, "metadata.name", str)] = at(item, "spec.replicas", int)
        return found


class Reports:
    """Everything a step reported, and a way to wait for it."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    async def __call__(self, progress: Progress) -> None:
        self.messages.append(progress.message)


def at(value: object, path: str, kind: type[T]) -> T:
    """What is at a dotted path in a JSON value; fails where it is not of that kind."""
    for name in path.split("."):
        assert isinstance(value, dict), f"nothing at {path}"
        value = value[name]
    assert isinstance(value, kind), f"{value!r} at {path}"
    return value


def target(namespace: str, name: str = "cart") -> Target:
    """A service of the example shop in an environment with that namespace."""
    return Target(
        tenant="default",
        application_id="shop/boutique",
        environment_id=f"shop@{namespace}",
        service_id=f"shop/boutique/{name}",
        name=name,
        namespace=namespace,
    )


def workload(namespace: str, name: str = "cart") -> Workload:
    """A service with two pods, a port and two environment variables."""
    return Workload(
        target=target(namespace, name),
        version_id=f"shop/boutique/{name}:v1-00000001",
        image="registry.example/cart:v1",
        replicas=2,
        ports=(Port("grpc", 7070, 7070),),
        environment=(("CURRENCY", "EUR"), ("LISTEN", "7070")),
        deadline_seconds=60,
    )


def step(reports: Reports | None = None, *, run_id: str = RUN_1, fence: int = 1) -> StepContext:
    """A step of a run, at its first attempt."""
    return StepContext(
        run_id=run_id, step_key="shop/boutique/cart@test", fence=fence, attempt=1, report=reports or Reports()
    )


def deployment_path(of: Target) -> str:
    return DEPLOYMENTS.path(of.namespace, of.name)


def service_path(of: Target) -> str:
    return SERVICES.path(of.namespace, of.name)


def config_map_path(of: Target) -> str:
    return CONFIG_MAPS.path(of.namespace, of.name)


async def eventually(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Return once the condition holds; fail where it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never became so"
        await asyncio.sleep(0.02)
