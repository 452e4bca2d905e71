"""Ids of another tenant: every field and argument that takes an id is tried with them, from the schema itself."""

from __future__ import annotations

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLOutputType,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    is_required_argument,
)

from app.domain.sessions import Passwords
from app.domain.tenants import ensure_tenant
from app.graph import Graph
from app.ids import Ids
from app.ports import SystemClock
from graph_schema.schema import build_schema
from tests.api import Api
from tests.platform import SHOP, Platform, service

CORE = build_schema()._schema
FOREIGN = {
    "project": "shop",
    "environment": "shop@dev",
    "application": "shop/boutique",
    "service": "shop/boutique/cart",
    "dependsOn": "shop/boutique/store",
}
OURS = frozenset({"login", "applyManifests", "createProject", "createTemplate"})
"""Mutations that take no id: a name and a password, manifests, which say all that is to be, what is new at the root."""
SCALARS: dict[str, object] = {"String": "x", "Int": 1, "Float": 1.0, "Boolean": False, "JSON": {}}
SCALARS["DateTime"] = "2999-01-01T00:00:00Z"


@pytest.fixture
async def foreign(graph: Graph) -> Platform:
    """Another tenant, with a shop."""
    name = "t-" + Ids(SystemClock()).new()
    await ensure_tenant(
        graph,
        name,
        passwords=Passwords(memory_kib=1024),
        password="correct horse battery",
        providers={"echo": frozenset({"Workload"})},
    )
    platform = Platform(graph, name)
    await platform.apply(*SHOP, service("cart"), service("store"))
    return platform


def takes_id(argument: GraphQLArgument) -> bool:
    """Whether an argument is an id."""
    return get_named_type(argument.type).name == "ID"


def field_of(type_: GraphQLOutputType) -> str:
    """A selection that any object of the type has: its nodes, where it is a page."""
    nodes = getattr(get_named_type(type_), "fields", {}).get("nodes")
    if nodes is None:
        return "__typename"
    return "nodes" if is_leaf_type(get_named_type(nodes.type)) else "nodes { __typename }"


def others(definition: GraphQLField, argument: str) -> list[str]:
    """The arguments that a field needs beside one: the same id, and of an enum its first value."""
    needed = {
        name: get_named_type(each.type)
        for name, each in definition.args.items()
        if name != argument and is_required_argument(each)
    }
    return [
        f"{name}: {next(iter(type_.values)) if isinstance(type_, GraphQLEnumType) else '$id'}"
        for name, type_ in needed.items()
    ]


def kind_of(name: str, field: str) -> str:
    """An id of another tenant for an argument: by its name, or by what the field is about."""
    if name in FOREIGN:
        return FOREIGN[name]
    about = [id_ for kind, id_ in FOREIGN.items() if kind.lower() in field.lower()]
    return about[-1] if about else FOREIGN["service"]


ONE = [
    (name, argument)
    for name, field in CORE.query_type.fields.items()  # type: ignore[union-attr]
    for argument, definition in field.args.items()
    if takes_id(definition) and is_non_null_type(definition.type)
]
NARROWED = [
    (name, argument)
    for name, field in CORE.query_type.fields.items()  # type: ignore[union-attr]
    for argument, definition in field.args.items()
    if takes_id(definition) and not is_non_null_type(definition.type) and "after" in field.args
]
FILTERED = [
    name
    for name, field in CORE.query_type.fields.items()  # type: ignore[union-attr]
    if "where" in field.args and "id" in getattr(get_named_type(field.args["where"].type), "fields", {})
]
MUTATIONS = [name for name in CORE.mutation_type.fields if name not in OURS]  # type: ignore[union-attr]


@pytest.mark.parametrize(("name", "argument"), ONE, ids=str)
async def test_a_foreign_id_finds_nothing(api: Api, foreign: Platform, name: str, argument: str) -> None:
    # given a field that takes an id, and every id that another tenant has
    ids = {*FOREIGN.values(), *(await foreign.picture())[0]} - {"user:admin", "team:platform", "provider:echo"}
    ids = {id_ for id_ in ids if not id_.startswith("policy:")}
    definition = CORE.query_type.fields[name]  # type: ignore[union-attr]
    # when it is asked for each
    for id_ in sorted(ids):
        given = ", ".join([f"{argument}: $id", *others(definition, argument)])
        query = f"query Q($id: ID!) {{ {name}({given}) {{ {field_of(definition.type)} }} }}"
        answer = (await api.post(query, {"id": id_})).json()
        # then there is none, and nothing else is said
        assert answer["data"] == (None if is_non_null_type(definition.type) else {name: None})
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["NOT_FOUND"]


