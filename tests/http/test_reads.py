"""Lists are narrowed by what they ask for, also over two edges."""

from __future__ import annotations

from tests.api import Api
from tests.platform import SHOP, Platform, application, environment, service


async def test_applications_and_services_are_listed_per_environment(api: Api, platform: Platform) -> None:
    # given a service of each of two applications, one of which is deployed in dev
    await platform.apply(
        *SHOP, environment("qa"), application("billing"), service("cart"), service("bill", application="billing")
    )
    await platform.graph.define(
        f"MATCH (s:Service {{tenant: '{platform.tenant}', id: 'shop/boutique/cart'}}) "
        f"MATCH (e:Environment {{tenant: '{platform.tenant}', id: 'shop@dev'}}) "
        f"CREATE (d:Deployment:Entity {{tenant: '{platform.tenant}', id: 'shop/boutique/cart@dev', version: 1}}) "
        "CREATE (d)-[:OF]->(s) CREATE (d)-[:IN]->(e)"
    )
    # when
    data = await api.ask(
        """query Reads($dev: DeploymentFilter, $qa: DeploymentFilter) {
          dev: applications(where: {deployments: {some: $dev}}) { totalCount nodes { id } }
          qa: applications(where: {deployments: {some: $qa}}) { totalCount nodes { id } }
          running: services(where: {deployments: {some: $dev}}) { nodes { id } }
          both: services(where: {deployments: {some: $dev}, application: {id: {eq: "shop/billing"}}}) { nodes { id } }
          all: services { nodes { id } }
        }""",
        {"dev": {"environment": {"id": {"eq": "shop@dev"}}}, "qa": {"environment": {"id": {"eq": "shop@qa"}}}},
    )
    # then
    assert data == {
        "dev": {"totalCount": 1, "nodes": [{"id": "shop/boutique"}]},
        "qa": {"totalCount": 0, "nodes": []},
        "running": {"nodes": [{"id": "shop/boutique/cart"}]},
        "both": {"nodes": []},
        "all": {"nodes": [{"id": "shop/billing/bill"}, {"id": "shop/boutique/cart"}]},
    }
