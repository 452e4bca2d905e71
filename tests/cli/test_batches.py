"""Manifests fit into requests: one where possible, else in an order in which each can be created."""

from __future__ import annotations

import orjson
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from app.cli.batches import Batch, split


def service(name: str, *needs: str, application: str = "boutique") -> JsonValue:
    return {
        "kind": "Service",
        "metadata": {"name": name, "project": "shop", "application": application},
        "spec": {"image": "x:1", "dependencies": [{"service": need} for need in needs]},
    }


PROJECT: JsonValue = {"kind": "Project", "metadata": {"name": "shop"}}
ENVIRONMENT: JsonValue = {"kind": "Environment", "metadata": {"name": "production", "project": "shop"}}
APPLICATION: JsonValue = {"kind": "Application", "metadata": {"name": "boutique", "project": "shop"}}


def order(contents: list[JsonValue]) -> list[int]:
    """The order in which the manifests travel when each needs a request of its own."""
    return [position for batch in split(contents, largest=1) for position in batch.positions]


def test_what_fits_into_one_request_keeps_its_order() -> None:
    assert split([service("cart"), APPLICATION, PROJECT]) == [Batch((0, 1, 2))]


def test_several_requests_put_first_what_others_need() -> None:
    # given
    contents = [
        service("front", "cart", "other/mail"),
        service("cart", "redis"),
        APPLICATION,
        service("redis"),
        service("mail", application="other"),
        ENVIRONMENT,
        PROJECT,
    ]

    # then
    assert order(contents) == [6, 5, 2, 3, 4, 1, 0]


def test_services_in_a_circle_travel_once_each() -> None:
    # given
    contents = [service("a", "b"), service("b", "c"), service("c", "a"), service("d", "a")]

    # then
    assert sorted(order(contents)) == [0, 1, 2, 3]
    assert order(contents)[-1] == 3


def test_a_deep_chain_of_services_is_ordered() -> None:
    # given
    chain = [service(f"s{number}", f"s{number + 1}") for number in range(3000)] + [service("s3000")]

    # then
    assert order(chain) == list(range(3000, -1, -1))


@given(
    sizes=st.lists(st.integers(0, 400), min_size=1, max_size=40),
    largest=st.integers(100, 2000),
)
def test_every_manifest_travels_once_in_requests_that_are_not_too_large(sizes: list[int], largest: int) -> None:
    # given
    contents: list[JsonValue] = [{"kind": "Project", "metadata": {"name": "x" * size}} for size in sizes]

    # when
    batches = split(contents, largest=largest)

    # then
    assert sorted(position for batch in batches for position in batch.positions) == list(range(len(contents)))
    for batch in batches:
        weight = sum(len(orjson.dumps(contents[position])) + 1 for position in batch.positions)
        assert weight <= largest or len(batch.positions) == 1
