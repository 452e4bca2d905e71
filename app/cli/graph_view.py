"""The graph of the platform as a tree, as tables and for Graphviz."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from app.cli.listings import Edge, Graph, Node
from app.cli.output import clean
from app.cli.tables import cell, state, table

_COLOURS = {
    "Project": "lightblue",
    "Environment": "palegreen",
    "Application": "gold",
    "Service": "white",
    "Deployment": "lightgrey",
}


def tree_of(graph: Graph) -> RenderableType:
    """Nodes below the nodes that lead to them; what stands above already is named once more and not opened again."""
    nodes = {node.id: node for node in graph.nodes}
    leads: dict[str, list[Edge]] = defaultdict(list)
    for edge in graph.edges:
        if edge.source in nodes and edge.target in nodes:
            leads[edge.source].append(edge)
    reached = {edge.target for edges in leads.values() for edge in edges if edge.source != edge.target}
    roots = [node.id for node in graph.nodes if node.id not in reached]
    shown: set[str] = set()
    trees = [_grow(nodes, leads, root, shown) for root in roots]
    # What only leads around in a circle has no root: begin anywhere in it.
    trees += [_grow(nodes, leads, id, shown) for id in nodes if id not in shown]
    return Group(*trees)


def table_of(graph: Graph) -> RenderableType:
    """Nodes, then edges, one a line."""
    nodes = table("KIND", "ID", "STATUS")
    for node in graph.nodes:
        nodes.add_row(cell(node.label), cell(node.id), state(node.status))
    edges = table("FROM", "EDGE", "TO", "KIND")
    for edge in graph.edges:
        edges.add_row(cell(edge.source), cell(edge.type), cell(edge.target), cell(edge.kind))
    return Group(nodes, Text(""), edges)


def dot_of(graph: Graph) -> str:
    """The graph in the language of Graphviz."""
    lines = ["digraph trellis {", "  rankdir=LR;", '  node [shape=box, style="rounded,filled", fillcolor=white];']
    for node in graph.nodes:
        said = _quoted(node.name, node.label, *([node.status.lower()] if node.status else []))
        colour = _COLOURS.get(node.label, "white")
        lines.append(f"  {_quoted(node.id)} [label={said}, fillcolor={colour}];")
    for edge in graph.edges:
        style = ", style=dashed" if (edge.kind or "").lower() == "soft" else ""
        lines.append(f"  {_quoted(edge.source)} -> {_quoted(edge.target)} [label={_quoted(edge.type)}{style}];")
    return "\n".join([*lines, "}"])


def _grow(nodes: dict[str, Node], leads: dict[str, list[Edge]], root: str, shown: set[str]) -> Tree:
    tree = Tree(_label(nodes[root]))
    shown.add(root)
    growing: list[tuple[Tree, Sequence[Edge]]] = [(tree, leads[root])]
    while growing:
        branch, edges = growing.pop()
        for edge in edges:
            again = edge.target in shown
            twig = branch.add(_label(nodes[edge.target], edge, again=again and bool(leads[edge.target])))
            if not again:
                shown.add(edge.target)
                growing.append((twig, leads[edge.target]))
    return tree


def _label(node: Node, edge: Edge | None = None, *, again: bool = False) -> Text:
    text = Text(f"{clean(edge.type)} " if edge else "", "dim")
    text.append(f"{clean(node.label)} ", "cyan")
    text.append(clean(node.id), "bold")
    if edge is not None and edge.kind:
        text.append(f" ({clean(edge.kind.lower())})", "dim")
    if node.status:
        text.append(" ").append_text(state(node.status))
    if again:
        text.append(" …", "dim")
    return text


def _quoted(*lines: str) -> str:
    escaped = (clean(line).replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") for line in lines)
    return '"' + "\\n".join(escaped) + '"'
