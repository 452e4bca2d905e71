"""What is asked of each side, and how the answers of a peer say the same as ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from benchmarks.page_seed import SERVICES

Json = Mapping[str, object]

PAGE = """\
query Page($first: Int!, $after: String) {
  applications(first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id name description createdAt
      project { id name }
      services {
        nodes {
          id name kind description
          deployments { nodes { id status environment { id name stage } } }
          dependencies { edges { kind node { id name } } }
        }
      }
    }
  }
}"""

NEO4J_PAGE = """\
query Page($tenant: String!, $first: Int!, $after: String!) {
  applications(where: { tenant: { eq: $tenant }, id: { gt: $after } }, sort: [{ id: ASC }], limit: $first) {
    id name description createdAt
    project { id name }
    services(sort: [{ id: ASC }]) {
      id name kind description
      deployments(sort: [{ id: ASC }]) { id status environment { id name stage } }
      dependenciesConnection(sort: [{ node: { id: ASC } }]) { edges { properties { kind } node { id name } } }
    }
  }
}"""

SMALL = "query Small($id: ID!) { service(id: $id) { id name kind description } }"

NEO4J_SMALL = """\
query Small($tenant: String!, $id: ID!) {
  services(where: { tenant: { eq: $tenant }, id: { eq: $id } }) { id name kind description }
}"""


def application_id(number: int) -> str:
    """The id of the application of that number, from 0, in the order of pages."""
    return f"shop/app{number:04d}"


def service_ids(applications: int, wanted: int) -> list[str]:
    """The ids of that many services, spread over the applications."""
    step = max(1, applications // wanted)
    return [f"{application_id(number)}/svc{number % SERVICES}" for number in range(0, applications, step)]


def page_as_ours(said: Json) -> list[object]:
    """The applications of a page of @neo4j/graphql in the shape of ours.

    It has lists where we have one node, no `nodes` between a list and its items, the properties of an edge in an object
    of their own, and values of enums as they are stored.
    """
    return [_application(each) for each in _objects(said["applications"])]


def small_as_ours(said: Json) -> object:
    """The service of a small query of @neo4j/graphql, which is a list of at most one."""
    found = _objects(said["services"])
    return found[0] if found else None


def _application(given: Json) -> object:
    services = [_service(each) for each in _objects(given["services"])]
    return {**given, "project": _only(given["project"]), "services": {"nodes": services}}


def _service(given: Json) -> object:
    kept = {name: value for name, value in given.items() if name != "dependenciesConnection"}
    dependencies = [_dependency(each) for each in _objects(cast("Json", given["dependenciesConnection"])["edges"])]
    return {
        **kept,
        "deployments": {"nodes": [_deployment(each) for each in _objects(given["deployments"])]},
        "dependencies": {"edges": dependencies},
    }


def _dependency(given: Json) -> object:
    return {"kind": _upper(cast("Json", given["properties"])["kind"]), "node": given["node"]}


def _deployment(given: Json) -> object:
    environment = _only(given["environment"])
    return {
        **given,
        "status": _upper(given["status"]),
        "environment": {**environment, "stage": _upper(environment["stage"])},
    }


def _objects(value: object) -> list[Json]:
    return cast("list[Json]", value)


def _only(value: object) -> Json:
    [one] = _objects(value)
    return one


def _upper(value: object) -> str:
    return str(value).upper()