@pytest.mark.parametrize(("name", "argument"), NARROWED, ids=str)
async def test_a_foreign_id_narrows_a_list_to_nothing(api: Api, foreign: Platform, name: str, argument: str) -> None:
    # given a list that can be narrowed by an id
    id_ = kind_of(argument, name)
    assert id_ in (await foreign.picture())[0]
    # when it is narrowed by one of another tenant
    shown = field_of(CORE.query_type.fields[name].type)  # type: ignore[union-attr]
    answer = (await api.post(f"query Q($id: ID) {{ {name}({argument}: $id) {{ {shown} }} }}", {"id": id_})).json()
    # then it is empty, or says that there is none
    if "errors" in answer:
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["NOT_FOUND"]
        assert not answer["data"]
    else:
        assert answer["data"] == {name: {"nodes": []}}


@pytest.mark.parametrize("name", FILTERED)
async def test_a_foreign_id_filters_a_list_to_nothing(api: Api, foreign: Platform, name: str) -> None:
    # given a list that can be filtered by id
    ids = sorted(id_ for id_ in (await foreign.picture())[0] if ":" not in id_.partition("/")[0])
    assert set(FOREIGN.values()) <= {*ids}
    field = CORE.query_type.fields[name]  # type: ignore[union-attr]
    # when it is filtered by every id of another tenant
    query = f"query Q($where: {field.args['where'].type}) {{ {name}(where: $where) {{ {field_of(field.type)} }} }}"
    data = await api.ask(query, {"where": {"id": {"in": list(ids)}}})
    # then it is empty
    assert data == {name: {"nodes": []}}


def filled(type_: GraphQLInputType, name: str, field: str) -> object:
    """A value for an input: ids of another tenant, and of everything else the least that will do."""
    if is_non_null_type(type_):
        return filled(type_.of_type, name, field)
    if is_list_type(type_):
        return [filled(type_.of_type, name, field)]
    if isinstance(type_, GraphQLInputObjectType) or is_input_object_type(type_):
        return {
            key: filled(each.type, key, field)
            for key, each in type_.fields.items()
            if is_non_null_type(each.type) or get_named_type(each.type).name == "ID"
        }
    if is_enum_type(type_):
        return next(iter(type_.values))
    named = get_named_type(type_).name
    return kind_of(name, field) if named == "ID" else SCALARS.get(named, "x")


@pytest.mark.parametrize("name", MUTATIONS)
async def test_a_mutation_finds_nothing_of_another_tenant(api: Api, foreign: Platform, name: str) -> None:
    # given a mutation, and ids of another tenant wherever it takes one
    definition = CORE.mutation_type.fields[name]  # type: ignore[union-attr]
    value = filled(definition.args["input"].type, "input", name)
    assert isinstance(value, dict)
    if name == "deploy":
        del value["plan"]
    if name == "createTemplateVersion":
        value |= {"inputs": {"type": "object"}, "workload": {"image": "nginx:1.27"}}
    if name == "createSchedule":
        value |= {"cron": "@daily", "zone": "UTC"}
    if name == "createFreeze":
        value["endsAt"] = "2999-01-02T00:00:00Z"
    assert is_object_type(get_named_type(definition.type))
    before = await foreign.picture()
    # when it is sent
    query = f"mutation M($input: {definition.args['input'].type}) {{ {name}(input: $input) {{ problems {{ code }} }} }}"
    answer = (await api.post(query, {"input": value})).json()
    # then what was named is not there, and there is no change where it is
    assert "errors" not in answer, answer
    assert {problem["code"] for problem in answer["data"][name]["problems"]} == {"NOT_FOUND"}
    assert await foreign.picture() == before
