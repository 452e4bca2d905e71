"""Workloads become ready, change and go away on a real control plane; and what keeps them from it is named."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from app.domain.workloads import Port, Probe, ProbeKind, ResourceNeeds, Workload
from app.local.kubernetes import KubernetesTestbed
from app.local.kubernetes_parts import UNPULLABLE, Node
from app.ports import SystemClock
from tests.providers.cluster import (
    Cluster,
    Reports,
    at,
    config_map_path,
    deployment_path,
    eventually,
    service_path,
    step,
    target,
    workload,
)
from workers.providers.contract import Health, ProviderFailure, ProviderUnavailable
from workers.providers.kubernetes import KubernetesProvider


async def test_workload_becomes_ready(provider: KubernetesProvider, cluster: Cluster, namespace: str) -> None:
    # given a namespace that does not exist, and a workload that says everything it can say
    desired = replace(
        workload(namespace),
        replicas=3,
        ports=(Port("grpc", 7070, 7070), Port("http", 80, 8080), Port("metrics", 9090, 8080)),
        command=("/server",),
        args=("--verbose", "--name=Grüße"),
        resources=ResourceNeeds(cpu_request="0.1", cpu_limit="200m", memory_limit="0.125Gi"),
        probe=Probe(ProbeKind.HTTP, 8080, "/ready"),
    )
    reports = Reports()
    assert await provider.health(desired.target) is Health.MISSING
    # when it is applied
    outputs = await provider.apply(desired, step(reports))
    # then every pod is ready, the addresses are known, and what is there is what was wanted
    assert outputs == {
        f"address.{port}": f"cart.{namespace}.svc.cluster.local:{number}"
        for port, number in (("grpc", 7070), ("http", 80), ("metrics", 9090))
    }
    live = cluster.deployment(desired.target)
    assert (live.status.replicas, live.status.updated_replicas, live.status.available_replicas) == (3, 3, 3)
    assert cluster.config_map(desired.target).data == {"CURRENCY": "EUR", "LISTEN": "7070"}
    assert [(port.name, port.port, port.target_port) for port in cluster.service(desired.target).spec.ports] == [
        ("grpc", 7070, 7070),
        ("http", 80, 8080),
        ("metrics", 9090, 8080),
    ]
    seen = await provider.observe(desired.target)
    assert (seen.exists, seen.version_id, seen.fence) == (True, desired.version_id, 1)
    assert provider.diff(desired, seen) == ()
    assert await provider.health(desired.target) is Health.HEALTHY
    assert reports.messages[0] == f"applying {namespace}/cart"
    assert reports.messages[-1] == "3 of 3 pods are ready"


async def test_new_image_rolls_out_as_a_new_replica_set(
    provider: KubernetesProvider, cluster: Cluster, namespace: str
) -> None:
    # given a running workload
    desired = workload(namespace)
    await provider.apply(desired, step())
    [before] = cluster.replica_sets(desired.target)
    # when its next version has another image
    changed = replace(desired, image="registry.example/cart:v2", version_id="shop/boutique/cart:v2-00000002")
    await provider.apply(changed, step())
    # then a second ReplicaSet has all the pods, and the first has none
    sets = cluster.replica_sets(desired.target)
    [after] = set(sets) - {before}
    assert sets == {before: 0, after: 2}
    assert cluster.deployment(desired.target).spec.template.spec.containers[0].image == "registry.example/cart:v2"
    assert (await provider.observe(desired.target)).version_id == "shop/boutique/cart:v2-00000002"


async def test_new_configuration_replaces_the_pods(
    provider: KubernetesProvider, cluster: Cluster, namespace: str
) -> None:
    # given a running workload
    desired = workload(namespace)
    await provider.apply(desired, step())
    before = {pod.metadata.uid for pod in cluster.pods(desired.target)}
    # when only an environment variable changes, one goes and one is new
    await provider.apply(replace(desired, environment=(("CURRENCY", "USD"), ("REGION", "eu"))), step())
    # then the pods are others, and read the new configuration
    await eventually(lambda: len(cluster.pods(desired.target)) == 2)
    after = {pod.metadata.uid for pod in cluster.pods(desired.target)}
    assert len(after) == 2
    assert before & after == set()
    assert cluster.config_map(desired.target).data == {"CURRENCY": "USD", "REGION": "eu"}


async def test_applying_again_changes_nothing(provider: KubernetesProvider, cluster: Cluster, namespace: str) -> None:
    # given a running workload
    desired = workload(namespace)
    await provider.apply(desired, step())
    paths = [deployment_path(desired.target), service_path(desired.target), config_map_path(desired.target)]
    # the controllers note the end of a rollout a moment after it
    await eventually(lambda: '"NewReplicaSetAvailable"' in cluster.text(paths[0]))
    before = [cluster.text(path) for path in paths]
    # when the same step applies it again, as after a crash
    outputs = await provider.apply(desired, step())
    # then it answers the same and not a byte of the objects is different, their versions included
    assert outputs == {"address.grpc": f"cart.{namespace}.svc.cluster.local:7070"}
    assert [cluster.text(path) for path in paths] == before


async def test_ports_that_are_no_longer_wanted_take_their_service_along(
    provider: KubernetesProvider, cluster: Cluster, namespace: str
) -> None:
    # given a workload with a port
    desired = workload(namespace)
    await provider.apply(desired, step())
    assert cluster.exists(service_path(desired.target))
    # when it has none any more
    portless = replace(desired, ports=())
    changes = provider.diff(portless, await provider.observe(desired.target))
    outputs = await provider.apply(portless, step())
    # then its Service is gone, which the difference had said
    assert [(change.field, change.before, change.after) for change in changes] == [
        ("object.Service", "cart", None),
        ("port.grpc", "7070:7070", None),
    ]
    assert outputs == {}
    assert not cluster.exists(service_path(desired.target))
    assert provider.diff(portless, await provider.observe(desired.target)) == ()


async def test_scaled_to_nothing_is_ready_without_pods(
    provider: KubernetesProvider, cluster: Cluster, namespace: str
) -> None:
    # given a running workload
    desired = workload(namespace)
    await provider.apply(desired, step())
    # when it is to have no pods
    await provider.apply(replace(desired, replicas=0), step())
    # then it has none, and that is well
    await eventually(lambda: cluster.pods(desired.target) == ())
    assert await provider.health(desired.target) is Health.HEALTHY


async def test_deleting_removes_all_of_it_and_waits_for_the_pods(
    provider: KubernetesProvider, cluster: Cluster, namespace: str
) -> None:
    # given two running workloads in one namespace
    gone, kept = workload(namespace), workload(namespace, "checkout")
    await provider.apply(gone, step())
    await provider.apply(kept, step())
    before = cluster.text(service_path(kept.target))
    # when one is deleted
    reports = Reports()
    await provider.delete(gone.target, step(reports))
    # then nothing of it is left, and the other is untouched
    for path in (deployment_path(gone.target), service_path(gone.target), config_map_path(gone.target)):
        assert not cluster.exists(path)
    assert cluster.pods(gone.target) == ()
    assert (await provider.observe(gone.target)).exists is False
    assert reports.messages[-1] == f"{namespace}/cart is deleted"
    assert len(cluster.pods(kept.target)) == 2
    assert cluster.text(service_path(kept.target)) == before
    # and deleting again, as after a crash, is fine
    await provider.delete(gone.target, step())


async def test_many_services_are_applied_at_once(
    provider: KubernetesProvider, cluster: Cluster, namespace: str
) -> None:
    # given twelve services of one application in a namespace that is not there
    wanted = [workload(namespace, f"service-{number}") for number in range(12)]
    # when all are applied at the same time
    outputs = await asyncio.gather(*(provider.apply(each, step()) for each in wanted))
    # then all are ready, each at its own address
    assert outputs == [{"address.grpc": f"service-{number}.{namespace}.svc.cluster.local:7070"} for number in range(12)]
    assert [await provider.health(each.target) for each in wanted] == [Health.HEALTHY] * 12


@pytest.mark.alone
async def test_pods_that_fit_no_node_fail_within_the_deadline(
    provider: KubernetesProvider, cluster: Cluster, namespace: str
) -> None:
    # given a workload that asks for more than any node has
    desired = replace(workload(namespace), resources=ResourceNeeds(cpu_request="500"), deadline_seconds=2)
    # when it is applied
    began = time.monotonic()
    with pytest.raises(ProviderFailure) as failure:
        await provider.apply(desired, step())
    # then it fails in time, and says why
    assert time.monotonic() - began < 5.0
    assert str(failure.value).startswith(
        f"{namespace}/cart is not ready after 2 s: 0 of 2 pods are ready; "
        "2 pods: cannot be scheduled (Unschedulable): 0/3 nodes are available: 3 Insufficient cpu"
    )
    assert await provider.health(desired.target) is Health.PROGRESSING


async def test_an_image_that_cannot_be_pulled_is_named_and_the_old_pods_stay(
    provider: KubernetesProvider, cluster: Cluster, namespace: str
) -> None:
    # given a running workload
    desired = workload(namespace)
    await provider.apply(desired, step())
    # when its next image cannot be pulled
    broken = replace(desired, image=f"{UNPULLABLE}cart:v2", deadline_seconds=2)
    with pytest.raises(ProviderFailure) as failure:
        await provider.apply(broken, step())
    # then the sentence names it, and both old pods still serve
    assert str(failure.value) == (
        f"{namespace}/cart is not ready after 2 s: 0 of 2 pods are ready; 1 pod: waiting with ImagePullBackOff: "
        f"Back-off pulling image {UNPULLABLE}cart:v2"
    )
    assert cluster.deployment(desired.target).status.available_replicas == 2
    # and going back to the image that works repairs it
    await provider.apply(desired, step())
    assert await provider.health(desired.target) is Health.HEALTHY


async def test_a_refused_manifest_fails_at_once(provider: KubernetesProvider, cluster: Cluster, namespace: str) -> None:
    # given a workload whose command asks for more than its own limit
    desired = replace(workload(namespace), resources=ResourceNeeds(cpu_request="2", cpu_limit="1"))
    # when it is applied
    with pytest.raises(ProviderFailure, match="must be less than or equal to cpu limit"):
        await provider.apply(desired, step())
    # then there is no Deployment
    assert not cluster.exists(deployment_path(desired.target))


def _too_big(namespace: str, seconds: int) -> Workload:
    """Fits no node until a bigger one is added, so that its rollout can be met in its middle."""
    return replace(
        workload(namespace), replicas=1, resources=ResourceNeeds(cpu_request="100"), deadline_seconds=seconds
    )


@pytest.mark.alone
async def test_rollouts_that_wait_for_a_thread_keep_their_deadlines(
    kubernetes_testbed: KubernetesTestbed, namespace: str
) -> None:
    # given a provider that can watch one rollout at a time
    provider = KubernetesProvider(kubeconfig=kubernetes_testbed.kubeconfig, clock=SystemClock(), watches=1)
    # when three that cannot finish run at once
    began = time.monotonic()
    stuck = [
        replace(workload(namespace, name), resources=ResourceNeeds(cpu_request="500"), deadline_seconds=2)
        for name in ("one", "two", "three")
    ]
    failures = await asyncio.gather(*(provider.apply(each, step()) for each in stuck), return_exceptions=True)
    # then each fails in time and says why
    assert time.monotonic() - began < 6.0
    assert [type(failure) for failure in failures] == [ProviderFailure] * 3
    assert all("cannot be scheduled (Unschedulable)" in str(failure) for failure in failures)
    await provider.aclose()


async def test_pods_that_do_not_end_are_named(
    kubernetes_testbed: KubernetesTestbed, cluster: Cluster, namespace: str
) -> None:
    # given a running workload of which somebody holds one pod
    provider = KubernetesProvider(kubeconfig=kubernetes_testbed.kubeconfig, clock=SystemClock(), delete_seconds=2.0)
    desired = workload(namespace)
    await provider.apply(desired, step())
    held = cluster.pods(desired.target)[0].metadata.name
    path = f"/api/v1/namespaces/{namespace}/pods/{held}"
    cluster.call("PATCH", path, {"metadata": {"finalizers": ["example.org/hold"]}})
    # when it is deleted
    with pytest.raises(ProviderFailure) as failure:
        await provider.delete(desired.target, step())
    # then the pod is named, and its configuration is still there
    assert str(failure.value) == f"{namespace}/cart is not gone after 2 s; still there: {held}"
    assert cluster.exists(config_map_path(desired.target))
    # and once it is let go, the same call finishes
    cluster.call("PATCH", path, {"metadata": {"finalizers": None}})
    await provider.delete(desired.target, step())
    assert not cluster.exists(config_map_path(desired.target))
    await provider.aclose()


@pytest.mark.alone
async def test_a_cancelled_rollout_lets_its_thread_go(kubernetes_testbed: KubernetesTestbed, namespace: str) -> None:
    # given a provider whose only watch waits
    provider = KubernetesProvider(kubeconfig=kubernetes_testbed.kubeconfig, clock=SystemClock(), watches=1)
    reports = Reports()
    rollout = asyncio.create_task(provider.apply(_too_big(namespace, 120), step(reports)))
    await eventually(lambda: "0 of 1 pods are ready" in reports.messages)
    # when the step is cancelled
    rollout.cancel()
    with pytest.raises(asyncio.CancelledError):
        await rollout
    # then the provider closes at once instead of waiting for the watch's time to pass
    began = time.monotonic()
    await provider.aclose()
    assert time.monotonic() - began < 3.0


async def test_a_deployment_deleted_by_somebody_else_in_a_rollout_can_be_tried_again(
    provider: KubernetesProvider, cluster: Cluster, namespace: str
) -> None:
    # given a rollout in its middle
    reports = Reports()
    desired = _too_big(namespace, 60)
    rollout = asyncio.create_task(provider.apply(desired, step(reports)))
    await eventually(lambda: "0 of 1 pods are ready" in reports.messages)
    # when somebody deletes the Deployment
    uid = at(cluster.call("GET", deployment_path(desired.target)), "metadata.uid", str)
    cluster.call("DELETE", deployment_path(desired.target))
    # then the step may be repeated, and the repeat makes it anew
    with pytest.raises(ProviderUnavailable, match="deleted or overwritten by somebody else"):
        await rollout
    await provider.apply(replace(desired, resources=ResourceNeeds()), step())
    assert cluster.deployment(desired.target).metadata.uid != uid


async def test_an_api_server_that_comes_back_does_not_end_a_rollout(
    provider: KubernetesProvider, cluster: Cluster, namespace: str, kubernetes_testbed: KubernetesTestbed
) -> None:
    # given a rollout in its middle
    desired = _too_big(namespace, 120)
    reports = Reports()
    rollout = asyncio.create_task(provider.apply(desired, step(reports)))
    await eventually(lambda: "0 of 1 pods are ready" in reports.messages)
    # when the API server is killed, stays away for a while, and starts again; and then the pod gets its room
    await asyncio.to_thread(kubernetes_testbed.kill_api_server)
    with pytest.raises(ProviderUnavailable):
        await provider.observe(desired.target)
    assert await provider.health(desired.target) is Health.UNKNOWN
    await asyncio.to_thread(kubernetes_testbed.start_api_server)
    assert not rollout.done()
    await asyncio.to_thread(kubernetes_testbed.add_node, Node("big", cpu="10k"))
    # then the same call finishes
    outputs = await rollout
    assert outputs == {"address.grpc": f"cart.{namespace}.svc.cluster.local:7070"}
    assert cluster.deployment(desired.target).status.available_replicas == 1
    await provider.delete(desired.target, step())
    await asyncio.to_thread(kubernetes_testbed.remove_node, "big")


@pytest.mark.alone
async def test_an_api_server_that_stays_away_makes_the_step_unavailable(
    provider: KubernetesProvider, cluster: Cluster, namespace: str, kubernetes_testbed: KubernetesTestbed
) -> None:
    # given a rollout in its middle
    desired = _too_big(namespace, 5)
    reports = Reports()
    began = time.monotonic()
    rollout = asyncio.create_task(provider.apply(desired, step(reports)))
    await eventually(lambda: "0 of 1 pods are ready" in reports.messages)
    # when the API server stops and does not come back
    await asyncio.to_thread(kubernetes_testbed.stop_api_server)
    try:
        # then the call ends by its deadline and does not call it a failure of the workload
        with pytest.raises(ProviderUnavailable, match=r"5 s have passed: .* cannot be reached"):
            await rollout
        assert 4.0 < time.monotonic() - began < 10.0
        # and a new one does not even begin
        with pytest.raises(ProviderUnavailable):
            await provider.apply(workload(namespace, "other"), step())
        with pytest.raises(ProviderUnavailable):
            await provider.delete(desired.target, step())
    finally:
        await asyncio.to_thread(kubernetes_testbed.start_api_server)
    assert not cluster.exists(deployment_path(target(namespace, "other")))
    assert cluster.exists(deployment_path(desired.target))
