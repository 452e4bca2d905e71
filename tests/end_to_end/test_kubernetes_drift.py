"""What somebody changes in a real Kubernetes is found there, put back by a plan, and what is gone is made again."""

from __future__ import annotations

from pydantic import JsonValue

from tests.end_to_end.cluster_view import deployments
from tests.end_to_end.manifests import shop
from tests.end_to_end.user import User, listed, member
from tests.platform import service
from tests.providers.cluster import Cluster

OBSERVE = """
mutation ($input: ObserveDriftInput!) {
  observeDrift(input: $input) { environment { id } problems { code message } }
}
"""
REVERT = (
    "mutation ($input: DriftInput!) { revertDrift(input: $input) { plan { id updates } problems { code message } } }"
)
DRIFT = """
query { deployments(where: { drifted: { eq: true } }) { nodes { id drift { field recorded observed } } } }
"""
DEPLOY_PLAN = "mutation ($input: DeployInput!) { deploy(input: $input) { run { id } problems { code message } } }"


async def observed(user: User, project: str) -> dict[str, dict[str, tuple[JsonValue, JsonValue]]]:
    """Have the environment looked at; recorded and observed by field, by deployment."""
    before = len(user.heard)
    answer = await user.api.ask(OBSERVE, {"input": {"environment": f"{project}@development"}})
    assert member(answer, "observeDrift")["problems"] == []
    correlations: set[object] = set()

    def told(event: dict[str, object]) -> bool:
        if event["type"] == "environment.drift.asked" and event in [one.event for one in user.heard[before:]]:
            correlations.add(event["correlationId"])
        return event["type"] == "environment.drift.observed" and event["correlationId"] in correlations

    await user.until(told)
    nodes = listed(member(await user.api.ask(DRIFT), "deployments"), "nodes")
    return {
        str(node["id"]): {str(one["field"]): (one["recorded"], one["observed"]) for one in listed(node, "drift")}
        for node in nodes
    }


async def reverted(user: User, deployment: str) -> None:
    """Plan to put it back, and carry that out."""
    answer = member(await user.api.ask(REVERT, {"input": {"deployment": deployment}}), "revertDrift")
    assert answer["problems"] == []
    plan = member(answer, "plan")
    assert plan["updates"] == 1
    started = member(await user.api.ask(DEPLOY_PLAN, {"input": {"plan": str(plan["id"])}}), "deploy")
    run_id = member(started, "run")["id"]
    await user.until(lambda event: (event["type"], event["subject"]) == ("run.finished", run_id))


async def test_what_others_change_in_the_cluster_is_found_and_put_back(
    user: User, cluster: Cluster, project: str
) -> None:
    # given: what was deployed is seen as it was recorded
    namespace, cart = f"{project}-development", f"{project}/boutique/cart@development"
    await user.apply(shop(project, service("redis"), service("cart", needs=["redis"], env={"MODE": "quiet"})))
    assert (await user.deploy(project, "development")).totals == (2, 2, 0, 0)
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/cart"
    assert await observed(user, project) == {}

    # when somebody scales it, and edits its variables
    cluster.call("PATCH", path, {"spec": {"replicas": 3}})
    cluster.call("PATCH", f"/api/v1/namespaces/{namespace}/configmaps/cart", {"data": {"MODE": "hunter2"}})
    found = await observed(user, project)

    # then that is found, without the value, and a plan puts it back
    assert found == {cart: {"environment.MODE": ("(masked)", "(masked)"), "replicas": ("1", "3")}}
    assert "hunter2" not in str([one.event for one in user.heard])
    await reverted(user, cart)
    assert deployments(cluster, namespace)["cart"].wanted == 1
    assert await observed(user, project) == {}

    # when it is deleted
    cluster.call("DELETE", path)
    found = await observed(user, project)

    # then what is missing is said, and it is made again
    assert list(found) == [cart]
    assert (found[cart]["object.Deployment"], found[cart]["replicas"]) == (("cart", None), ("1", None))
    await reverted(user, cart)
    assert deployments(cluster, namespace)["cart"].ready == 1
    assert await observed(user, project) == {}
    told = [
        one.event["type"] for one in user.heard if one.event["subject"] == cart and "drift" in str(one.event["type"])
    ]
    assert told == ["deployment.drifted", "deployment.drift.reverting"] * 2
