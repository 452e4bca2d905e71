"""A real Kubernetes for the provider's tests, one for the whole test run."""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncIterator, Iterator

import pytest

from app.local.kubernetes import KubernetesTestbed
from app.local.kubernetes_build import built_programs
from app.ports import SystemClock
from tests.providers.cluster import Cluster
from workers.providers.kubernetes import KubernetesProvider


@pytest.fixture(scope="session")
def kubernetes_testbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubernetesTestbed]:
    """A running control plane with three nodes. Tests keep apart by a namespace each."""
    # The first build on a machine takes minutes, and says so past pytest's capture.
    built_programs(_past_capture)
    with KubernetesTestbed(tmp_path_factory.mktemp("kubernetes")) as testbed:
        yield testbed


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


def _past_capture(text: str) -> None:
    if sys.__stderr__ is not None:
        sys.__stderr__.write(f"{text}\n")
