"""A release that fails in a real Kubernetes is undone there, and a rollout that is cancelled stops."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import JsonValue

from tests.end_to_end.cluster_view import deployments
from tests.end_to_end.manifests import shop
from tests.end_to_end.user import DEPLOY, RUN, User, listed, member, place
from tests.platform import service
from tests.providers.cluster import Cluster

UNPULLABLE = "unpullable.invalid/cart:v2"
UNDOING = "query ($id: ID!) { run(id: $id) { rollbacks(first: 2) { nodes { id state } } } }"
CANCEL = "mutation ($input: EndRunInput!) { cancelRun(input: $input) { run { state } problems { code message } } }"


def last(user: User, subject: str, kind: str) -> dict[str, object]:
    """The newest event of a kind about something."""
    return [one.event for one in user.heard if (one.event["type"], one.event["subject"]) == (kind, subject)][-1]


async def test_a_release_that_never_becomes_ready_is_undone_in_the_cluster(
    user: User, cluster: Cluster, project: str
) -> None:
    # given: the first version of a shop runs
    namespace = f"{project}-development"
    await user.apply(shop(project, service("redis"), service("cart", needs=["redis"])))
    assert (await user.deploy(project, "development")).totals == (2, 2, 0, 0)
    first = deployments(cluster, namespace)

    # when: a release changes redis, adds mail, and its cart never becomes ready
    second = (
        service("redis", image="example/redis:v2"),
        service("mail", needs=["redis"]),
        service("cart", needs=["redis", "mail"], image=UNPULLABLE, deadline=2),
    )
    await user.apply(shop(project, *second))
    outcome = await user.deploy(project, "development", on_failure="ROLLBACK")
    assert (outcome.state, outcome.totals) == ("FAILED", (3, 2, 1, 0))
    run_id = next(str(one.event["subject"]) for one in reversed(user.heard) if one.event["type"] == "run.finished")
    [undoing] = listed(member(member(await user.api.ask(UNDOING, {"id": run_id}), "run"), "rollbacks"), "nodes")
    await user.until(lambda event: (event["type"], event["subject"]) == ("run.finished", undoing["id"]))

    # then: a run of its own has led back, and the cluster has what it had
    rollback = member(await user.api.ask(RUN, {"id": str(undoing["id"])}), "run")
    steps = {
        str(one["serviceName"]): (one["action"], one["state"]) for one in listed(member(rollback, "steps"), "nodes")
    }
    assert (rollback["state"], steps) == (
        "SUCCEEDED",
        {"cart": ("UPDATE", "SUCCEEDED"), "mail": ("DELETE", "SUCCEEDED"), "redis": ("UPDATE", "SUCCEEDED")},
    )
    after = deployments(cluster, namespace)
    assert {name: (one.image, one.wanted, one.ready) for name, one in after.items()} == {
        name: (one.image, one.wanted, one.ready) for name, one in first.items()
    }
    status = await user.status(project, "development")
    assert {name: (one["status"], one["image"]) for name, one in status.items()} == {
        "cart": ("SUCCEEDED", "example/cart:v1"),
        "mail": (None, None),
        "redis": ("SUCCEEDED", "example/redis:v1"),
    }


async def test_a_rollout_that_is_cancelled_stops_and_nothing_more_is_applied(
    user: User, cluster: Cluster, project: str
) -> None:
    # given: a rollout that would wait two minutes for its image, and a service that comes after it
    namespace = f"{project}-development"
    broken = service("cart", image=UNPULLABLE, deadline=120)
    await user.apply(shop(project, broken, service("web", needs=["cart"])))
    wanted: dict[str, JsonValue] = {"input": place(project, "development")}
    run_id = str(member(member(await user.api.ask(DEPLOY, wanted), "deploy"), "run")["id"])
    await user.until(lambda event: event["type"] == "run.step.progress" and "ImagePullBackOff" in str(event["message"]))
    assert list(deployments(cluster, namespace)) == ["cart"]

    # when it is cancelled
    answer = await user.api.ask(CANCEL, {"input": {"run": run_id, "reason": "wrong image"}})
    # then it is told to stop, and may have by the time this is read
    assert answer["cancelRun"] in [{"run": {"state": state}, "problems": []} for state in ("CANCELLING", "CANCELLED")]
    await user.until(lambda event: (event["type"], event["subject"]) == ("run.finished", run_id))

    # then it has ended long before its time, and what comes after was never applied
    run = member(await user.api.ask(RUN, {"id": run_id}), "run")
    steps = {str(one["serviceName"]): one["state"] for one in listed(member(run, "steps"), "nodes")}
    assert (run["state"], steps) == ("CANCELLED", {"cart": "UNKNOWN", "web": "SKIPPED"})
    asked, ended = (last(user, run_id, kind) for kind in ("run.cancelling", "run.finished"))
    took = datetime.fromisoformat(str(ended["at"])) - datetime.fromisoformat(str(asked["at"]))
    assert took < timedelta(seconds=30)
    assert list(deployments(cluster, namespace)) == ["cart"]
    assert (await user.status(project, "development"))["web"]["status"] is None
