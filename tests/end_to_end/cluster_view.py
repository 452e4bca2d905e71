"""What runs in the cluster, as everybody sees it who asks its API."""

from __future__ import annotations

from dataclasses import dataclass

from tests.providers.cluster import Cluster, at


@dataclass(frozen=True, slots=True)
class Found:
    """A Deployment in the cluster: `generation` counts the changes of what is wanted."""

    image: str
    generation: int
    wanted: int
    ready: int


def deployments(cluster: Cluster, namespace: str) -> dict[str, Found]:
    """All Deployments of a namespace, by name."""
    found = {}
    for item in at(cluster.call("GET", f"/apis/apps/v1/namespaces/{namespace}/deployments"), "items", list):
        containers = at(item, "spec.template.spec.containers", list)
        found[at(item, "metadata.name", str)] = Found(
            image=at(containers[0], "image", str),
            generation=at(item, "metadata.generation", int),
            wanted=at(item, "spec.replicas", int),
            ready=item["status"].get("readyReplicas", 0),
        )
    return found


def has_namespace(cluster: Cluster, namespace: str) -> bool:
    """Whether there is such a namespace."""
    return cluster.exists(f"/api/v1/namespaces/{namespace}")
