"""The pure core of impact: equal to brute force, independent of order, and a digest that follows what is shown."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.impact import Affected, ChangeKind, Edges, Facts, Impact, Link, Paths, Unreached, assess

Edge = tuple[str, str, str]
"""Who needs, what is needed, and hard or soft."""
ROOT = "n0"


def groups(edges: Sequence[Edge]) -> list[Edges]:
    """The edges by kind, as the statement returns them."""
    found = []
    for kind in ("soft", "hard"):
        some = [edge for edge in edges if edge[2] == kind]
        found.append(Edges("DEPENDS_ON", kind, [one[0] for one in some], [one[1] for one in some]))
    return found


def facts(edges: Sequence[Edge], version: int = 1) -> dict[str, Facts]:
    """Every node that an edge names, and the root."""
    return {id: Facts("Service", version) for id in {ROOT, *(id for edge in edges for id in edge[:2])}}


def found(
    edges: Sequence[Edge],
    *,
    nodes: Mapping[str, Facts] | None = None,
    owners: Mapping[str, str] | None = None,
    change: ChangeKind = ChangeKind.DELETE,
    truncated: bool = False,
) -> tuple[Impact, Paths]:
    """The impact of the root."""
    return assess(ROOT, nodes or facts(edges), groups(edges), change=change, owners=owners or {}, truncated=truncated)


def distances(edges: Sequence[Edge]) -> dict[str, int]:
    """By brute force: every node from which the root can be reached, and the least number of edges, edge by edge until
    nothing changes."""
    least = {ROOT: 0}
    changed = True
    while changed:
        changed = False
        for user, needed, _ in edges:
            if needed in least and least[needed] + 1 < least.get(user, len(edges) + 2):
                least[user] = least[needed] + 1
                changed = True
    return least


def check(edges: Sequence[Edge]) -> None:
    """Compare with brute force: what is reached, how hard, how far, and that each path is one."""
    # when
    impact, paths = found(edges)
    # then what is reached, and how hard, is what brute force finds
    reached = distances(edges)
    hard = distances([edge for edge in edges if edge[2] == "hard"])
    assert {one.id: (one.hard, one.hops) for one in impact.affected} == {
        id: (id in hard, hard.get(id, hops)) for id, hops in reached.items() if id != ROOT
    }
    # then each path leads from the root to its node over edges that are there, hard where it says so
    for one in impact.affected:
        path = paths.to(one.id)
        assert len(path) == one.hops
        assert path[0].end == ROOT
        assert [link.start for link in path[:-1]] == [link.end for link in path[1:]]
        assert path[-1].start == one.id
        assert {(link.start, link.end, link.kind) for link in path} <= set(edges)
        assert one.hard is all(link.kind == "hard" for link in path)


def random_graph(seed: int) -> list[Edge]:
    """A graph of at most a dozen nodes, circles and edges of a node to itself among them."""
    random_ = random.Random(seed)
    size = random_.randint(1, 12)
    edges = {
        (f"n{random_.randrange(size)}", f"n{random_.randrange(size)}"): random_.choice(["hard", "soft"])
        for _ in range(random_.randint(0, 3 * size))
    }
    return [(user, needed, kind) for (user, needed), kind in edges.items()]


def test_a_thousand_random_graphs_are_searched_as_by_brute_force() -> None:
    # given graphs of which many have circles
    for seed in range(1_000):
        check(random_graph(seed))


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.tuples(st.integers(0, 7), st.integers(0, 7)), st.sampled_from(["hard", "soft"]), max_size=30))
def test_any_graph_is_searched_as_by_brute_force(drawn: dict[tuple[int, int], str]) -> None:
    check([(f"n{user}", f"n{needed}", kind) for (user, needed), kind in drawn.items()])


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 1_000), st.randoms())
def test_the_order_of_edges_is_no_matter(seed: int, random_: random.Random) -> None:
    # given
    edges = random_graph(seed)
    shuffled = [*edges]
    random_.shuffle(shuffled)
    # when
    first, _ = found(edges)
    second, _ = found(shuffled)
    # then
    assert (first.affected, first.digest) == (second.affected, second.digest)


def test_what_is_shown_is_the_shortest_hard_path_and_its_least_ids() -> None:
    # given web, which needs the root softly at once, and hard over either of two others
    edges = [
        ("web", ROOT, "soft"),
        ("web", "b", "hard"),
        ("web", "a", "hard"),
        ("a", ROOT, "hard"),
        ("b", ROOT, "hard"),
        ("c", "web", "soft"),
    ]
    # when
    impact, paths = found(edges)
    # then
    assert impact.affected[-1] == Affected("web", "Service", 1, True, 2, "a", Link("web", "a", "DEPENDS_ON", "hard"))
    assert paths.to("web") == (Link("a", ROOT, "DEPENDS_ON", "hard"), Link("web", "a", "DEPENDS_ON", "hard"))
    assert paths.to("c") == (Link("web", ROOT, "DEPENDS_ON", "soft"), Link("c", "web", "DEPENDS_ON", "soft"))
    assert impact.counts == {"Service": 4}


def test_parts_follow_their_whole_and_users_what_they_need() -> None:
    # given an application with a service that runs, and an environment that another promotes to
    nodes = {
        ROOT: Facts("Application", 1),
        "service": Facts("Service", 2),
        "deployment": Facts("Deployment", 3),
        "user": Facts("Service", 4),
    }
    edges = [
        Edges("HAS_SERVICE", None, [ROOT], ["service"]),
        Edges("OF", None, ["deployment"], ["service"]),
        Edges("DEPENDS_ON", "soft", ["user", "stranger"], ["service", "service"]),
    ]
    # when
    impact, paths = assess(ROOT, nodes, edges, change=ChangeKind.DELETE, owners={})
    # then what is not among the nodes is left out
    assert [(one.id, one.hops, one.hard) for one in impact.affected] == [
        ("service", 1, True),
        ("deployment", 2, True),
        ("user", 2, False),
    ]
    assert paths.to("deployment") == (
        Link(ROOT, "service", "HAS_SERVICE", None),
        Link("deployment", "service", "OF", None),
    )


def test_there_is_no_path_to_what_is_not_reached() -> None:
    # given
    _, paths = found([("a", ROOT, "hard"), ("x", "y", "hard")])
    # when / then
    with pytest.raises(Unreached):
        paths.to("x")
    assert paths.to(ROOT) == ()


BASE: list[Edge] = [("a", ROOT, "hard"), ("b", "a", "soft"), ("x", "y", "hard")]


@pytest.mark.parametrize(
    "edges",
    [
        [*BASE, ("c", "a", "hard")],
        BASE[:1] + BASE[2:],
        [("a", ROOT, "soft"), *BASE[1:]],
        [("a", ROOT, "hard"), ("b", ROOT, "soft"), BASE[2]],
    ],
    ids=["another dependent", "a dependent less", "softer", "another path"],
)
def test_the_digest_changes_with_what_is_shown(edges: list[Edge]) -> None:
    assert found(edges)[0].digest != found(BASE)[0].digest


def test_the_digest_changes_with_versions_owners_and_the_question() -> None:
    # given
    nodes = facts(BASE)
    base = found(BASE)[0].digest
    # when
    others = [
        found(BASE, nodes=nodes | {"b": Facts("Service", 2)}),
        found(BASE, nodes=nodes | {ROOT: Facts("Service", 2)}),
        found(BASE, owners={"a": "team:other"}),
        found(BASE, change=ChangeKind.OUTAGE),
    ]
    # then
    digests = {impact.digest for impact, _ in others}
    assert len(digests) == 4
    assert base not in digests


def test_the_digest_stays_where_nothing_that_is_shown_changes() -> None:
    # given
    base = found(BASE)[0].digest
    # when something changes that the root does not reach
    elsewhere = found([*BASE, ("z", "x", "hard")], nodes=facts(BASE) | {"x": Facts("Service", 9)})
    # then
    assert elsewhere[0].digest == base


def test_what_is_truncated_has_no_digest() -> None:
    assert found(BASE, truncated=True)[0].digest is None
