"""Waves and cycles, compared with rustworkx on generated graphs."""

from __future__ import annotations

import rustworkx
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import ordering

Needs = dict[str, set[str]]


@st.composite
def graphs(draw: st.DrawFn, *, acyclic: bool) -> Needs:
    """A graph of up to 12 nodes; an acyclic one has edges to earlier nodes only, under shuffled names."""
    size = draw(st.integers(0, 12))
    names = draw(st.permutations([f"n{number}" for number in range(size)]))
    needs: Needs = {}
    for position, name in enumerate(names):
        among = names[:position] if acyclic else names
        needs[name] = draw(st.sets(st.sampled_from(among), max_size=4)) if among else set()
    return needs


def oracle(needs: Needs) -> tuple[rustworkx.PyDiGraph[str, None], dict[str, int]]:
    """The same graph for rustworkx, with edges from what is needed to what needs it."""
    graph: rustworkx.PyDiGraph[str, None] = rustworkx.PyDiGraph()
    numbers = {name: graph.add_node(name) for name in sorted(needs)}
    for name, on in needs.items():
        for one in on:
            graph.add_edge(numbers[one], numbers[name], None)
    return graph, numbers


@settings(deadline=None)
@given(graphs(acyclic=True))
def test_waves_are_the_topological_generations(needs: Needs) -> None:
    # given
    graph, _ = oracle(needs)
    # when
    waves = ordering.waves(needs)
    # then
    generations = [{graph[node] for node in generation} for generation in rustworkx.topological_generations(graph)]
    assert [{name for name in waves if waves[name] == wave} for wave in range(1, len(generations) + 1)] == generations
    assert set(waves) == set(needs)


@settings(deadline=None)
@given(graphs(acyclic=True))
def test_everything_needed_is_in_an_earlier_wave(needs: Needs) -> None:
    # when
    waves = ordering.waves(needs)
    # then
    assert all(waves[one] < waves[name] for name, on in needs.items() for one in on)
    assert ordering.find_cycle(needs) == ()
    assert ordering.tangled(needs) == set()


@settings(deadline=None)
@given(graphs(acyclic=False))
def test_a_cycle_that_is_named_is_one(needs: Needs) -> None:
    # given
    graph, _ = oracle(needs)
    # when
    cycle = ordering.find_cycle(needs)
    # then
    assert bool(cycle) is not rustworkx.is_directed_acyclic_graph(graph)
    assert len(set(cycle)) == len(cycle)
    assert all(following in needs[name] for name, following in zip(cycle, (*cycle[1:], *cycle[:1]), strict=True))


@settings(deadline=None)
@given(graphs(acyclic=False))
def test_what_cannot_be_ordered_is_in_cycles_or_between_them(needs: Needs) -> None:
    # given
    graph, numbers = oracle(needs)
    circling = {
        graph[node]
        for component in rustworkx.strongly_connected_components(graph)
        for node in component
        if len(component) > 1 or graph.has_edge(node, node)
    }
    # when
    tangled = ordering.tangled(needs)
    # then
    after = {name for name in needs for one in circling if name in _reached(graph, numbers[one]) or name == one}
    before = {name for name in needs for one in circling if one in _reached(graph, numbers[name]) or name == one}
    assert tangled == after & before


@settings(deadline=None)
@given(graphs(acyclic=False))
def test_the_order_in_which_a_graph_is_said_does_not_matter(needs: Needs) -> None:
    # given
    turned = {name: sorted(on, reverse=True) for name, on in reversed(needs.items())}
    # then
    assert ordering.find_cycle(turned) == ordering.find_cycle(needs)
    assert ordering.waves(turned) == ordering.waves(needs)


def test_a_cycle_starts_at_its_smallest_node() -> None:
    # given
    needs = {"cart": {"redis"}, "redis": {"checkout"}, "checkout": {"cart"}, "mail": {"cart"}}
    # then
    assert ordering.find_cycle(needs) == ("cart", "redis", "checkout")


def _reached(graph: rustworkx.PyDiGraph[str, None], node: int) -> set[str]:
    return {graph[one] for one in rustworkx.descendants(graph, node)}
