"""Services as instances of templates: what they run comes of a configuration, and stays until they say otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import orjson
import pytest
from pydantic import JsonValue

from app.domain import applying, declared
from app.domain.access import Role
from app.domain.changes import Outcome, Saving
from app.domain.exporting import export_manifests
from app.domain.services import ServiceSpec, create_version, save_service
from app.domain.templates.instances import Instance
from app.domain.versions import VersionSpec
from app.errors import Conflict, Forbidden, InUse, InvalidInput, NotFound, Problems, Refusal
from app.graph_observer import counting
from app.transactions import Row
from tests.platform import SHOP, Platform, application, service
from tests.templates.samples import INPUTS, WORKLOAD, instance, template, version

CART = "shop/boutique/cart"


async def _runs(platform: Platform, id: str = CART) -> Row:
    """What a service desires, and what it is an instance of."""
    rows = await platform.graph.define(
        f"MATCH (s:Service {{tenant: '{platform.tenant}', id: '{id}'}})-[:DESIRES]->(v) "
        "OPTIONAL MATCH (s)-[:INSTANCE_OF]->(t) RETURN s.version AS version, s.configuration AS configuration, "
        "t.id AS template, v.id AS desired, v.image AS image, v.replicas AS replicas, v.ports AS ports, "
        "v.environment AS environment, v.memory_limit AS memory"
    )
    [row] = rows
    return row


async def _state(platform: Platform) -> tuple[object, object, list[Row]]:
    configurations = await platform.graph.define(
        f"MATCH (s:Service {{tenant: '{platform.tenant}'}}) RETURN s.id AS id, s.configuration AS c ORDER BY id"
    )
    return await platform.picture(), await platform.events(), configurations


def _said(refused: Refusal) -> list[tuple[str | None, str]]:
    problems = refused.problems if isinstance(refused, Problems) else (refused,)
    return [(one.field, one.message) for one in problems]


async def test_an_instance_runs_what_its_template_makes_of_its_configuration(platform: Platform) -> None:
    # when
    applied = await platform.apply(instance("cart", replicas=3, greeting="Hi"), *SHOP, template())
    # then
    assert [(one.kind, one.id, one.outcome) for one in applied if one.kind in ("Service", "Template")] == [
        ("Service", CART, Outcome.CREATED),
        ("Template", "template:web", Outcome.CREATED),
    ]
    runs = await _runs(platform)
    assert str(runs["desired"]).startswith(f"{CART}:v1-")
    assert {key: value for key, value in runs.items() if key != "desired"} == {
        "version": 1,
        "configuration": '{"image":"example/web:v1","replicas":3,"greeting":"Hi"}',
        "template": "template:web:1.0",
        "image": "example/web:v1",
        "replicas": 3,
        "ports": ["http:80:8080"],
        "environment": ["GREETING=<Hi>", "PORT=8080"],
        "memory": "64Mi",
    }


async def test_a_repeat_changes_nothing(platform: Platform) -> None:
    # given
    manifests: Sequence[JsonValue] = [*SHOP, template(version("1.0"), version("1.1")), instance("cart", replicas=3)]
    await platform.apply(*manifests)
    before = await _state(platform)
    # when
    applied = await platform.apply(*manifests)
    # then
    assert {one.outcome for one in applied} == {Outcome.UNCHANGED}
    assert await _state(platform) == before


async def test_a_new_version_of_a_template_changes_no_service_until_one_names_it(platform: Platform) -> None:
    # given
    newer = version("1.1", workload={**WORKLOAD, "args": ["--new"]})
    await platform.apply(*SHOP, template(), instance("cart"), instance("web"))
    before = [await _runs(platform, id) for id in (CART, "shop/boutique/web")]
    # when
    [applied] = await platform.apply(template(newer))
    after = [await _runs(platform, id) for id in (CART, "shop/boutique/web")]
    await platform.apply(instance("cart", label="1.1"))
    # then
    assert applied.outcome is Outcome.UPDATED
    assert after == before
    moved, stays = await _runs(platform), await _runs(platform, "shop/boutique/web")
    assert (moved["template"], moved["version"]) == ("template:web:1.1", 2)
    assert moved["desired"] != before[0]["desired"]
    assert stays == before[1]


async def test_another_configuration_that_makes_the_same_is_the_same_version(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, template(), instance("cart"))
    before = await _runs(platform)
    # when a default is said
    [applied] = await platform.apply(instance("cart", replicas=2))
    # then the service has changed, and what it is to run has not
    after = await _runs(platform)
    assert applied.outcome is Outcome.UPDATED
    assert (after["desired"], after["version"]) == (before["desired"], 2)
    assert after["configuration"] == '{"image":"example/web:v1","replicas":2}'


async def test_events_say_which_inputs_changed_and_no_value(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, template(), instance("cart", greeting="hunter"))
    # when
    await platform.apply(instance("cart", greeting="hunters", replicas=3))
    await platform.apply(service("cart"))
    # then
    events = await platform.events()
    said = [orjson.loads(str(one["data"])) for one in events if one["type"] == "service.configured"]
    assert said == [
        {
            "before": {"template": None},
            "after": {"template": "template:web:1.0"},
            "inputs": ["greeting", "image"],
        },
        {
            "before": {"template": "template:web:1.0"},
            "after": {"template": "template:web:1.0"},
            "inputs": ["greeting", "replicas"],
        },
        {
            "before": {"template": "template:web:1.0"},
            "after": {"template": None},
            "inputs": ["greeting", "image", "replicas"],
        },
    ]
    assert [one["version"] for one in events if one["type"] == "service.configured"] == [1, 2, 3]
    assert "hunter" not in "".join(str(one["data"]) for one in events)


async def test_a_workload_of_its_own_ends_what_a_service_was(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, template(), instance("cart"), instance("web"))
    # when one says its own in a manifest, and of another a version is made
    await platform.apply(service("cart"))
    await create_version(platform.change(), "shop/boutique/web", VersionSpec("v2", "example/web:v2"))
    # then
    found = [await _runs(platform, id) for id in (CART, "shop/boutique/web")]
    assert [(one["template"], one["configuration"], one["image"]) for one in found] == [
        (None, None, "example/cart:v1"),
        (None, None, "example/web:v2"),
    ]


async def test_a_template_or_a_configuration_alone_keeps_the_other(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, template(version("1.0"), version("1.1")), instance("cart", replicas=3))
    change, name = platform.change(), ("shop/boutique", "cart")
    # when
    await save_service(change, ServiceSpec(*name, instance=Instance("template:web:1.1", None)), saving=Saving.UPDATE)
    upgraded = await _runs(platform)
    image: dict[str, JsonValue] = {"image": "example/web:v2"}
    await save_service(change, ServiceSpec(*name, instance=Instance(None, image)), saving=Saving.UPDATE)
    configured = await _runs(platform)
    # then
    assert (upgraded["template"], upgraded["replicas"]) == ("template:web:1.1", 3)
    assert (configured["template"], configured["image"], configured["replicas"]) == (
        "template:web:1.1",
        "example/web:v2",
        2,
    )


async def test_what_does_not_fit_is_refused_with_all_fields_and_no_value(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, template())
    before = await _state(platform)
    wrong = instance("cart", replicas=0, greeting="hunter2", more="hunter2")
    # when
    with pytest.raises(Problems) as refused:
        await platform.apply(service("web"), wrong, instance("api", memory="hunter2"))
    # then
    assert _said(refused.value) == [
        ("manifests[1].spec.configuration.greeting", "configuration.greeting must match ^[A-Za-z ]*$"),
        ("manifests[1].spec.configuration.more", "configuration.more is not a field here"),
        ("manifests[1].spec.configuration.replicas", "configuration.replicas must be at least 1"),
        ("manifests[2].spec.configuration.memory", 'configuration.memory must be one of "64Mi", "128Mi"'),
    ]
    assert await _state(platform) == before


async def test_what_fits_and_makes_no_workload_is_refused_without_the_value(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, template())
    before = await _state(platform)
    # when
    with pytest.raises(InvalidInput) as refused:
        await platform.apply(instance("cart", image="Hunter2!"))
    # then
    made = "the template makes no workload of it that can run: image is not what is taken there"
    assert _said(refused.value) == [("manifests[0].spec.configuration", made)]
    assert await _state(platform) == before


async def test_an_unknown_template_and_an_unknown_version_are_refused(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, template())
    before = await _state(platform)
    # when
    with pytest.raises(Problems) as refused:
        await platform.apply(instance("cart", label="2.0"), instance("web", of="nothing"))
    # then
    assert sorted(_said(refused.value)) == [
        ("manifests[0].spec.template.version", "the template web has no version 2.0"),
        ("manifests[1].spec.template.name", "there is no template nothing"),
    ]
    assert await _state(platform) == before


async def test_a_configuration_for_what_is_no_instance_is_refused(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("cart"))
    before = await _state(platform)
    spec = ServiceSpec("shop/boutique", "cart", instance=Instance(None, {"image": "example/web:v1"}))
    # when
    with pytest.raises(InvalidInput) as refused:
        await save_service(platform.change(), spec, saving=Saving.UPDATE)
    # then
    assert _said(refused.value) == [("template", f"{CART} is an instance of no template yet: say of which")]
    assert await _state(platform) == before


async def test_a_version_never_changes(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, template(), instance("cart"))
    before = await _state(platform)
    # when
    with pytest.raises(Conflict) as refused:
        await platform.apply(template(version("0.9"), version("1.0", workload={**WORKLOAD, "replicas": 1})))
    # then
    assert _said(refused.value) == [
        (
            "manifests[0].spec.versions[1].version",
            "TemplateVersion template:web:1.0 holds something else already: give it another version",
        )
    ]
    assert await _state(platform) == before


async def test_what_services_are_instances_of_is_not_deleted(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, template(version("1.0"), version("1.1")), instance("cart"))
    before = await _state(platform)
    # when
    with pytest.raises(InUse) as version_refused:
        await declared.delete(platform.change(), "TemplateVersion", id="template:web:1.0")
    with pytest.raises(InUse) as template_refused:
        await declared.delete(platform.change(), "Template", id="template:web")
    # then
    assert version_refused.value.message == f"TemplateVersion template:web:1.0 is in use by Service {CART}"
    assert template_refused.value.message == f"Template template:web is in use by Service {CART}"
    assert (version_refused.value.dependents, template_refused.value.dependents) == ((CART,), (CART,))
    assert await _state(platform) == before
    # and what none is an instance of is deleted, with the template once there is none at all
    assert await declared.delete(platform.change(), "TemplateVersion", id="template:web:1.1") == "template:web:1.1"
    await platform.apply(service("cart"))
    assert await declared.delete(platform.change(), "Template", id="template:web") == "template:web"
    nodes, _ = await platform.picture()
    assert [id for id in nodes if id.startswith("template:")] == []


async def test_a_service_that_is_deleted_lets_its_template_go(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, template(), instance("cart"))
    # when
    await declared.delete(platform.change(), "Service", id=CART)
    # then
    assert await declared.delete(platform.change(), "Template", id="template:web") == "template:web"


async def test_templates_are_changed_by_administrators_only(platform: Platform) -> None:
    # given
    manifests: list[JsonValue] = [*SHOP, template(), instance("cart")]
    await platform.apply(*manifests)
    before = await _state(platform)

    async def as_developer(*contents: JsonValue) -> list[Outcome]:
        change = platform.change(role=Role.DEVELOPER)
        applied = await applying.apply_manifests(change, contents, prune=False, default_provider="echo")
        return [one.outcome for one in applied]

    # when a developer adds a version, changes a template, deprecates a version
    said: list[str] = []
    for changed in (template(version("2.0")), template(title="Web"), template(version(deprecated=True))):
        with pytest.raises(Forbidden) as refused:
            await as_developer(*SHOP, changed)
        said.append(refused.value.message)
    # then each is refused
    assert said == ["developer (developer) may not administer: templates are changed"] * 3
    assert await _state(platform) == before
    # and the folder as it is may be applied, with an instance that says something else
    assert set(await as_developer(*manifests)) == {Outcome.UNCHANGED}
    assert await as_developer(instance("cart", replicas=3)) == [Outcome.UPDATED]


async def test_an_export_gives_templates_and_instances_back(platform: Platform) -> None:
    # given
    first = version("1.0", inputs={**INPUTS, "title": "Web"}, deprecated=True)
    labelled = instance("web", replicas=3)
    spec = labelled["spec"]
    assert isinstance(spec, dict)
    spec["version"] = "blue"
    offered = template(first, version("1.1"), title="Web", icon="globe", category="web", tags=["http", "public"])
    manifests: list[dict[str, JsonValue]] = [*SHOP, offered, instance("cart", label="1.1"), labelled, service("plain")]
    await platform.apply(*manifests)
    before = await _state(platform)
    # when
    page = await export_manifests(platform.graph.reader(platform.tenant), None, first=100, after=None)
    exported = [content for _, content in page.manifests]
    again = await platform.apply(*exported)
    # then
    kinds = [content["kind"] for content in exported]
    assert kinds == ["Project", "Environment", "Application", "Template", "Service", "Service", "Service"]
    assert exported[3] == offered
    assert [exported[4], exported[6]] == [instance("cart", label="1.1"), labelled]
    assert page.unsaid == ()
    assert {one.outcome for one in again} == {Outcome.UNCHANGED}
    assert await _state(platform) == before
    # and a template is exported alone, but with no project
    alone = await export_manifests(platform.graph.reader(platform.tenant), "template:web", first=100, after=None)
    of_shop = await export_manifests(platform.graph.reader(platform.tenant), "shop", first=100, after=None)
    assert [content for _, content in alone.manifests] == [offered]
    assert [content["kind"] for _, content in of_shop.manifests].count("Template") == 0


async def test_a_thousand_instances_take_as_many_statements_as_ten(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, template(version("1.0"), version("1.1")))

    def instances(start: int, count: int, label: str) -> list[JsonValue]:
        return [instance(f"s{n}", label=label, replicas=n % 9 + 1) for n in range(start, start + count)]

    with counting() as few:
        await platform.apply(*instances(0, 10, "1.0"))
    with counting() as few_changed:
        await platform.apply(*instances(0, 10, "1.1"))
    # when
    with counting() as many:
        created = await platform.apply(*instances(10, 1000, "1.0"))
    with counting() as many_changed:
        changed = await platform.apply(*instances(10, 1000, "1.1"))
    # then
    assert Counter(one.outcome for one in [*created, *changed]) == {Outcome.CREATED: 1000, Outcome.UPDATED: 1000}
    assert Counter(many) == Counter(few)
    assert Counter(many_changed) == Counter(few_changed)


async def test_services_without_a_template_take_no_statement_of_templates(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, application("billing"))
    # when
    with counting() as first:
        await platform.apply(*[service(f"s{n}") for n in range(20)])
    with counting() as second:
        await platform.apply(*[service(f"s{n}", image="example/other:v2") for n in range(20)])
    # then
    assert [name for name in [*first, *second] if name.startswith("templates/")] == []


async def test_a_version_of_a_missing_template_is_refused(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP)
    before = await _state(platform)
    # when
    with pytest.raises(NotFound) as refused:
        await declared.delete(platform.change(), "TemplateVersion", id="template:web:1.0")
    # then
    assert refused.value.message == "there is no TemplateVersion template:web:1.0"
    assert await _state(platform) == before
