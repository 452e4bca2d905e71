"""What is ours is taken back, what is others' is left alone, and who comes too late is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from app.local.kubernetes import KubernetesTestbed
from app.ports import SystemClock
from tests.providers.cluster import (
    RUN_1,
    RUN_2,
    Cluster,
    at,
    config_map_path,
    deployment_path,
    service_path,
    step,
    workload,
)
from workers.providers.contract import Health, ProviderFailure, StaleFence
from workers.providers.kubernetes import KubernetesProvider
from workers.providers.kubernetes_api import DEPLOYMENTS, KubernetesApi, Listing, M, Selection
from workers.providers.kubernetes_following import Follower
from workers.providers.kubernetes_objects import Deployment
from workers.providers.kubernetes_transport import Expired, KubernetesTransport


async def test_a_drifted_field_is_seen_and_taken_back(
    provider: KubernetesProvider, cluster: Cluster, namespace: str
) -> None:
    # given a running workload of which somebody has changed three fields and removed one
    desired = workload(namespace)
    await provider.apply(desired, step())
    container = {"name": "cart", "image": "registry.example/cart:hotfix"}
    cluster.call(
        "PATCH",
        deployment_path(desired.target),
        {"spec": {"replicas": 1, "template": {"spec": {"enableServiceLinks": True}}}},
    )
    cluster.apply_as("hotfix", deployment_path(desired.target), _deployment(container), force=True)
    cluster.call("PATCH", config_map_path(desired.target), {"data": {"CURRENCY": "USD", "LISTEN": None}})
    # when it is observed
    changes = provider.diff(desired, await provider.observe(desired.target))
    # then exactly that differs
    assert [(change.field, change.before, change.after) for change in changes] == [
        ("environment.CURRENCY", "USD", "EUR"),
        ("environment.LISTEN", None, "7070"),
        ("image", "registry.example/cart:hotfix", "registry.example/cart:v1"),
        ("replicas", "1", "2"),
        ("service_links", "true", "false"),
    ]
    # and applying takes it back
    await provider.apply(desired, step())
    assert provider.diff(desired, await provider.observe(desired.target)) == ()
    live = cluster.deployment(desired.target)
    assert live.spec.template.spec.containers[0].image == "registry.example/cart:v1"
    assert live.status.available_replicas == 2


async def test_a_deleted_object_is_seen_and_made_again(
    provider: KubernetesProvider, cluster: Cluster, namespace: str
) -> None:
    # given a running workload whose Service and ConfigMap somebody has deleted
    desired = replace(workload(namespace), environment=())
    await provider.apply(desired, step())
    cluster.call("DELETE", service_path(desired.target))
    cluster.call("DELETE", config_map_path(desired.target))
    # when it is observed
    changes = provider.diff(desired, await provider.observe(desired.target))
    # then they are missing, and applying brings them back
    assert [(change.field, change.before, change.after) for change in changes] == [
        ("object.ConfigMap", None, "cart"),
        ("object.Service", None, "cart"),
        ("port.grpc", None, "7070:7070"),
    ]
    await provider.apply(desired, step())
    assert provider.diff(desired, await provider.observe(desired.target)) == ()


async def test_fields_of_others_are_left_alone(provider: KubernetesProvider, cluster: Cluster, namespace: str) -> None:
    # given a running workload to which others have added a label, a sidecar, a variable, a probe and a port
    desired = workload(namespace)
    await provider.apply(desired, step())
    probe = {"tcpSocket": {"port": 7070}}
    sidecar = {"name": "proxy", "image": "registry.example/proxy:v1"}
    cluster.apply_as(
        "mesh", deployment_path(desired.target), _deployment(sidecar, {"name": "cart", "readinessProbe": probe})
    )
    cluster.call("PATCH", deployment_path(desired.target), {"metadata": {"labels": {"cost-centre": "42"}}})
    cluster.call("PATCH", config_map_path(desired.target), {"data": {"REGION": "eu"}})
    port = {"name": "admin", "port": 9901, "protocol": "TCP"}
    cluster.apply_as(
        "mesh", service_path(desired.target), {"apiVersion": "v1", "kind": "Service", "spec": {"ports": [port]}}
    )
    # when it is observed, and its next version is applied
    assert provider.diff(desired, await provider.observe(desired.target)) == ()
    await provider.apply(replace(desired, image="registry.example/cart:v2"), step())
    # then the new image is there, and everything of the others as well
    live = cluster.deployment(desired.target)
    containers = {container.name: container for container in live.spec.template.spec.containers}
    assert containers["cart"].image == "registry.example/cart:v2"
    assert containers["cart"].readiness_probe is not None
    assert containers["proxy"].image == "registry.example/proxy:v1"
    assert live.metadata.labels["cost-centre"] == "42"
    assert cluster.config_map(desired.target).data == {"CURRENCY": "EUR", "LISTEN": "7070", "REGION": "eu"}
    assert [port.port for port in cluster.service(desired.target).spec.ports] == [7070, 9901]


@pytest.mark.parametrize("kind", ["Deployment", "Service", "ConfigMap"])
async def test_an_object_somebody_else_made_is_refused_and_unchanged(
    provider: KubernetesProvider, cluster: Cluster, namespace: str, kind: str
) -> None:
    # given an object of the wanted name that somebody else made
    desired = workload(namespace)
    path = {"Deployment": deployment_path, "Service": service_path, "ConfigMap": config_map_path}[kind](desired.target)
    cluster.call("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
    cluster.call("POST", path.rpartition("/")[0], _foreign(kind))
    before = _without_status(cluster, path)
    # when the workload is applied
    with pytest.raises(ProviderFailure) as failure:
        await provider.apply(desired, step())
    # then it is refused by name, that object is as it was, and nothing else was made
    assert str(failure.value) == (
        f'{kind} "{namespace}/cart" is there already and was not made by Trellis; it is left as it is. '
        "Remove or rename it, or give the service another name or the environment another namespace."
    )
    assert _without_status(cluster, path) == before
    everything = (deployment_path(desired.target), service_path(desired.target), config_map_path(desired.target))
    assert [other for other in everything if cluster.exists(other)] == [path]
    assert (await provider.observe(desired.target)).exists is False
    assert await provider.health(desired.target) is Health.MISSING
    # and deleting does not touch it either: a Service may be anybody's, the others only ours
    if kind == "Service":
        await provider.delete(desired.target, step())
    else:
        with pytest.raises(ProviderFailure, match="was not made by Trellis"):
            await provider.delete(desired.target, step())
    assert _without_status(cluster, path) == before


async def test_a_service_of_another_application_is_refused(
    provider: KubernetesProvider, cluster: Cluster, namespace: str
) -> None:
    # given a service of one application
    desired = workload(namespace)
    await provider.apply(desired, step())
    before = cluster.text(config_map_path(desired.target))
    # when another application has a service of the same name in the same namespace
    other = replace(
        desired, target=replace(desired.target, application_id="shop/bazaar", service_id="shop/bazaar/cart")
    )
    # then it is refused, naming whose it is, and the first is unchanged
    with pytest.raises(ProviderFailure, match=f"belongs to shop/boutique/cart in shop@{namespace}"):
        await provider.apply(other, step())
    with pytest.raises(ProviderFailure, match="belongs to shop/boutique/cart"):
        await provider.delete(other.target, step())
    assert cluster.text(config_map_path(desired.target)) == before
    assert provider.diff(desired, await provider.observe(desired.target)) == ()


@pytest.mark.parametrize(("run_id", "fence"), [(RUN_2, 4), (RUN_1, 9)], ids=["lower-fence-of-the-run", "earlier-run"])
async def test_a_stale_claim_is_refused_and_changes_nothing(
    provider: KubernetesProvider, cluster: Cluster, namespace: str, run_id: str, fence: int
) -> None:
    # given a workload that the fifth claim of the second run has written
    desired = workload(namespace)
    await provider.apply(desired, step(run_id=RUN_2, fence=5))
    paths = (service_path(desired.target), config_map_path(desired.target))
    before = [cluster.text(path) for path in paths]
    stale = step(run_id=run_id, fence=fence)
    # when an earlier claim comes late
    with pytest.raises(StaleFence):
        await provider.apply(replace(desired, image="registry.example/cart:old", environment=()), stale)
    with pytest.raises(StaleFence):
        await provider.delete(desired.target, stale)
    # then nothing has changed
    assert [cluster.text(path) for path in paths] == before
    seen = await provider.observe(desired.target)
    assert (provider.diff(desired, seen), seen.fence) == ((), 5)


async def test_a_later_claim_takes_over_without_new_pods(
    provider: KubernetesProvider, cluster: Cluster, namespace: str
) -> None:
    # given a workload that one claim has written
    desired = workload(namespace)
    await provider.apply(desired, step(run_id=RUN_1, fence=7))
    pods = {pod.metadata.uid for pod in cluster.pods(desired.target)}
    # when a later claim of the run, and then the first of a later run apply the same
    await provider.apply(desired, step(run_id=RUN_1, fence=8))
    await provider.apply(desired, step(run_id=RUN_2, fence=1))
    # then only the marks have changed
    assert (await provider.observe(desired.target)).fence == 1
    assert {pod.metadata.uid for pod in cluster.pods(desired.target)} == pods
    assert len(cluster.replica_sets(desired.target)) == 1


async def test_writers_in_between_do_not_make_an_apply_fail(
    provider: KubernetesProvider, cluster: Cluster, namespace: str
) -> None:
    # given a running workload
    desired = workload(namespace)
    await provider.apply(desired, step())
    # when others write to its Deployment all the time while its next version is applied
    done = asyncio.Event()

    async def write() -> int:
        writes = 0
        while not done.is_set():
            writes += 1
            body = {"metadata": {"annotations": {"somebody/count": str(writes)}}}
            await asyncio.to_thread(cluster.call, "PATCH", deployment_path(desired.target), body)
            await asyncio.sleep(0.01)
        return writes

    writing = asyncio.create_task(write())
    await provider.apply(replace(desired, image="registry.example/cart:v2"), step())
    done.set()
    # then it was applied, and their last word stands too
    writes = await writing
    live = cluster.deployment(desired.target)
    assert live.spec.template.spec.containers[0].image == "registry.example/cart:v2"
    assert live.metadata.annotations["somebody/count"] == str(writes)


class _LongAgo(KubernetesApi):
    """Remembers a version that the server has long forgotten, the first time."""

    lists = 0

    def list(self, selection: Selection[M], *, seconds: float | None = None) -> Listing[M]:
        listing = super().list(selection, seconds=seconds)
        self.lists += 1
        return replace(listing, resource_version="1") if self.lists == 1 else listing


async def test_a_watch_that_expired_begins_again_with_a_list(
    kubernetes_testbed: KubernetesTestbed, provider: KubernetesProvider, namespace: str
) -> None:
    # given a version from before the API server's start, which it therefore does not know (410)
    desired = workload(namespace)
    await provider.apply(desired, step())
    await asyncio.to_thread(kubernetes_testbed.kill_api_server)
    await asyncio.to_thread(kubernetes_testbed.start_api_server)
    transport = KubernetesTransport(kubernetes_testbed.kubeconfig)
    api = _LongAgo(transport)
    selection = Selection(DEPLOYMENTS, namespace, name="cart")
    with pytest.raises(Expired):
        await asyncio.to_thread(api.watch(selection, "1", seconds=5.0).run, lambda _: None)
    # when a following begins from there
    clock = SystemClock()
    listed = 0

    async def judge(found: Mapping[str, Deployment], fresh: bool) -> int | None:
        nonlocal listed
        listed += fresh
        return found["cart"].metadata.generation if listed == 2 else None

    with ThreadPoolExecutor() as threads:
        follower = Follower(api, clock, requests=threads, watches=threads)
        generation = await follower.until(selection, judge, deadline=clock.monotonic() + 20.0)
    # then it lists a second time and goes on
    assert (api.lists, generation) == (2, 1)
    transport.close()


def _deployment(*containers: Mapping[str, object]) -> dict[str, object]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "spec": {"template": {"spec": {"containers": list(containers)}}},
    }


def _foreign(kind: str) -> dict[str, object]:
    labels = {"app": "theirs"}
    pod = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "theirs", "image": "registry.example/x:1"}]},
    }
    specs: dict[str, dict[str, object]] = {
        "Deployment": {"spec": {"selector": {"matchLabels": labels}, "template": pod}},
        "Service": {"spec": {"selector": labels, "ports": [{"port": 80}]}},
        "ConfigMap": {"data": {"theirs": "yes"}},
    }
    return {"metadata": {"name": "cart", "labels": labels}, **specs[kind]}


def _without_status(cluster: Cluster, path: str) -> object:
    """An object but for what the controllers note in it."""
    found = dict(cluster.call("GET", path))
    found.pop("status", None)
    metadata = at(found, "metadata", dict)
    for name in ("resourceVersion", "managedFields", "annotations"):
        metadata.pop(name, None)
    return found
