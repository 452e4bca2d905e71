"""Workloads on Kubernetes: a ConfigMap, a Deployment and a Service each, by server-side apply."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

from app.domain.workloads import Target, Workload
from app.ports import Clock
from workers.providers.contract import (
    FieldChange,
    Health,
    Observed,
    Progress,
    ProviderFailure,
    ProviderUnavailable,
    StepContext,
)
from workers.providers.kubernetes_api import DEPLOYMENTS, PODS, KubernetesApi, Selection
from workers.providers.kubernetes_changes import put, read_ours, withdraw, withdraw_config
from workers.providers.kubernetes_fields import differences, observed
from workers.providers.kubernetes_following import DeadlinePassed, Follower
from workers.providers.kubernetes_manifests import RUN, TARGET_LABEL, live_fence, require_current, target_hash
from workers.providers.kubernetes_objects import Deployment, Pod
from workers.providers.kubernetes_rollout import health, is_ready, obstacles, progress
from workers.providers.kubernetes_transport import KubernetesTransport

T = TypeVar("T")

KINDS: Final = frozenset({"Workload"})


class KubernetesProvider:
    """Runs services in one cluster, each in its environment's namespace (made where it is missing).

    What it owns, what it leaves to others, and the rights it needs are in docs/kubernetes.md.
    """

    def __init__(
        self,
        *,
        kubeconfig: Path | None,
        clock: Clock,
        context: str | None = None,
        name: str = "kubernetes",
        cluster_domain: str = "cluster.local",
        delete_seconds: float = 300.0,
        request_seconds: float = 15.0,
        requests: int = 8,
        watches: int = 64,
    ) -> None:
        """Nothing is read or connected before the first call.

        `kubeconfig` and `context` choose the cluster and the user (without a kubeconfig: the cluster this process runs
        in, as its pod's service account). `delete_seconds` bounds the wait for pods to end, `request_seconds` each
        request; `requests` and `watches` are how many run at a time.
        """
        self._name = name
        self._clock = clock
        self._cluster_domain = cluster_domain
        self._delete_seconds = delete_seconds
        self._transport = KubernetesTransport(
            kubeconfig, context, request_seconds=request_seconds, connections=requests + watches
        )
        self._api = KubernetesApi(self._transport)
        self._requests = ThreadPoolExecutor(requests, thread_name_prefix=f"{name}-request")
        # A watch holds its thread for seconds; requests must not wait behind them.
        self._watches = ThreadPoolExecutor(watches, thread_name_prefix=f"{name}-watch")
        self._follower = Follower(self._api, clock, requests=self._requests, watches=self._watches)

    @property
    def name(self) -> str:
        """The provider's id, as environments name it."""
        return self._name

    @property
    def kinds(self) -> frozenset[str]:
        """Workloads."""
        return KINDS

    async def observe(self, target: Target) -> Observed:
        """What the cluster holds for the target and carries our marks.

        Raises ProviderUnavailable, and ProviderFailure where the cluster refuses to say.
        """
        return observed(await self._run(lambda: read_ours(self._api, target)))

    def diff(self, desired: Workload, observed: Observed) -> tuple[FieldChange, ...]:
        """The fields that differ, ordered by name; pure. Fields of others that we do not set are left out."""
        return differences(desired, observed)

    async def apply(self, desired: Workload, step: StepContext) -> Mapping[str, str]:
        """Apply the workload's objects and wait until every pod is new and available.

        Returns `address.<port>`, the address within the cluster, for each port. An API server that goes away while the
        rollout runs is waited for. Raises ProviderFailure (refused, in somebody else's hands, not ready within
        `deadline_seconds`, saying why), ProviderUnavailable and StaleFence.
        """
        self._require_kind(desired.target)
        deadline = self._clock.monotonic() + desired.deadline_seconds
        where = f"{desired.target.namespace}/{desired.target.name}"
        await step.report(Progress(f"applying {where}", 0, desired.replicas))
        applied = await self._run(lambda: put(self._api, desired, step))
        rollout = _Rollout(self._pods, desired, step, applied.metadata.uid)
        try:
            ready = await self._follower.until(_deployment_of(desired.target), rollout.judge, deadline=deadline)
        except DeadlinePassed as passed:
            raise await self._not_ready(rollout, passed) from passed
        if not ready:
            raise ProviderUnavailable(f"{where} was deleted or overwritten by somebody else while it rolled out")
        return self._outputs(desired)

    async def delete(self, target: Target, step: StepContext) -> None:
        """Delete what we made for the target and wait until its pods are gone.

        Raises ProviderFailure (in somebody else's hands, pods that do not end), ProviderUnavailable and StaleFence.
        """
        self._require_kind(target)
        deadline = self._clock.monotonic() + self._delete_seconds
        where = f"{target.namespace}/{target.name}"
        await step.report(Progress(f"deleting {where}"))
        going = await self._run(lambda: withdraw(self._api, target, step))
        try:
            if going is not None:
                uid = going.metadata.uid
                await self._follower.until(
                    _deployment_of(target), lambda live, _: _without(live, uid), deadline=deadline
                )
            await self._follower.until(_pods_of(target), _Ending(step).judge, deadline=deadline)
        except DeadlinePassed as passed:
            if passed.unavailable is not None:
                raise passed.unavailable from passed
            left = await self._run(lambda: self._api.list(_pods_of(target)))
            names = ", ".join(pod.metadata.name for pod in left.items) or "the Deployment, held by a finalizer"
            raise ProviderFailure(
                f"{where} is not gone after {self._delete_seconds:g} s; still there: {names}"
            ) from passed
        await self._run(lambda: withdraw_config(self._api, target, step))
        await step.report(Progress(f"{where} is deleted"))

    async def health(self, target: Target) -> Health:
        """How the target's Deployment does now; unknown where the cluster cannot be asked."""
        try:
            live = await self._run(lambda: read_ours(self._api, target))
        except (ProviderUnavailable, ProviderFailure):
            return Health.UNKNOWN
        return Health.MISSING if live.deployment is None else health(live.deployment)

    async def aclose(self) -> None:
        """Let go of threads and connections; what still runs ends first."""
        for executor in (self._watches, self._requests):
            await asyncio.to_thread(executor.shutdown, cancel_futures=True)
        self._transport.close()

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._requests, work)

    async def _pods(self, target: Target) -> tuple[Pod, ...]:
        return (await self._run(lambda: self._api.list(_pods_of(target)))).items

    async def _not_ready(self, rollout: _Rollout, passed: DeadlinePassed) -> Exception:
        desired = rollout.desired
        where, seconds = f"{desired.target.namespace}/{desired.target.name}", desired.deadline_seconds
        try:
            if passed.unavailable is not None:
                raise passed.unavailable
            why = obstacles(rollout.live, await self._pods(desired.target))
        except ProviderUnavailable as unavailable:
            return ProviderUnavailable(f"{where} cannot be followed to its end, {seconds} s have passed: {unavailable}")
        how_far = "nothing is known of it" if rollout.live is None else progress(rollout.live).message
        return ProviderFailure(f"{where} is not ready after {seconds} s: {how_far}" + (f"; {why}" if why else ""))

    def _outputs(self, desired: Workload) -> dict[str, str]:
        host = f"{desired.target.name}.{desired.target.namespace}.svc.{self._cluster_domain}"
        return {f"address.{port.name}": f"{host}:{port.number}" for port in desired.ports}

    def _require_kind(self, target: Target) -> None:
        if target.kind not in KINDS:
            raise ProviderFailure(f"{self._name} carries out {', '.join(sorted(KINDS))}, not {target.kind}")


