"""What steps say of values: observed, unknown until another step brings them, and outputs that others use."""

from __future__ import annotations

import pytest

from app.domain.plan_changes import FieldChange, Unknown
from app.domain.plan_steps import PlanState, StepAction
from app.domain.planning import Recorded, propose
from app.errors import InvalidInput
from tests.plans.pictures import desired, picture, recorded
from tests.plans.test_planning import actions, changes, waits


def test_what_is_observed_to_differ_is_set_right_from_what_was_observed() -> None:
    # when
    [step] = propose(
        picture([desired("cart")], [recorded("cart", observed=["image=example/cart:hacked", "replicas=5"])])
    ).steps
    # then
    assert step.action is StepAction.UPDATE
    assert changes(step) == {"image": ("example/cart:hacked", "example/cart:v1"), "replicas": ("5", "1")}


def test_a_new_version_starts_from_what_was_observed() -> None:
    # when
    [step] = propose(picture([desired("cart", "v2")], [recorded("cart", observed=["image=example/cart:hacked"])])).steps
    # then
    assert changes(step)["image"] == ("example/cart:hacked", "example/cart:v2")


def test_a_value_that_another_step_brings_is_unknown_and_says_from_where() -> None:
    # given
    env = (("CACHE", "redis://${redis.address.tcp}/0"), ("LEVEL", "info"))
    wanted = [desired("cart", env=env, needs=["redis"]), desired("redis")]
    # when
    step = next(step for step in propose(picture(wanted)).steps if step.service_name == "cart")
    # then
    found = {one.field: one for one in step.changes}
    assert found["environment.CACHE"] == FieldChange(
        "environment.CACHE",
        None,
        None,
        unknown=Unknown("output address.tcp of redis, known after its create", "shop/boutique/redis@dev"),
    )
    assert found["environment.LEVEL"].unknown is None


def test_a_value_that_is_recorded_is_known() -> None:
    # given
    env = (("CACHE", "redis://${redis.address.tcp}/0"),)
    there = [recorded("redis", outputs=["address.tcp=redis:6379"])]
    # when
    step = propose(picture([desired("cart", env=env, needs=["redis"]), desired("redis")], there)).steps[0]
    # then
    assert changes(step)["environment.CACHE"] == (None, "redis://redis:6379/0")


def test_what_runs_follows_an_output_that_changed_and_is_left_alone_otherwise() -> None:
    # given
    env = (("CACHE", "${redis.address.tcp}"),)
    wanted = [desired("cart", env=env, needs=["redis"]), desired("redis")]
    redis = recorded("redis", outputs=["address.tcp=new:6379"])

    def cart(value: str) -> Recorded:
        return recorded("cart", env=env, needs=["redis"], inputs=[f"redis.address.tcp={value}"])

    # when
    moved = propose(picture(wanted, [redis, cart("old:6379")]))
    same = propose(picture(wanted, [redis, cart("new:6379")]))
    anew = propose(picture(wanted, [recorded("redis", provider="kubernetes"), cart("new:6379")]))
    # then
    assert actions(moved) == {"cart": "update", "redis": "no-op"}
    assert changes(moved.steps[0]) == {"environment.CACHE": ("old:6379", "new:6379")}
    assert same.state is PlanState.EMPTY
    assert actions(anew) == {"redis": "replace", "cart": "update"}
    assert waits(anew)["cart"] == {"redis"}


def test_a_reference_to_what_is_no_hard_dependency_is_refused_and_says_what_to_do() -> None:
    # when
    with pytest.raises(InvalidInput) as refused:
        propose(picture([desired("cart", env=(("CACHE", "${redis.address}"),)), desired("redis")]))
    # then
    assert refused.value.message == (
        "shop/boutique/cart refers to ${redis.address}, but does not depend on shop/boutique/redis: add a hard"
        " dependency, or write $${redis.address} for the text itself"
    )


def test_a_service_of_another_application_is_referred_to_by_both_names() -> None:
    # given
    wanted = [desired("cart", env=(("BANK", "${bank/ledger.address}"),), needs=["shop/bank/ledger"])]
    # when
    known = propose(picture(wanted, running_elsewhere={"shop/bank/ledger": ("address=ledger:80",)})).steps[0]
    unknown = propose(picture(wanted)).steps[0]
    # then
    assert changes(known)["environment.BANK"] == (None, "ledger:80")
    [bank] = [one for one in unknown.changes if one.unknown is not None]
    assert bank.unknown == Unknown("output address of ledger, which has not said it", "shop/bank/ledger@dev")
