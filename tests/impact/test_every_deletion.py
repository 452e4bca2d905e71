"""Every mutation that takes something away: what still needs it keeps it, or the caller has seen the impact."""

from __future__ import annotations

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, get_named_type

from app.domain.kinds import Rule
from app.projection.model import ToMany, ToOne
from graph_schema.kinds import kinds_in
from tests.impact.test_confirming import CASES
from tests.projection.reads import COMPILER, SCHEMA

CORE = SCHEMA._schema
KINDS = kinds_in(CORE)
MUTATIONS = CORE.type_map["Mutation"]
assert isinstance(MUTATIONS, GraphQLObjectType)
DELETED = {name.removeprefix("delete"): name for name in MUTATIONS.fields if name.startswith("delete")}
"""The labels of what can be deleted, each with the mutation."""
WITHOUT_AN_IMPACT = {
    "removeDependency": "one edge, which the caller names; nothing else of either service changes",
    "revokePolicyException": "an exception only lets something through: without it more is refused",
    "applyManifests": "with `prune` it takes `impactDigests`, one for each thing that others depend on",
}
"""Other mutations that take something away, and why they need no digest of one impact."""
LET_GO = {
    ("Service", "Plan", "AFFECTS"): "what a plan of the past would have touched",
    ("Service", "PlanStep", "CHANGES"): "a plan of the past: it is stale from then on, and says so",
    ("Service", "Deployment", "OF"): "what runs goes on running: deleting a service stops nothing, the next plan does",
    ("ServiceVersion", "Deployment", "RUNS"): "what runs keeps its version, by the statement that finds its users",
    ("Application", "Plan", "FOR"): "a plan of the past",
    ("Environment", "Plan", "IN"): "a plan of the past",
    ("Environment", "Freeze", "FREEZES"): "a freeze of nothing holds nothing up",
    ("Project", "Freeze", "FREEZES"): "a freeze of nothing holds nothing up",
}
"""Edges from what stays to what is deleted that go without a question: deleted label, the other's label, type."""


def leading_to(label: str) -> set[tuple[str, str, str]]:
    """All edges of one relationship that lead from nodes of other kinds to nodes of a kind, as either end declares."""
    found = set()
    for each in COMPILER.model.types.values():
        for edge in each.fields.values():
            if not isinstance(edge, ToOne | ToMany) or len(edge.hops) != 1:
                continue
            [hop] = edge.hops
            if hop.direction == "out" and hop.label == label:
                found.add((label, each.label, hop.type))
            if hop.direction == "in" and each.label == label:
                found.add((label, hop.label, hop.type))
    return found


def inputs(mutation: str) -> GraphQLInputObjectType:
    """The input of a mutation."""
    assert isinstance(MUTATIONS, GraphQLObjectType)
    found = get_named_type(MUTATIONS.fields[mutation].args["input"].type)
    assert isinstance(found, GraphQLInputObjectType)
    return found


def test_every_deletion_takes_the_digest_of_its_impact() -> None:
    # given every mutation that deletes
    # when their inputs are looked at
    asked = {inputs(name).name for name in DELETED.values()}
    # then each takes a digest, and each is of a kind whose deletion follows from its declaration
    assert asked == {"DeleteInput"}
    assert "impactDigest" in inputs("deleteService").fields
    assert DELETED.keys() <= KINDS.labels
    # and nothing else takes away what others may need
    assert isinstance(MUTATIONS, GraphQLObjectType)
    others = {name for name in MUTATIONS.fields if name.startswith(("remove", "revoke", "prune", "apply"))}
    assert others == WITHOUT_AN_IMPACT.keys()
    assert "impactDigests" in inputs("applyManifests").fields


def test_what_others_depend_on_is_tried_with_and_without_a_digest() -> None:
    # given every kind that can be deleted and on which others can depend, itself or by what goes with it
    def confirmed(label: str, seen: frozenset[str] = frozenset()) -> bool:
        parts = {each.path[-1].label for each in KINDS.consequences(label, Rule.CASCADE)} - seen
        return bool(KINDS.consequences(label, Rule.CONFIRM)) or any(confirmed(one, seen | {label}) for one in parts)

    asked = {label.lower() for label in DELETED if confirmed(label)}
    # then each is a case of the tests of refusals, or has one of its own there
    assert asked == {*CASES, "serviceversion"}


@pytest.mark.parametrize("label", sorted(DELETED))
def test_nothing_that_needs_what_is_deleted_is_forgotten(label: str) -> None:
    # given every edge that leads to nodes of a kind that can be deleted
    edges = leading_to(label)
    # when those are left out whose other end is deleted too, keeps it, or is let go with the digest
    parent = KINDS[label].parent
    ruled = {
        (label, each.path[0].label, each.path[0].type)
        for rule in (Rule.CASCADE, Rule.RESTRICT, Rule.CONFIRM)
        for each in KINDS.consequences(label, rule)
        if not each.path[0].outgoing
    }
    left = edges - ruled - {(label, parent.label, parent.type)}
    # then each of the others says why nobody is asked
    assert left == {each for each in LET_GO if each[0] == label}