class _Rollout:
    """Watches a Deployment become ready, and says how far it is."""

    def __init__(
        self,
        pods: Callable[[Target], Awaitable[tuple[Pod, ...]]],
        desired: Workload,
        step: StepContext,
        uid: str,
    ) -> None:
        self.desired = desired
        self.live: Deployment | None = None
        self._pods = pods
        self._step = step
        self._uid = uid
        self._looked = False
        self._said: Progress | None = None

    async def judge(self, found: Mapping[str, Deployment], listed: bool) -> bool | None:
        """True once it is ready; False where it is no longer what was applied. Raises StaleFence."""
        live = found.get(self.desired.target.name)
        if live is None or live.metadata.uid != self._uid:
            return False
        require_current(DEPLOYMENTS.kind, live, self._step)
        if (live.metadata.annotations.get(RUN), live_fence(live)) != (self._step.run_id, self._step.fence):
            return False
        self.live = live
        now = progress(live)
        if is_ready(live):
            await self._say(now)
            return True
        # Right after the change there are no new pods to ask yet.
        if listed and self._looked:
            why = obstacles(live, await self._pods(self.desired.target))
            now = replace(now, message=f"{now.message}; {why}") if why else now
        self._looked = True
        await self._say(now)
        return None

    async def _say(self, now: Progress) -> None:
        if now != self._said:
            self._said = now
            await self._step.report(now)


class _Ending:
    """Watches pods end, and says how many are left."""

    def __init__(self, step: StepContext) -> None:
        self._step = step
        self._left: int | None = None

    async def judge(self, found: Mapping[str, Pod], _: bool) -> bool | None:
        """True once none is left."""
        if found and len(found) != self._left:
            self._left = len(found)
            await self._step.report(Progress(f"{self._left} pods have to end"))
        return None if found else True


async def _without(found: Mapping[str, Deployment], uid: str) -> bool | None:
    """True once the object with that uid is gone, also where another has taken its name."""
    return None if any(live.metadata.uid == uid for live in found.values()) else True


def _deployment_of(target: Target) -> Selection[Deployment]:
    return Selection(DEPLOYMENTS, target.namespace, name=target.name)


def _pods_of(target: Target) -> Selection[Pod]:
    return Selection(PODS, target.namespace, label=f"{TARGET_LABEL}={target_hash(target)}")
