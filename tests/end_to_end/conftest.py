"""The API with a cluster to deploy to, a worker process of its own, and a user of both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.graph import GraphSettings
from app.local.kubernetes import KubernetesTestbed
from tests.api import Api, free_port, served, settings_for
from tests.end_to_end.user import User, listening
from tests.faults.workers import Place, WorkerProcess
from tests.providers.cluster import Cluster


@pytest.fixture
async def api(
    graph_settings: GraphSettings, redis_url: str, tenant: str, kubernetes_testbed: KubernetesTestbed
) -> AsyncIterator[Api]:
    """The real API as it is with a kubeconfig: what names no provider goes to Kubernetes."""
    settings = settings_for(graph_settings, redis_url, tenant=tenant, port=free_port())
    cluster = {"provider_default": "auto", "kubernetes_kubeconfig": kubernetes_testbed.kubeconfig}
    async with served(settings.model_copy(update=cluster)) as api:
        yield api


@pytest.fixture
def worker(
    graph_settings: GraphSettings, redis_url: str, tenant: str, kubernetes_testbed: KubernetesTestbed, tmp_path: Path
) -> Iterator[WorkerProcess]:
    """A worker that carries out one step after the other, in the order of the plan."""
    place = Place(graph_settings.uri, graph_settings.password, redis_url, tenant)
    settings = {
        "KUBECONFIG": str(kubernetes_testbed.kubeconfig),
        "TRELLIS_WORKER_LEASE_SECONDS": "15",
        "TRELLIS_WORKER_STEPS_PER_TARGET": "1",
    }
    worker = WorkerProcess(place, tmp_path / "worker.log", settings=settings)
    try:
        worker.wait_until_ready()
        yield worker
    finally:
        worker.stop()


@pytest.fixture
async def user(api: Api, worker: WorkerProcess) -> AsyncIterator[User]:
    """Somebody who is signed in and watches all events."""
    async with listening(api) as user:
        yield user


@pytest.fixture
def cluster(kubernetes_testbed: KubernetesTestbed) -> Iterator[Cluster]:
    """The cluster past Trellis."""
    cluster = Cluster(kubernetes_testbed.kubeconfig)
    yield cluster
    cluster.close()


@pytest.fixture
def project(tenant: str) -> str:
    """A project name of the test's own: the namespaces of its environments begin with it."""
    return f"shop-{tenant[-8:]}"
