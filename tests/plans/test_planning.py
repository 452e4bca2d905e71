"""What a plan says: actions, differences, order, refusals, digest; all without a graph."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.planning import Block, PlanState, Proposal, Recorded, StepAction, propose
from app.errors import InvalidInput, PolicyDenied
from tests.plans.pictures import PLACE, desired, picture, recorded


def actions(proposal: Proposal) -> dict[str, str]:
    """The action of each step, by service."""
    return {step.service_name: step.action.value for step in proposal.steps}


def waits(proposal: Proposal) -> dict[str, set[str]]:
    """What each step waits for, by name."""
    names = {step.key: step.service_name for step in proposal.steps}
    return {step.service_name: {names[key] for key in step.requires} for step in proposal.steps}


@pytest.mark.parametrize(
    ("there", "action"),
    [
        (None, "create"),
        (recorded("cart", None, status="failed"), "create"),
        (recorded("cart", None, status="running"), "create"),
        (recorded("cart", "v1"), "no-op"),
        (recorded("cart", "v0"), "update"),
        (recorded("cart", "v1", status="failed"), "update"),
        (recorded("cart", "v1", status="unknown"), "update"),
        (recorded("cart", "v1", provider="kubernetes"), "replace"),
    ],
)
def test_what_is_recorded_decides_the_action(there: Recorded | None, action: str) -> None:
    # when
    proposal = propose(picture([desired("cart", "v1")], [] if there is None else [there]))
    # then
    assert actions(proposal) == {"cart": action}


def test_a_first_deployment_says_every_field() -> None:
    # when
    [step] = propose(picture([desired("cart")])).steps
    # then
    assert step.before == ()
    assert step.after == (
        "deadline_seconds=300",
        "image=example/cart:v1",
        "replicas=1",
        "version=shop/boutique/cart:v1-00000000",
    )


def test_an_update_says_only_what_differs() -> None:
    # when
    [step] = propose(picture([desired("cart", "v2")], [recorded("cart", "v1")])).steps
    # then
    assert step.before == ("image=example/cart:v1", "version=shop/boutique/cart:v1-00000000")
    assert step.after == ("image=example/cart:v2", "version=shop/boutique/cart:v2-00000000")


def test_the_same_version_after_a_failure_says_what_it_repairs() -> None:
    # when
    [step] = propose(picture([desired("cart")], [recorded("cart", status="failed")])).steps
    # then
    assert (step.before, step.after) == (("status=failed",), ("status=succeeded",))


def test_another_provider_is_said_and_the_old_one_is_remembered() -> None:
    # when
    [step] = propose(picture([desired("cart")], [recorded("cart", provider="kubernetes")])).steps
    # then
    assert (step.before, step.after) == (("provider=kubernetes",), ("provider=echo",))
    assert (step.provider, step.previous_provider) == ("echo", "kubernetes")


def test_a_service_that_is_gone_is_deleted() -> None:
    # when
    proposal = propose(picture([], [recorded("cart")]))
    # then
    [step] = proposal.steps
    assert (step.action, step.key, step.after) == (StepAction.DELETE, "shop/boutique/cart@dev", ())
    assert "image=example/cart:v1" in step.before
    assert proposal.counts[StepAction.DELETE] == 1


def test_a_service_without_a_version_is_left_alone_and_says_why() -> None:
    # when
    [step] = propose(picture([replace(desired("cart"), workload=None)])).steps
    # then
    assert (step.action, step.reason, step.requires) == (StepAction.NO_OP, "no version is desired", ())


def test_values_under_names_of_secrets_are_masked_and_their_change_is_said() -> None:
    # given
    old, new = (("DB_PASSWORD", "hunter2"), ("LEVEL", "info")), (("DB_PASSWORD", "hunter3"), ("LEVEL", "debug"))
    # when
    [step] = propose(picture([desired("cart", "v2", env=new)], [recorded("cart", "v1", env=old)])).steps
    # then
    assert "environment.DB_PASSWORD=(masked) (changed)" in step.after
    assert "environment.LEVEL=debug" in step.after
    assert "environment.LEVEL=info" in step.before
    assert "hunter" not in " ".join((*step.before, *step.after))


def test_waves_follow_the_hard_dependencies_and_ties_the_names() -> None:
    # when
    proposal = propose(
        picture(
            [
                desired("web", needs=["cart", "mail"]),
                desired("mail"),
                desired("cart", needs=["redis"]),
                desired("redis"),
            ]
        )
    )
    # then
    assert [(step.service_name, step.wave) for step in proposal.steps] == [
        ("mail", 1),
        ("redis", 1),
        ("cart", 2),
        ("web", 3),
    ]
    assert waits(proposal) == {"mail": set(), "redis": set(), "cart": {"redis"}, "web": {"cart", "mail"}}
    assert proposal.waves == 3


def test_what_does_not_change_is_not_waited_for() -> None:
    # when
    proposal = propose(
        picture(
            [desired("web", "v2", needs=["cart"]), desired("cart", needs=["redis"]), desired("redis", "v2")],
            [recorded("web"), recorded("cart"), recorded("redis")],
        )
    )
    # then
    assert waits(proposal) == {"web": set(), "redis": set(), "cart": set()}
    assert [(step.service_name, step.wave) for step in proposal.steps] == [("redis", 1), ("web", 1), ("cart", 0)]


def test_deletes_come_after_what_used_them_and_in_reverse_order() -> None:
    # given: web used api, api used db; web stays and no longer needs api
    there = [recorded("web", needs=["api"]), recorded("api", needs=["db"]), recorded("db")]
    # when
    proposal = propose(picture([desired("web", "v2")], there))
    # then
    assert waits(proposal) == {"web": set(), "api": {"web"}, "db": {"api"}}
    assert [(step.service_name, step.action.value, step.wave) for step in proposal.steps] == [
        ("web", "update", 1),
        ("api", "delete", 2),
        ("db", "delete", 3),
    ]


def test_records_that_contradict_each_other_do_not_keep_deletes_from_being_ordered() -> None:
    # when
    proposal = propose(
        picture([], [recorded("a", needs=["b"]), recorded("b", needs=["a"]), recorded("c", needs=["a"])])
    )
    # then
    assert waits(proposal) == {"a": {"c"}, "b": set(), "c": set()}


def test_a_dependency_of_another_application_is_no_step_and_is_warned_of_unless_it_runs() -> None:
    # given
    needs = ["shop/payments/ledger", "shop/payments/bank"]
    # when
    proposal = propose(picture([desired("cart", needs=needs)], running_elsewhere=frozenset({"shop/payments/bank"})))
    # then
    assert actions(proposal) == {"cart": "create"}
    assert proposal.warnings == (
        "shop/boutique/cart depends on shop/payments/ledger, which is not running in this environment",
    )


def test_a_circle_of_hard_dependencies_is_refused_by_its_nodes_in_order() -> None:
    # given
    circle = [desired("redis", needs=["cart"]), desired("cart", needs=["web"]), desired("web", needs=["redis"])]
    # when
    with pytest.raises(PolicyDenied) as refused:
        propose(picture([*circle, desired("mail", needs=["cart"])]))
    # then
    assert refused.value.message == "hard dependencies run in a circle: cart -> web -> redis -> cart"
    [violation] = refused.value.violations
    assert [node.name for node in violation.nodes] == ["cart", "web", "redis", "cart"]
    assert violation.edges == ("DEPENDS_ON",) * 3


def test_a_kind_that_the_provider_cannot_carry_out_is_refused() -> None:
    # when
    with pytest.raises(InvalidInput) as refused:
        propose(picture([desired("cart"), desired("db", kind="Database")]))
    # then
    assert refused.value.message == "provider echo cannot carry out kind Database (shop/boutique/db)"


def test_a_block_applies_to_what_would_change_and_to_nothing_else() -> None:
    # given
    blocks = [
        Block("shop/boutique/cart", "pinned-images", "cart is not pinned", ("shop/boutique/cart",)),
        Block("shop/boutique/mail", "pinned-images", "mail is not pinned"),
    ]
    # when
    proposal = propose(
        picture([desired("cart"), desired("mail"), desired("web", needs=["cart"])], [recorded("mail")], blocks=blocks)
    )
    # then
    assert actions(proposal) == {"web": "create", "cart": "blocked", "mail": "no-op"}
    blocked = next(step for step in proposal.steps if step.service_name == "cart")
    assert (blocked.policy, blocked.reason, blocked.path) == (
        "pinned-images",
        "cart is not pinned",
        ("shop/boutique/cart",),
    )
    assert (proposal.state, proposal.acting) == (PlanState.BLOCKED, 1)


def test_nothing_to_do_is_an_empty_plan() -> None:
    # when
    proposal = propose(picture([desired("cart")], [recorded("cart")]))
    # then
    assert (proposal.state, proposal.acting, proposal.waves) == (PlanState.EMPTY, 0, 0)
    assert propose(picture()).state is PlanState.EMPTY


@settings(deadline=None)
@given(st.integers(1, 10), st.randoms(use_true_random=False))
def test_the_digest_does_not_depend_on_the_order_of_reading(size: int, chance: random.Random) -> None:
    # given
    wanted = [
        desired(f"s{number}", "v2", needs=[f"s{on}" for on in range(number) if chance.random() < 0.4])
        for number in range(size)
    ]
    there = [recorded(f"s{number}", "v1") for number in range(size + 3) if chance.random() < 0.6]
    first = propose(picture(wanted, there))
    # when
    chance.shuffle(wanted)
    chance.shuffle(there)
    again = propose(picture([replace(one, hard=tuple(reversed(one.hard))) for one in wanted], there))
    # then
    assert again.digest == first.digest
    assert again.steps == first.steps
    waves = {step.key: step.wave for step in first.steps}
    assert all(waves[on] < step.wave for step in first.steps for on in step.requires)


@pytest.mark.parametrize(
    "changed",
    [
        picture([desired("cart", "v3")]),
        picture([desired("mail", "v2")]),
        picture([desired("cart", "v2")], [recorded("cart", "v1")]),
        picture([desired("cart", "v2"), desired("mail")]),
        replace(picture([desired("cart", "v2")]), place=replace(PLACE, namespace="elsewhere")),
        replace(picture([desired("cart", "v2")]), place=replace(PLACE, provider="kubernetes")),
        picture([desired("cart", "v2", needs=["shop/payments/bank"])], [recorded("old")]),
    ],
)
def test_the_digest_changes_with_what_matters(changed: object) -> None:
    # given
    first = propose(picture([desired("cart", "v2")]))
    # then
    assert isinstance(changed, type(picture()))
    assert propose(changed).digest != first.digest
