"""Whose run is next: fairness between tenants and projects, whatever waits and however much of it."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from workers.rota import Lane, Rota

LANES = [Lane(tenant, project) for tenant in ("t1", "t2") for project in ("a", "b", "c")]


def taken(rota: Rota, waiting: dict[Lane, int], most: int) -> list[Lane]:
    """What is begun, one after the other, where each run ends at once."""
    order = []
    left = dict(waiting)
    for _ in range(most):
        lane = rota.next([one for one, count in left.items() if count], {})
        if lane is None:
            break
        rota.served(lane)
        left[lane] -= 1
        order.append(lane)
    return order


def test_ten_thousand_runs_of_one_project_delay_another_by_one() -> None:
    # given
    rota = Rota(10)
    many, one = Lane("t1", "a"), Lane("t1", "b")
    taken(rota, {many: 100}, 100)
    # when
    order = taken(rota, {many: 10_000, one: 3}, 6)
    # then
    assert order == [one, many, one, many, one, many]


def test_a_tenant_with_many_projects_gets_no_more_than_another() -> None:
    # given
    waiting = {Lane("t1", f"p{number}"): 5 for number in range(10)} | {Lane("t2", "only"): 50}
    # when
    order = taken(Rota(10), waiting, 20)
    # then
    assert Counter(lane.tenant for lane in order) == {"t1": 10, "t2": 10}


def test_no_project_holds_every_place() -> None:
    # given
    rota, hog, other = Rota(10), Lane("t1", "a"), Lane("t1", "b")
    # then
    assert rota.share == 8
    assert rota.next([hog], {hog: 7}) == hog
    assert rota.next([hog], {hog: 8}) is None
    assert rota.next([hog, other], {hog: 8}) == other
    assert rota.next([other], {hog: 8, other: 2}) is None


def test_a_worker_with_few_places_gives_them_all() -> None:
    assert [Rota(places).share for places in (1, 2, 3, 4, 5)] == [1, 2, 3, 3, 4]


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(st.sampled_from(LANES), st.integers(1, 30), min_size=1), st.integers(0, 20))
def test_between_two_runs_of_a_lane_that_waits_each_other_is_served_at_most_as_often_as_its_turn_comes(
    waiting: dict[Lane, int], before: int
) -> None:
    # given: a rota that remembers something
    rota = Rota(10)
    taken(rota, dict.fromkeys(LANES, before), before)
    # when
    total = sum(waiting.values())
    order = taken(rota, waiting, total)
    # then all of it is taken
    assert Counter(order) == waiting
    # and while a lane waits, its tenant is passed over by no other tenant twice, nor it by another lane of its tenant
    for lane, count in waiting.items():
        last = [place for place, one in enumerate(order) if one == lane][count - 1]
        since: Counter[str] = Counter()
        lanes: Counter[Lane] = Counter()
        for one in order[: last + 1]:
            if one.tenant == lane.tenant:
                since.clear()
            else:
                since[one.tenant] += 1
                assert since[one.tenant] <= 1
            if one == lane:
                lanes.clear()
            elif one.tenant == lane.tenant:
                lanes[one] += 1
                assert lanes[one] <= 1
