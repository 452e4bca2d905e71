"""Exports: the graph as the manifests that made it, in pages, and applied again without a change."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from pydantic import JsonValue

from app.domain.changes import Outcome, Saving
from app.domain.declarations import Declaration, EnvironmentDeclaration, declare
from app.domain.dependencies import Dependency, add_dependency
from app.domain.exporting import Exported, Kind, Place, Unsaid, count_manifests, export_manifests
from app.domain.manifest_validation import validate
from app.domain.manifest_writing import document
from app.domain.services import ServiceSpec, save_service
from app.domain.sessions import Passwords
from app.domain.tenants import ensure_tenant
from app.errors import NotFound
from app.graph import Graph, GraphSettings
from app.graph_observer import counting
from app.ids import Ids
from app.ports import SystemClock
from tests.manifests.platforms import platforms
from tests.platform import SHOP, Platform, application, environment, project, service

_KINDS = ("Project", "Environment", "Application", "Service")


async def exported(
    platform: Platform, scope: str | None = None, *, first: int = 100, allowing: int = 0
) -> list[dict[str, JsonValue]]:
    """All pages of an export, with that many things that no manifest can say."""
    unsaid: list[Unsaid] = []
    found: list[dict[str, JsonValue]] = []
    page = Exported((), (), None, None, more=True)
    while page.more:
        page = await export_manifests(platform.graph.reader(platform.tenant), scope, first=first, after=page.end)
        unsaid += page.unsaid
        assert len(page.manifests) <= first
        found += [one for _, one in page.manifests]
    assert len(unsaid) == allowing
    return found


def declared(content: JsonValue) -> Declaration:
    """What a valid document declares."""
    manifest = validate(content)
    assert not isinstance(manifest, tuple), manifest
    return declare(manifest)


def canonical(contents: Sequence[JsonValue], *, provider: str) -> list[dict[str, JsonValue]]:
    """The documents as an export gives them, of a server with this default provider."""
    found = [declared(content) for content in contents]
    found = [
        replace(one, provider=one.provider or provider) if isinstance(one, EnvironmentDeclaration) else one
        for one in found
    ]
    ordered = sorted(found, key=lambda one: (_KINDS.index(str(document(one)["kind"])), one.id))
    return [document(one) for one in ordered]


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """An event loop for many examples."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def connected(runner: asyncio.Runner, graph_settings: GraphSettings) -> Iterator[Graph]:
    """The door to the shared graph, for many examples."""
    connection = Graph.connect(graph_settings)
    yield runner.run(connection.__aenter__())
    runner.run(connection.__aexit__(None, None, None))


def test_a_platform_comes_back_as_it_was_applied(runner: asyncio.Runner, connected: Graph) -> None:
    providers = {"echo": frozenset({"Workload"}), "kubernetes": frozenset({"Workload"})}
    ids = Ids(SystemClock())

    async def round_trip(contents: list[dict[str, JsonValue]], size: int) -> None:
        tenant = f"t-{ids.new()}"
        await ensure_tenant(
            connected, tenant, passwords=Passwords(memory_kib=64), password="correct horse battery", providers=providers
        )
        platform = Platform(connected, tenant)
        await platform.apply(*contents)
        # when it is exported, in pages of any size
        found = await exported(platform, first=size)
        # then it is what was applied
        assert found == canonical(contents, provider="echo")
        # and applying that, on a server with another default, changes nothing
        before = await platform.picture(), await platform.events()
        applied = await platform.apply(*found, provider="kubernetes")
        assert {one.outcome for one in applied} == {Outcome.UNCHANGED}
        assert (await platform.picture(), await platform.events()) == before

    # given any platform
    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(platforms())
    def check(contents: list[dict[str, JsonValue]]) -> None:
        runner.run(round_trip(contents, 1 + len(contents) % 4))

    check()


async def test_a_version_stays_deprecated_until_a_manifest_or_somebody_says_otherwise(platform: Platform) -> None:
    # given
    plain = service("cart")
    assert isinstance(plain["spec"], dict)
    said = {answer: {**plain, "spec": {**plain["spec"], "deprecated": answer}} for answer in (True, False)}
    await platform.apply(*SHOP, said[True])
    [cart] = await exported(platform, "shop/boutique/cart")
    before = await platform.events()
    # when it is applied again, by a manifest that says so and by one that says nothing
    again = await platform.apply(said[True]), await platform.apply(plain)
    # then it is deprecated, and nothing has happened
    assert isinstance(cart["spec"], dict)
    assert cart["spec"]["deprecated"] is True
    assert [one.outcome for applied in again for one in applied] == [Outcome.UNCHANGED] * 2
    assert await exported(platform, "shop/boutique/cart") == [cart]
    assert await platform.events() == before
    # when a manifest says that it is not
    [undone] = await platform.apply(said[False])
    # then it is not, and an event says so
    assert undone.outcome is Outcome.UPDATED
    [cart] = await exported(platform, "shop/boutique/cart")
    assert isinstance(cart["spec"], dict)
    assert "deprecated" not in cart["spec"]
    assert [one["type"] for one in (await platform.events())[len(before) :]] == ["serviceversion.updated"]


