"""Online Boutique: the example is valid, complete, pinned and free of cycles."""

from __future__ import annotations

import graphlib
import json
import re
from pathlib import Path

import jsonschema

from app.domain.declarations import EnvironmentDeclaration, ServiceDeclaration, declare
from app.domain.images import parse_image
from app.domain.manifest_files import check, read_documents, read_manifests
from app.domain.manifest_schema import SCHEMA_FILE

EXAMPLE = Path(__file__).parents[2] / "examples" / "online-boutique"


def services() -> dict[str, ServiceDeclaration]:
    declarations = [declare(manifest) for manifest in check(read_documents([EXAMPLE])[0])[0]]
    return {one.name: one for one in declarations if isinstance(one, ServiceDeclaration)}


def test_it_is_valid_for_the_models_and_for_the_schema() -> None:
    # when
    documents, problems = read_manifests([EXAMPLE])

    # then
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text()))
    assert problems == []
    assert len(documents) == 17
    assert [error.message for document in documents for error in validator.iter_errors(document.content)] == []


def test_it_has_the_eleven_services_and_redis() -> None:
    assert sorted(services()) == [
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
    ]


def test_development_promotes_to_staging_and_staging_to_production() -> None:
    declarations = [declare(manifest) for manifest in check(read_documents([EXAMPLE])[0])[0]]
    assert [
        (one.name, one.stage, one.promotes_to) for one in declarations if isinstance(one, EnvironmentDeclaration)
    ] == [
        ("development", "development", "online-boutique@staging"),
        ("staging", "staging", "online-boutique@production"),
        ("production", "production", None),
    ]


def test_every_image_is_pinned() -> None:
    assert [name for name, one in services().items() if not parse_image(one.own.image).pinned] == []


def test_dependencies_stay_within_and_have_no_cycle() -> None:
    # given
    graph = {one.id: {dependency.service_id for dependency in one.dependencies} for one in services().values()}

    # when
    order = list(graphlib.TopologicalSorter(graph).static_order())

    # then
    assert sorted(order) == sorted(graph)
    assert order[-1] == "online-boutique/boutique/loadgenerator"


def test_every_address_a_service_is_given_is_a_dependency_that_listens_there() -> None:
    # given
    known = services()

    # when
    wrong = [
        (name, value)
        for name, one in known.items()
        for variable, value in one.own.environment
        if variable.endswith("_ADDR") and not value.startswith("shoppingassistantservice:")
        for host, port in [value.split(":")]
        if f"{one.application_id}/{host}" not in {dependency.service_id for dependency in one.dependencies}
        or int(port) not in {listening.number for listening in known[host].own.ports}
    ]

    # then
    assert wrong == []


def test_every_file_names_the_schema_for_editors() -> None:
    for path in EXAMPLE.rglob("*.yaml"):
        found = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text())
        assert found is not None, path
        assert (path.parent / found[1]).resolve() == SCHEMA_FILE
