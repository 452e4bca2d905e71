"""What a plan says: actions, differences, order, refusals, digest; all without a graph."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.plan_changes import FieldChange, Unknown, changes_of, lines
from app.domain.plan_steps import PlanState, Step, StepAction
from app.domain.planning import Block, Concern, Proposal, Recorded, propose
from app.errors import InvalidInput, PolicyDenied
from tests.plans.pictures import PLACE, desired, picture, recorded


def actions(proposal: Proposal) -> dict[str, str]:
    """The action of each step, by service."""
    return {step.service_name: step.action.value for step in proposal.steps}


def changes(step: Step) -> dict[str, tuple[str | None, str | None]]:
    """Each field that a step changes, before and after."""
    return {one.field: (one.before, one.after) for one in step.changes}


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
    assert changes(step) == {
        "deadline_seconds": (None, "300"),
        "image": (None, "example/cart:v1"),
        "replicas": (None, "1"),
        "version": (None, "shop/boutique/cart:v1-00000000"),
    }
    assert step.irreversible is None


def test_an_update_says_only_what_differs() -> None:
    # when
    [step] = propose(picture([desired("cart", "v2")], [recorded("cart", "v1")])).steps
    # then
    assert changes(step) == {
        "image": ("example/cart:v1", "example/cart:v2"),
        "version": ("shop/boutique/cart:v1-00000000", "shop/boutique/cart:v2-00000000"),
    }


def test_the_same_version_after_a_failure_says_what_it_repairs() -> None:
    # when
    [step] = propose(picture([desired("cart")], [recorded("cart", status="failed")])).steps
    # then
    assert changes(step) == {"status": ("failed", "succeeded")}


def test_another_provider_is_said_and_the_old_one_is_remembered() -> None:
    # when
    [step] = propose(picture([desired("cart")], [recorded("cart", provider="kubernetes")])).steps
    # then
    assert changes(step) == {"provider": ("kubernetes", "echo")}
    assert step.irreversible == "what runs at kubernetes is taken away, with what it holds"
    assert (step.provider, step.previous_provider) == ("echo", "kubernetes")


def test_a_service_that_is_gone_is_deleted() -> None:
    # when
    proposal = propose(picture([], [recorded("cart")]))
    # then
    [step] = proposal.steps
    assert (step.action, step.key) == (StepAction.DELETE, "shop/boutique/cart@dev")
    assert changes(step)["image"] == ("example/cart:v1", None)
    assert (step.irreversible, proposal.irreversible) == ("what runs at echo is taken away, with what it holds", 1)
    assert proposal.counts[StepAction.DELETE] == 1


def test_a_service_without_a_version_is_left_alone_and_says_why() -> None:
    # when
    [step] = propose(picture([replace(desired("cart"), workload=None)])).steps
    # then
    assert (step.action, step.reason, step.requires) == (StepAction.NO_OP, "no version is desired", ())


def test_secrets_are_masked_and_their_change_is_said() -> None:
    # given
    address = "postgres://shop:{}@db/shop"
    old = (("DB_PASSWORD", "hunter2"), ("DB_URL", address.format("hunter2")), ("LEVEL", "info"))
    new = (("DB_PASSWORD", "hunter3"), ("DB_URL", address.format("hunter3")), ("LEVEL", "debug"))
    # when
    [step] = propose(picture([desired("cart", "v2", env=new)], [recorded("cart", "v1", env=old)])).steps
    # then
    found = {one.field: one for one in step.changes}
    masked = ("(masked)", "(masked)", True)
    for name in ("environment.DB_PASSWORD", "environment.DB_URL"):
        assert (found[name].before, found[name].after, found[name].sensitive) == masked
    assert found["environment.LEVEL"] == FieldChange("environment.LEVEL", "info", "debug")
    assert "hunter" not in repr(step)


def test_a_secret_cannot_be_tried_against_the_digest() -> None:
    # given two secrets in versions of one name, as if only the secret differed
    one, other = (("DB_PASSWORD", "hunter2"),), (("DB_PASSWORD", "hunter3"),)
    # when
    digests = {propose(picture([desired("cart", env=env)])).digest for env in (one, other)}
    # then
    assert len(digests) == 1


def test_what_was_seen_to_be_missing_is_made_again() -> None:
    # given that the image is gone, and something of the provider's own is another
    there = recorded("cart", observed=["strategy=Recreate"], expected=["image=example/cart:v1", "strategy=Rolling"])
    # when
    [step] = propose(picture([desired("cart")], [there])).steps
    # then
    assert changes(step) == {"image": (None, "example/cart:v1"), "strategy": ("Recreate", "Rolling")}


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="="), min_size=1, max_size=5)
VALUE = st.one_of(st.none(), st.text(max_size=8))


@given(
    st.dictionaries(TEXT, st.tuples(VALUE, VALUE, st.booleans(), st.booleans()), max_size=5),
)
def test_changes_are_what_was_stored_of_them(
    drawn: dict[str, tuple[str | None, str | None, bool, bool]],
) -> None:
    # given
    found = tuple(
        FieldChange(
            name, before, None if open_ else after, sensitive, Unknown("why not = yet", "a/b@c") if open_ else None
        )
        for name, (before, after, sensitive, open_) in sorted(drawn.items())
        if before is not None or after is not None or open_
    )
    # when
    said = lines(found)
    # then
    assert changes_of(said.before, said.after, said.sensitive, said.unknown) == found


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
    proposal = propose(picture([desired("cart", needs=needs)], running_elsewhere={"shop/payments/bank": ()}))
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


def test_an_approval_is_needed_for_what_is_carried_out_and_not_for_what_stays() -> None:
    # given
    concerns = [Concern(f"shop/boutique/{name}", "ask-first", f"{name} is sensitive") for name in ("cart", "mail")]
    wanted, there = [desired("cart", "v2"), desired("mail")], [recorded("cart"), recorded("mail")]
    # when
    proposal = propose(picture(wanted, there, approvals=concerns))
    # then
    assert proposal.approval_reasons == ("ask-first: cart is sensitive",)
    assert proposal.digest != propose(picture(wanted, there)).digest
    assert propose(picture(wanted[1:], there[1:], approvals=concerns)).approval_reasons == ()


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
