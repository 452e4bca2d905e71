"""From manifests to Deployments that are ready in a real Kubernetes, and from there to production."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.end_to_end import manifests
from tests.end_to_end.cluster_view import Found, deployments, has_namespace
from tests.end_to_end.manifests import shop, with_image, without
from tests.end_to_end.user import User
from tests.faults.workers import WorkerProcess
from tests.platform import service
from tests.providers.cluster import Cluster

BOUTIQUE = {
    "adservice",
    "cartservice",
    "checkoutservice",
    "currencyservice",
    "emailservice",
    "frontend",
    "loadgenerator",
    "paymentservice",
    "productcatalogservice",
    "recommendationservice",
    "redis-cart",
    "shippingservice",
}
SMALL = (service("ads"), service("redis"), service("cart", needs=["redis"]))


async def test_the_online_boutique_runs_and_a_second_deployment_starts_nothing(
    user: User, worker: WorkerProcess, cluster: Cluster, project: str
) -> None:
    # given
    documents = manifests.example(project)
    namespace = f"{project}-development"
    images = manifests.images(documents)
    assert await user.apply(documents) == {"created": 17}
    assert await user.plan(project, "development") == ("READY", dict.fromkeys(BOUTIQUE, "CREATE"))
    assert not has_namespace(cluster, namespace)

    # when
    outcome = await user.deploy(project, "development")

    # then: the run, the cluster, the status and the graph all say so
    assert (outcome.state, outcome.totals) == ("SUCCEEDED", (12, 12, 0, 0))
    assert outcome.events.count("run.step.succeeded") == 12
    first = deployments(cluster, namespace)
    assert {name: one.image for name, one in first.items()} == images
    assert set(images) == BOUTIQUE
    assert {(one.wanted, one.ready) for one in first.values()} == {(1, 1)}
    status = await user.status(project, "development")
    assert {name: (one["status"], one["image"]) for name, one in status.items()} == {
        name: ("SUCCEEDED", image) for name, image in images.items()
    }
    assert all(one["version"] == one["desiredVersion"] for one in status.values())
    nodes, edges = await user.graph(project)
    assert nodes == sorted(
        [
            ("Project", None),
            ("Application", None),
            *[("Environment", None)] * 3,
            *[("Service", None)] * 12,
            *[("Deployment", "succeeded")] * 12,
        ],
        key=str,
    )
    boutique = f"{project}/boutique"
    assert (f"{boutique}/cartservice", "DEPENDS_ON", f"{boutique}/redis-cart") in edges
    assert (f"{boutique}/cartservice@development", "OF", f"{boutique}/cartservice") in edges

    # when planned and deployed again
    effects = worker.effects()
    planned = await user.plan(project, "development")
    again = await user.deploy(project, "development")

    # then
    assert sorted(effects) == sorted(BOUTIQUE)
    chain = ["redis-cart", "cartservice", "checkoutservice", "frontend", "loadgenerator"]
    assert [name for name in effects if name in chain] == chain
    assert planned == ("EMPTY", dict.fromkeys(BOUTIQUE, "NO_OP"))
    assert (again.state, again.totals, again.steps) == ("SUCCEEDED", (0, 0, 0, 0), {})
    assert worker.effects() == effects
    assert deployments(cluster, namespace) == first


async def test_a_changed_image_updates_its_service_alone_and_one_that_left_is_deleted(
    user: User, worker: WorkerProcess, cluster: Cluster, project: str
) -> None:
    # given
    namespace = f"{project}-development"
    documents = shop(project, *SMALL)
    await user.apply(documents)
    assert (await user.deploy(project, "development")).totals == (3, 3, 0, 0)
    before = deployments(cluster, namespace)

    # when
    documents = with_image(documents, "redis", "example/redis:v2")
    applied = await user.apply(documents)
    planned = await user.plan(project, "development")
    updated = await user.deploy(project, "development")

    # then
    assert applied == {"updated": 1, "unchanged": 7}
    assert planned == ("READY", {"ads": "NO_OP", "cart": "NO_OP", "redis": "UPDATE"})
    assert (updated.totals, list(updated.steps)) == ((1, 1, 0, 0), ["redis"])
    after = deployments(cluster, namespace)
    changed = after.pop("redis")
    assert changed == Found("example/redis:v2", before.pop("redis").generation + 1, 1, 1)
    assert after == before

    # when a service is no longer in the manifests
    documents = without(documents, "ads")
    kept = await user.apply(documents)
    pruned = await user.apply(documents, prune=True)
    planned = await user.plan(project, "development")
    effects = len(worker.effects())
    deleted = await user.deploy(project, "development")

    # then
    assert kept == {"unchanged": 7}
    assert pruned == {"unchanged": 7, "deleted": 1}
    assert planned == ("READY", {"ads": "DELETE", "cart": "NO_OP", "redis": "NO_OP"})
    assert (deleted.totals, list(deleted.steps)) == ((1, 1, 0, 0), ["ads"])
    assert worker.effects()[effects:] == ["ads"]
    assert deployments(cluster, namespace) == {"cart": before["cart"], "redis": changed}
    for path in (f"/api/v1/namespaces/{namespace}/services/ads", f"/api/v1/namespaces/{namespace}/configmaps/ads"):
        assert not cluster.exists(path)
    assert set(await user.status(project, "development")) == {"cart", "redis"}
    assert await user.plan(project, "development") == ("EMPTY", {"cart": "NO_OP", "redis": "NO_OP"})


async def test_production_is_refused_until_the_stage_before_it_runs_the_same(
    user: User, worker: WorkerProcess, cluster: Cluster, project: str
) -> None:
    # given
    await user.apply(shop(project, *SMALL))
    assert (await user.deploy(project, "development")).totals == (3, 3, 0, 0)
    effects = worker.effects()

    # when
    denied = await user.denied(project, "production")

    # then: the denial names the path, and nothing has happened
    versions = {name: one["desiredVersion"] for name, one in (await user.status(project, "production")).items()}
    assert denied == {
        name: (
            "promotion-order",
            [f"{project}/boutique/{name}", versions[name], f"{project}@staging", f"{project}@production"],
            ["DESIRES", "DOES_NOT_RUN_IN", "PROMOTES_TO"],
        )
        for name in ("ads", "cart", "redis")
    }
    assert worker.effects() == effects
    assert [one.event["type"] for one in user.heard][-1] == "run.finished"
    assert not has_namespace(cluster, f"{project}-production")
    assert {one["status"] for one in (await user.status(project, "production")).values()} == {None}

    # when
    staging = await user.deploy(project, "staging")
    production = await user.deploy(project, "production")

    # then
    assert (staging.totals, production.totals) == ((3, 3, 0, 0), (3, 3, 0, 0))
    assert {name: one.image for name, one in deployments(cluster, f"{project}-production").items()} == {
        name: f"example/{name}:v1" for name in ("ads", "cart", "redis")
    }


async def test_an_image_that_is_not_pinned_does_not_get_to_production(
    user: User, worker: WorkerProcess, cluster: Cluster, project: str
) -> None:
    # given
    await user.apply(shop(project, service("ads", image="example/ads:latest"), service("cart")))
    assert (await user.deploy(project, "staging")).totals == (2, 2, 0, 0)
    effects = worker.effects()

    # when
    denied = await user.denied(project, "production")

    # then
    version = (await user.status(project, "staging"))["ads"]["version"]
    assert denied == {
        "ads": (
            "pinned-images",
            [f"{project}/boutique", f"{project}/boutique/ads", version],
            ["HAS_SERVICE", "DESIRES"],
        )
    }
    assert worker.effects() == effects
    assert not has_namespace(cluster, f"{project}-production")


@pytest.mark.parametrize(
    ("on_failure", "mail", "totals"), [("STOP", "SKIPPED", (4, 1, 1, 2)), ("CONTINUE", "SUCCEEDED", (4, 2, 1, 1))]
)
async def test_a_rollout_that_never_becomes_ready_fails_and_the_rest_goes_as_asked(
    user: User, cluster: Cluster, project: str, on_failure: str, mail: str, totals: tuple[int, int, int, int]
) -> None:
    # given
    broken = service("cart", image="unpullable.invalid/cart:v1", deadline=2)
    await user.apply(shop(project, service("ads"), broken, service("mail"), service("web", needs=["cart"])))

    # when
    outcome = await user.deploy(project, "development", on_failure=on_failure)

    # then
    assert (outcome.state, outcome.totals) == ("FAILED", totals)
    assert {name: step.state for name, step in outcome.steps.items()} == {
        "ads": "SUCCEEDED",
        "cart": "FAILED",
        "mail": mail,
        "web": "SKIPPED",
    }
    assert "ImagePullBackOff" in outcome.steps["cart"].said
    failed = [one.event for one in user.heard if one.event["type"] == "run.step.failed"]
    assert [(event["level"], "ImagePullBackOff" in str(event["message"])) for event in failed] == [("ERROR", True)]
    assert outcome.events.count("run.step.skipped") == totals[3]
    assert outcome.events[-1] == "run.finished"
    there = deployments(cluster, f"{project}-development")
    assert {name: one.ready for name, one in there.items()} == {"ads": 1, "cart": 0} | (
        {"mail": 1} if mail == "SUCCEEDED" else {}
    )
    status = await user.status(project, "development")
    assert (status["ads"]["status"], status["cart"]["status"], status["web"]["status"]) == ("SUCCEEDED", "FAILED", None)


async def test_events_come_within_a_second_of_being_written(user: User, project: str) -> None:
    # when
    await user.apply(shop(project, *SMALL))
    outcome = await user.deploy(project, "development")

    # then
    assert outcome.totals == (3, 3, 0, 0)
    assert [one.event["seq"] for one in user.heard] == list(range(1, len(user.heard) + 1))
    assert {"service.created", "run.queued", "run.started", "run.step.started", "run.step.succeeded"} <= {
        str(one.event["type"]) for one in user.heard
    }
    assert max(one.after for one in user.heard) <= timedelta(seconds=1)