async def test_an_export_is_narrowed_to_what_belongs_to_an_id(platform: Platform) -> None:
    # given two projects whose names begin alike, and two applications as well
    manifests = [
        *SHOP,
        project("shop-2"),
        application("boutique-2"),
        service("cart", needs=["redis"]),
        service("redis"),
    ]
    manifests += [service("mail", application="boutique-2", needs=["boutique/cart"])]
    await platform.apply(*manifests)
    # when / then
    said = {
        scope: [str(declared(one).id) for one in await exported(platform, scope)]
        for scope in ("shop", "shop-2", "shop@dev", "shop/boutique", "shop/boutique/cart")
    }
    assert said == {
        "shop": [
            *("shop", "shop@dev", "shop/boutique", "shop/boutique-2"),
            *("shop/boutique-2/mail", "shop/boutique/cart", "shop/boutique/redis"),
        ],
        "shop-2": ["shop-2"],
        "shop@dev": ["shop@dev"],
        "shop/boutique": ["shop/boutique", "shop/boutique/cart", "shop/boutique/redis"],
        "shop/boutique/cart": ["shop/boutique/cart"],
    }


@pytest.mark.parametrize("scope", ["shop", "shop@qa", "shop/boutique", "shop/boutique/cart", "No Id!", "user:admin"])
async def test_an_id_of_nothing_is_refused(platform: Platform, scope: str) -> None:
    # when
    with pytest.raises(NotFound) as refused:
        await exported(platform, scope)
    # then
    assert refused.value.message == f"there is no project, environment, application, service or template {scope}"


async def test_nothing_is_exported_of_an_empty_tenant(platform: Platform) -> None:
    assert await exported(platform) == []


async def test_what_no_manifest_can_say_is_listed(platform: Platform) -> None:
    # given a service without a version, and one that needs a service of another project
    await platform.apply(*SHOP, service("cart"), project("other"))
    await platform.apply({**application("mail"), "metadata": {"project": "other", "name": "post"}})
    await platform.apply(
        {
            "apiVersion": "trellis/v1",
            "kind": "Service",
            "metadata": {"project": "other", "application": "post", "name": "mail"},
            "spec": {"image": "mail:1"},
        }
    )
    await save_service(platform.change(), ServiceSpec("shop/boutique", "empty"), saving=Saving.CREATE)
    await add_dependency(platform.change(), "shop/boutique/cart", Dependency("other/post/mail"))
    # when
    page = await export_manifests(platform.graph.reader(platform.tenant), "shop/boutique", first=10, after=None)
    # then
    assert [declared(one).id for _, one in page.manifests] == ["shop/boutique", "shop/boutique/cart"]
    assert page.unsaid == (
        Unsaid(
            "shop/boutique/cart",
            "its dependency on other/post/mail leaves the project, which a manifest cannot say",
        ),
        Unsaid("shop/boutique/empty", "it desires no version yet, and a manifest needs an image"),
    )


async def test_a_thousand_manifests_take_a_statement_a_page(platform: Platform) -> None:
    # given a platform of a thousand and three objects, one of which no manifest can say
    await platform.apply(*SHOP, *[service(f"s{number:04}") for number in range(1_000)])
    await save_service(platform.change(), ServiceSpec("shop/boutique", "empty"), saving=Saving.CREATE)
    reader = platform.graph.reader(platform.tenant)
    # when it is exported in pages of a hundred, as the command line does, and counted
    with counting() as ran:
        found = await exported(platform, allowing=1)
    counted = [await count_manifests(reader, scope) for scope in (None, "shop", "shop@dev", "shop/boutique/empty")]
    # then eleven pages take one statement each, and four more where the kind changes
    assert len(found) == 1_003
    assert len(ran) == 11 + 4
    # and what is counted is what is exported
    assert counted == [1_003, 1_003, 1, 0]


async def test_a_page_takes_a_statement_a_kind_at_most(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, environment("qa"), *[service(f"s{number}") for number in range(30)])
    reader = platform.graph.reader(platform.tenant)
    # when
    with counting() as whole:
        await export_manifests(reader, None, first=100, after=None)
    with counting() as later:
        page = await export_manifests(reader, None, first=10, after=Place(Kind.SERVICE, "shop/boutique/s1"))
    # then
    kinds = ("projects", "environments", "applications", "templates", "services")
    assert whole == [f"manifests/export_{kind}" for kind in kinds]
    assert later == ["manifests/export_services"]
    assert declared(page.manifests[0][1]).id == "shop/boutique/s10"
