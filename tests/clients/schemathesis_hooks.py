"""What Schemathesis is told of this API: its scalars, and what a right answer is.

Schemathesis's own checks take every refusal for a failure of the server; here a refusal is an answer, and what is
checked is that each answer has the form that the specification and the schema promise.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import schemathesis
from graphql import build_schema
from graphql.language import ast
from hypothesis import strategies as st
from schemathesis.graphql import nodes, scalar

from tests.clients.conformance import problems

SCHEMA = build_schema((Path(__file__).parents[2] / "graph_schema" / "schema.graphql").read_text(encoding="utf-8"))
CODES = frozenset({"INTERNAL", "UNAVAILABLE", "UNAUTHENTICATED"})
"""What an answer to somebody signed in never says while everything runs."""


def _json(depth: int) -> st.SearchStrategy[ast.ValueNode]:
    leaves = st.one_of(
        st.text(max_size=20).map(nodes.String),
        st.integers(-(2**31), 2**31 - 1).map(nodes.Int),
        st.booleans().map(nodes.Boolean),
        st.just(nodes.Null),
    )
    if depth == 0:
        return leaves
    inner = _json(depth - 1)
    lists = st.lists(inner, max_size=3).map(lambda items: ast.ListValueNode(values=tuple(items)))
    objects = st.dictionaries(st.sampled_from(["apiVersion", "kind", "metadata", "spec", "name"]), inner, max_size=4)
    return st.one_of(leaves, lists, objects.map(_object))


def _object(content: Mapping[str, ast.ValueNode]) -> ast.ObjectValueNode:
    fields = (ast.ObjectFieldNode(name=ast.NameNode(value=name), value=value) for name, value in content.items())
    return ast.ObjectValueNode(fields=tuple(fields))


scalar("JSON", _json(3))
scalar("DateTime", st.datetimes().map(lambda moment: moment.isoformat() + "Z").map(nodes.String))


@schemathesis.check
def answers_conform(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> bool | None:
    """The answer is one that the specification and the schema allow, and no failure of ours."""
    query = case.body["query"] if isinstance(case.body, dict) else case.body
    assert isinstance(query, str), case.body
    [media] = response.headers["content-type"]
    answer = response.json()
    found = problems(SCHEMA, query, status=response.status_code, media=media, answer=answer)
    codes = {error.get("extensions", {}).get("code") for error in answer.get("errors", [])}
    found += [f"the answer says {code}" for code in sorted(codes & CODES)]
    assert found == [], (found, query, answer)
    return None
