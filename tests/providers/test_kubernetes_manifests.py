"""What a workload is in Kubernetes, compared with what is observed, without a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as some

from app.domain.workloads import Port, Probe, ProbeKind, ResourceNeeds, Workload
from tests.providers.cluster import RUN_1, step, target, workload
from workers.providers.contract import FieldChange, Health, Observed, Progress, ProviderFailure, StaleFence
from workers.providers.kubernetes_fields import Live, desired_fields, differences, observed
from workers.providers.kubernetes_manifests import (
    FENCE,
    Manifest,
    manifests,
    require_current,
    require_ours,
    target_hash,
)
from workers.providers.kubernetes_objects import ConfigMap, Deployment, Pod, Service
from workers.providers.kubernetes_rollout import health, is_ready, obstacles, progress

_GOLDEN = Path(__file__).parent / "golden" / "cart.yaml"

_FULL = Workload(
    target=target("shop-production"),
    version_id="shop/boutique/cart:v0.10.4-1a2b3c4d",
    image="registry.example/cart:v0.10.4",
    replicas=3,
    ports=(Port("grpc", 7070, 7070), Port("admin", 9901, 8080), Port("http", 80, 8080)),
    environment=(("GREETING", "Grüß Gott: {yes}"), ("LISTEN", "7070")),
    command=("/server",),
    args=("--verbose",),
    resources=ResourceNeeds(cpu_request="100m", cpu_limit="0.2", memory_limit="128Mi"),
    probe=Probe(ProbeKind.GRPC, 7070),
    deadline_seconds=120,
)


def _live(desired: Workload, *, owned: bool = True) -> Live:
    """What a cluster would hold right after the workload was applied."""
    made = manifests(desired, step())
    fields: dict[str, object] = {}
    if owned:
        fields = {
            "f:data": {f"f:{name}": {} for name, _ in desired.environment},
            "f:spec": {
                "f:ports": {f'k:{{"port":{port.number},"protocol":"TCP"}}': {} for port in desired.ports},
                "f:template": {
                    "f:spec": {"f:containers": {f'k:{{"name":"{desired.target.name}"}}': _container_fields()}}
                },
            },
        }

    def filled(manifest: Manifest) -> Mapping[str, object]:
        metadata = manifest["metadata"]
        assert isinstance(metadata, dict)
        entry = {"manager": "trellis", "operation": "Apply", "fieldsV1": fields}
        return {**manifest, "metadata": {**metadata, "uid": "u", "resourceVersion": "1", "managedFields": [entry]}}

    return Live(
        config_map=ConfigMap.model_validate(filled(made.config_map)),
        deployment=Deployment.model_validate(filled(made.deployment)),
        service=None if made.service is None else Service.model_validate(filled(made.service)),
    )


def _container_fields() -> dict[str, object]:
    bounds: dict[str, object] = {"f:cpu": {}, "f:memory": {}}
    return {
        "f:command": {},
        "f:args": {},
        "f:readinessProbe": {},
        "f:resources": {"f:requests": bounds, "f:limits": bounds},
    }


def test_manifests_of_one_service() -> None:
    # given a service that says everything it can say
    # when its manifests are made
    made = manifests(_FULL, step(fence=7))
    # then they are these
    documents = [made.config_map, made.deployment, made.service]
    assert documents == list(yaml.safe_load_all(_GOLDEN.read_text(encoding="utf-8")))


def test_pods_change_with_the_workload_and_not_with_the_step() -> None:
    # given the manifests of two steps, and of two configurations
    def template(desired: Workload, fence: int) -> object:
        spec = manifests(desired, step(fence=fence)).deployment["spec"]
        assert isinstance(spec, dict)
        return spec["template"]

    # then only the configuration makes another pod
    assert template(_FULL, 1) == template(_FULL, 2)
    assert template(_FULL, 1) != template(replace(_FULL, environment=(("LISTEN", "7071"),)), 1)


def test_the_selector_tells_targets_apart() -> None:
    # given targets that differ in one id each
    one = target("shop-production")
    others = [
        replace(one, tenant="other"),
        replace(one, environment_id="shop@staging"),
        replace(one, service_id="shop/boutique/checkout"),
    ]
    # then each has its own hash, which stays as it is: it is in a Deployment's selector, and that cannot be changed
    assert target_hash(one) == "36ae12935df8a587"
    assert len({target_hash(each) for each in (one, *others)}) == 4


_names = some.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,20}", fullmatch=True)
_quantities = some.sampled_from([None, "1", "0.5", "500m", "1.5", "2e3", "64Mi", "0.25Gi", "1k", "100000u"])


@some.composite
def _workloads(draw: some.DrawFn) -> Workload:
    words = some.lists(some.text(min_size=1, max_size=20), max_size=3).map(tuple)
    numbers = draw(some.lists(some.integers(1, 65535), unique=True, max_size=4))
    probes = some.builds(
        Probe, kind=some.sampled_from(ProbeKind), port=some.integers(1, 65535), path=some.none() | some.just("/x")
    )
    return replace(
        workload("shop"),
        replicas=draw(some.integers(0, 100)),
        ports=tuple(Port(f"p{number}", number, draw(some.integers(1, 65535))) for number in numbers),
        environment=tuple(sorted(draw(some.dictionaries(_names, some.text(max_size=20), max_size=4)).items())),
        command=draw(words),
        args=draw(words),
        resources=ResourceNeeds(draw(_quantities), draw(_quantities), draw(_quantities), draw(_quantities)),
        probe=draw(some.none() | probes),
        deadline_seconds=draw(some.integers(1, 3600)),
    )


@given(_workloads())
def test_what_was_applied_differs_in_nothing(desired: Workload) -> None:
    # given a cluster that holds exactly what was applied
    seen = observed(_live(desired))
    # then there is no difference
    assert differences(desired, seen) == ()
    assert seen.fields.keys() == desired_fields(desired).keys()
    assert (seen.exists, seen.version_id, seen.fence) == (True, desired.version_id, 1)


@given(_workloads(), _workloads())
def test_differences_lead_from_what_is_to_what_is_wanted(before: Workload, after: Workload) -> None:
    # given a cluster that holds one workload, and another that is wanted
    seen = observed(_live(before))
    changes = differences(after, seen)
    # then the changes are ordered, and carrying them out gives the other
    assert [change.field for change in changes] == sorted(change.field for change in changes)
    result = dict(seen.fields)
    for change in changes:
        assert result.get(change.field) == change.before
        result.pop(change.field, None)
        if change.after is not None:
            result[change.field] = change.after
    assert differences(after, Observed(exists=True, fields=result)) == ()


def test_everything_is_missing_at_first() -> None:
    # given a cluster that holds nothing
    seen = observed(Live())
    # then every field is to be made
    assert (seen.exists, seen.version_id, seen.fence) == (False, None, None)
    assert differences(_FULL, seen) == tuple(
        FieldChange(name, None, value) for name, value in sorted(desired_fields(_FULL).items())
    )


def test_spellings_of_one_quantity_are_no_difference() -> None:
    # given what an API server makes of "0.2" and of a limit without a request
    seen = observed(_live(_FULL))
    fields = {**seen.fields, "cpu_limit": "200m", "memory_request": "0.125Gi"}
    # then that is the same; another number is not, and neither is what no number is
    assert differences(_FULL, Observed(exists=True, fields=fields)) == ()
    for wrong in ("201m", "much"):
        changes = differences(_FULL, Observed(exists=True, fields={**fields, "cpu_limit": wrong}))
        assert changes == (FieldChange("cpu_limit", wrong, "0.2"),)


def test_fields_nobody_wants_count_only_where_they_are_ours() -> None:
    # given a cluster that holds more than is wanted
    lean = replace(_FULL, ports=(), environment=(), command=(), args=(), resources=ResourceNeeds(), probe=None)
    more = {
        "args", "command", "cpu_limit", "cpu_request", "environment.GREETING", "environment.LISTEN", "memory_limit",
        "memory_request", "object.Service", "port.admin", "port.grpc", "port.http", "probe",
    }  # fmt: skip
    # then what we once made goes, and what others added does not matter
    assert {change.field for change in differences(lean, observed(_live(_FULL)))} == more
    assert [change.field for change in differences(lean, observed(_live(_FULL, owned=False)))] == ["object.Service"]


def _deployment(
    *,
    generation: int = 2,
    observed: int = 2,
    wanted: int = 3,
    pods: int = 3,
    new: int = 3,
    available: int = 3,
    **more: object,
) -> Deployment:
    return Deployment.model_validate(
        {
            "metadata": {"name": "cart", "uid": "u", "resourceVersion": "1", "generation": generation},
            "spec": {"replicas": wanted},
            "status": {
                "observedGeneration": observed,
                "replicas": pods,
                "updatedReplicas": new,
                "availableReplicas": available,
                **more,
            },
        }
    )


@pytest.mark.parametrize(
    ("live", "ready", "told"),
    [
        (_deployment(), True, Progress("3 of 3 pods are ready", 3, 3)),
        (_deployment(observed=1), False, Progress("the cluster takes up the change", 0, 3)),
        (_deployment(pods=4, new=1), False, Progress("0 of 3 pods are ready", 0, 3)),
        (_deployment(pods=4, new=2), False, Progress("1 of 3 pods are ready", 1, 3)),
        (_deployment(pods=4), False, Progress("2 of 3 pods are ready, old ones left to end: 1", 2, 3)),
        (_deployment(available=2), False, Progress("2 of 3 pods are ready", 2, 3)),
        (_deployment(wanted=0, pods=0, new=0, available=0), True, Progress("0 of 0 pods are ready", 0, 0)),
    ],
)
def test_how_far_a_rollout_is(live: Deployment, ready: bool, told: Progress) -> None:
    assert (is_ready(live), progress(live)) == (ready, told)


@pytest.mark.parametrize(
    ("live", "how"),
    [
        (_deployment(), Health.HEALTHY),
        (_deployment(observed=1), Health.PROGRESSING),
        (_deployment(new=1), Health.PROGRESSING),
        (
            _deployment(
                new=1, conditions=[{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]
            ),
            Health.DEGRADED,
        ),
        (
            _deployment(
                available=1, conditions=[{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}]
            ),
            Health.DEGRADED,
        ),
    ],
)
def test_how_a_deployment_does(live: Deployment, how: Health) -> None:
    assert health(live) is how


def _pod(*containers: Mapping[str, object], ready: bool = False, **more: object) -> Pod:
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    metadata = {"name": "p", "uid": "p", "resourceVersion": "1"}
    statuses = [{"name": "cart", "ready": ready, **container} for container in containers]
    status = {"phase": "Running", "conditions": conditions, "containerStatuses": statuses, **more}
    return Pod.model_validate({"metadata": metadata, "status": status})


def test_obstacles_are_named_the_most_frequent_first() -> None:
    # given pods that are kept by different things, and a Deployment that may make no more
    crash = {
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s\n restarting."}},
        "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
    }
    ended = {"state": {"terminated": {"exitCode": 1, "reason": "Error"}}}
    unprobed = {"state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}
    quota = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota"}
    # then they are counted, those that are ready or start left out
    assert obstacles(None, [_pod(ready=True)]) == ""
    assert obstacles(None, [_pod(crash), _pod(ended), _pod(crash), _pod(unprobed), _pod(crash)]) == (
        "3 pods: waiting with CrashLoopBackOff: back-off 10s restarting (exit code 137); "
        "1 pod: ended with exit code 1 (Error); 1 pod: running, but the readiness probe does not succeed"
    )
    starting = _pod({"state": {"waiting": {"reason": "ContainerCreating"}}}, phase="Pending")
    assert obstacles(_deployment(conditions=[quota]), [starting]) == (
        "1 pod: not ready (phase Pending); no pod can be made: exceeded quota"
    )
    long = _pod({"state": {"waiting": {"reason": "ErrImagePull", "message": "x" * 1000}}})
    assert obstacles(None, [long]) == f"1 pod: waiting with ErrImagePull: {'x' * 299}…"


def test_marks_decide_whose_an_object_is() -> None:
    # given an object that we made
    live = _live(_FULL).config_map
    assert live is not None
    # then it is ours for that target, and for no other
    require_ours("ConfigMap", live, _FULL.target)
    with pytest.raises(ProviderFailure, match="belongs to shop/boutique/cart in shop@shop-production"):
        require_ours("ConfigMap", live, replace(_FULL.target, tenant="other"))
    unmarked = live.model_copy(update={"metadata": live.metadata.model_copy(update={"labels": {}})})
    with pytest.raises(ProviderFailure, match="was not made by Trellis"):
        require_ours("ConfigMap", unmarked, _FULL.target)


@pytest.mark.parametrize("text", ["", "high", "²", "-1"])
def test_a_fence_that_is_no_number_bars_nobody(text: str) -> None:
    # given an object whose fence somebody has overwritten
    live = _live(_FULL).config_map
    assert live is not None
    annotations = {**live.metadata.annotations, FENCE: text}
    broken = live.model_copy(update={"metadata": live.metadata.model_copy(update={"annotations": annotations})})
    # then a claim may write, which mends it
    require_current("ConfigMap", broken, step(run_id=RUN_1, fence=0))
    with pytest.raises(StaleFence):
        require_current("ConfigMap", live, step(run_id=RUN_1, fence=0))
