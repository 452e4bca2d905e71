"""What the provider's tests ask for in the real Kubernetes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

import pytest

from app.local.kubernetes import KubernetesTestbed
from app.ports import SystemClock
from tests.providers.cluster import Cluster
from workers.providers.kubernetes import KubernetesProvider


@pytest.fixture
def cluster(kubernetes_testbed: KubernetesTestbed) -> Iterator[Cluster]:
    """The cluster past the provider."""
    cluster = Cluster(kubernetes_testbed.kubeconfig)
    yield cluster
    cluster.close()


@pytest.fixture
async def provider(kubernetes_testbed: KubernetesTestbed) -> AsyncIterator[KubernetesProvider]:
    """The provider, with its own connections."""
    provider = KubernetesProvider(kubeconfig=kubernetes_testbed.kubeconfig, clock=SystemClock())
    yield provider
    await provider.aclose()


@pytest.fixture
def namespace(request: pytest.FixtureRequest) -> str:
    """A namespace of the test's own, which is not there yet."""
    name = re.sub(r"[^a-z0-9]+", "-", str(request.node.name).removeprefix("test_").lower())
    return name[:63].strip("-")
