"""What a test of faults is about: a plan, what its targets do, what befalls workers, and what people ask meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hypothesis import strategies as st

from app.domain.runs import OnFailure


class Behaviour(StrEnum):
    """What a target does with a step."""

    WORKS = "works"
    SLOW = "slow"
    LATE = "answers late"
    TOO_LATE = "answers after the deadline"
    LOSES_ANSWER = "loses its first answer"
    ERRS_ONCE = "errs once"
    ERRS_ALWAYS = "errs always"
    REFUSES = "refuses"
    HANGS = "hangs"


class CommitFault(StrEnum):
    """How a write to the graph goes wrong: it never arrives, or only its acknowledgement is lost."""

    INSTEAD = "instead"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Fault:
    """What befalls a worker at the `at`-th point that it passes.

    A worker that is not killed is stalled past its lease, and goes on when the next one passes its point `thaw_at`.
    `lands` says that what a killed worker had sent still arrives.
    """

    kills: bool
    at: int
    lands: bool = False
    thaw_at: int = 2


class Asked(StrEnum):
    """What somebody asks of a run."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    CONFIRM = "confirm"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody asks when workers have passed their `at`-th point, all of them counted together."""

    what: Asked
    at: int


@dataclass(frozen=True, slots=True)
class Scene:
    """One example: who requires whom, what the targets do, what befalls workers and their writes, and what people ask.

    After the wave `confirm_after` someone has to confirm, who does so or, with `rejects`, does not.
    """

    requires: Mapping[str, tuple[str, ...]]
    behaviours: Mapping[str, Behaviour]
    on_failure: OnFailure = OnFailure.STOP
    faults: tuple[Fault, ...] = ()
    commits: Mapping[int, CommitFault] = field(default_factory=dict)
    orders: tuple[Order, ...] = ()
    confirm_after: int | None = None
    rejects: bool = False


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Up to eight steps, faults of each kind, and people who pause, resume and cancel at any moment."""
    names = [f"s{number}" for number in range(draw(st.integers(1, 8)))]
    requires = {
        name: tuple(sorted(draw(st.sets(st.sampled_from(names[:place]), max_size=3)))) if place else ()
        for place, name in enumerate(names)
    }
    others = [behaviour for behaviour in Behaviour if behaviour is not Behaviour.WORKS]
    behaviours = {name: draw(st.sampled_from([Behaviour.WORKS] * len(others) * 2 + others)) for name in names}
    fault = st.builds(
        Fault, kills=st.booleans(), at=st.integers(1, 30), lands=st.booleans(), thaw_at=st.integers(2, 20)
    )
    asked = st.sampled_from([Asked.PAUSE, Asked.PAUSE, Asked.RESUME, Asked.CANCEL])
    order = st.builds(Order, asked, st.integers(1, 40))
    return Scene(
        requires=requires,
        behaviours=behaviours,
        on_failure=draw(st.sampled_from(OnFailure)),
        faults=tuple(draw(st.lists(fault, max_size=3))),
        commits=draw(st.dictionaries(st.integers(0, 12), st.sampled_from(CommitFault), max_size=4)),
        # Most scenes go by without anybody: what is cancelled early says little about the rest.
        orders=tuple(draw(st.one_of(st.just([]), st.lists(order, max_size=3)))),
        confirm_after=draw(st.sampled_from([None, None, None, 1, 2])),
        rejects=draw(st.integers(0, 3)) == 0,
    )
