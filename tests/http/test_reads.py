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
        '{ dev: applications(environment: "shop@dev") { totalCount nodes { id } } '
        'qa: applications(environment: "shop@qa") { totalCount nodes { id } } '
        'running: services(environment: "shop@dev") { nodes { id } } '
        'both: services(environment: "shop@dev", application: "shop/billing") { nodes { id } } '
        "all: services { nodes { id } } }"
    )
    # then
    assert data == {
        "dev": {"totalCount": 1, "nodes": [{"id": "shop/boutique"}]},
        "qa": {"totalCount": 0, "nodes": []},
        "running": {"nodes": [{"id": "shop/boutique/cart"}]},
        "both": {"nodes": []},
        "all": {"nodes": [{"id": "shop/billing/bill"}, {"id": "shop/boutique/cart"}]},
    }
