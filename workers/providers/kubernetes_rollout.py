"""How far a Deployment's rollout is, and what keeps it: read from what the cluster says of it and of its pods. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from workers.providers.contract import Health, Progress
from workers.providers.kubernetes_objects import Condition, ContainerStatus, Deployment, Pod

_MESSAGE_LENGTH: Final = 300
_REASONS: Final = 3


def is_ready(live: Deployment) -> bool:
    """Whether every pod is of the latest template and available, and no other is left."""
    status, replicas = live.status, live.spec.replicas
    return (
        status.observed_generation >= live.metadata.generation
        and status.updated_replicas == replicas
        and status.replicas == replicas
        and status.available_replicas == replicas
    )


def progress(live: Deployment) -> Progress:
    """How far the rollout is, for people; counted in pods that are new and available."""
    status, replicas = live.status, live.spec.replicas
    if status.observed_generation < live.metadata.generation:
        return Progress("the cluster takes up the change", 0, replicas)
    old = status.replicas - status.updated_replicas
    # Old pods count as available too, so of those that are, only what exceeds the old ones is certainly new.
    done = max(0, min(status.updated_replicas, status.available_replicas - old, replicas))
    message = f"{done} of {replicas} pods are ready"
    if status.updated_replicas > replicas or (status.updated_replicas == replicas and old > 0):
        message += f", old ones left to end: {status.replicas - replicas}"
    return Progress(message, done, replicas)


def health(live: Deployment) -> Health:
    """How a Deployment does, by its own account."""
    if is_ready(live):
        return Health.HEALTHY
    taken_up = live.status.observed_generation >= live.metadata.generation
    if taken_up and any(_holds(entry, "Progressing", "False") for entry in live.status.conditions):
        return Health.DEGRADED
    rolled_out = any(_holds(entry, "Progressing", "True", "NewReplicaSetAvailable") for entry in live.status.conditions)
    # Pods that were ready and no longer are: nothing rolls out that could mend it.
    return Health.DEGRADED if taken_up and rolled_out else Health.PROGRESSING


def obstacles(live: Deployment | None, pods: Iterable[Pod]) -> str:
    """What keeps the pods from being ready, the most frequent reason first; empty where the cluster names nothing."""
    counts = Counter(_pod_obstacles(pods))
    said = [f"{_pods(count)} {reason}" for reason, count in counts.most_common(_REASONS)]
    if live is not None:
        # A pod that may not even be made (a quota, an admission rule) is known to the Deployment alone.
        failed = (entry for entry in live.status.conditions if _holds(entry, "ReplicaFailure", "True"))
        said += [f"no pod can be made: {_short(entry.message or entry.reason or '')}" for entry in failed]
    return "; ".join(said)


def _pod_obstacles(pods: Iterable[Pod]) -> Iterator[str]:
    for pod in pods:
        conditions = pod.status.conditions
        if pod.metadata.deletion_timestamp is not None or any(_holds(entry, "Ready", "True") for entry in conditions):
            continue
        unscheduled = next((entry for entry in conditions if _holds(entry, "PodScheduled", "False")), None)
        if unscheduled is not None:
            because = f": {_short(unscheduled.message)}" if unscheduled.message else ""
            yield f"cannot be scheduled ({unscheduled.reason or 'no reason given'}){because}"
            continue
        containers = [reason for status in pod.status.container_statuses if (reason := _container_obstacle(status))]
        yield containers[0] if containers else f"not ready (phase {pod.status.phase})"


def _container_obstacle(status: ContainerStatus) -> str | None:
    waiting, ended = status.state.waiting, status.state.terminated or status.last_state.terminated
    if waiting is not None and waiting.reason not in (None, "ContainerCreating", "PodInitializing"):
        because = f": {_short(waiting.message)}" if waiting.message else ""
        last = f" (exit code {ended.exit_code})" if ended is not None and ended.exit_code is not None else ""
        return f"waiting with {waiting.reason}{because}{last}"
    if waiting is None and ended is not None and not status.ready:
        return f"ended with exit code {ended.exit_code} ({ended.reason or 'no reason given'})"
    if waiting is None and not status.ready:
        return "running, but the readiness probe does not succeed"
    return None


def _holds(entry: Condition, kind: str, status: str, reason: str | None = None) -> bool:
    return entry.type == kind and entry.status == status and reason in (None, entry.reason)


def _pods(count: int) -> str:
    return "1 pod:" if count == 1 else f"{count} pods:"


def _short(text: str) -> str:
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= _MESSAGE_LENGTH else f"{line[: _MESSAGE_LENGTH - 1]}…"
