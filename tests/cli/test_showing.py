"""What the command line shows and finds, lists and follows, as a process of its own against the real API."""

from __future__ import annotations

import asyncio
import re
import signal
from pathlib import Path

from tests.cli.shell import SHOP, Shell


async def test_a_search_finds_what_is_called_like_this(signed_in: Shell, tmp_path: Path) -> None:
    # given
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP)
    assert (await signed_in("apply", "-f", str(file))).code == 0

    # when
    found = await signed_in("search", "boutique", "redsi")
    narrowed = await signed_in("search", "shop", "--kind", "application", "--kind", "service", "--json")
    first = await signed_in("search", "shop", "--limit", "1", "--json")
    nothing = await signed_in("search", "***")
    unknown = await signed_in("search", "shop", "--kind", "cluster")
    empty = await signed_in("search", " ")

    # then
    assert [re.split(r"\s{2,}", line)[:3] for line in found.lines] == [
        ["KIND", "ID", "NAME"],
        ["Service", "shop/boutique/redis", "redis"],
    ]
    hits = narrowed.json["search"]
    assert isinstance(hits, list)
    assert [(hit["__typename"], hit["id"]) for hit in hits if isinstance(hit, dict)] == [
        ("Application", "shop/boutique"),
        ("Service", "shop/boutique/cart"),
        ("Service", "shop/boutique/redis"),
    ]
    assert first.json == {"search": [{"__typename": "Project", "id": "shop", "name": "shop", "description": ""}]}
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "nothing is called like this\n")
    assert (unknown.code, unknown.out) == (1, "")
    assert "'CLUSTER' does not exist in 'NodeKind' enum" in unknown.err
    assert (empty.code, empty.out) == (1, "")
    assert "text is empty: say what to look for" in empty.err


async def test_what_does_not_exist_is_an_error(signed_in: Shell) -> None:
    for command in (
        ("plan", "shop/nothing", "shop@test"),
        ("deploy", "shop/nothing", "shop@test"),
        ("deploy", "--plan", "nothing"),
        ("status", "shop/nothing"),
        ("status", "shop/nothing", "shop@nowhere"),
        ("graph", "shop/nothing"),
        ("run", "show", "nothing"),
    ):
        # when
        ended = await signed_in(*command)

        # then
        assert (ended.code, ended.out) == (1, ""), command
        assert ended.err.startswith("error NOT_FOUND "), command


async def test_what_others_depend_on_is_deleted_after_looking(signed_in: Shell, tmp_path: Path) -> None:
    # given redis, which cart needs
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP)
    assert (await signed_in("apply", "-f", str(file))).code == 0
    redis = "shop/boutique/redis"

    # when looked at
    shown = await signed_in("impact", redis)
    found = (await signed_in("impact", redis, "--json")).json
    outage = (await signed_in("impact", redis, "--change", "outage", "--json")).json

    # then
    assert shown.code == 0, shown.err
    assert f"{redis} <-DEPENDS_ON- shop/boutique/cart" in shown.out
    assert shown.lines[-2:] == ["2 nodes affected: 1 Service, 1 ServiceVersion", f"digest {found['digest']}"]
    assert (found["total"], found["change"], outage["total"]) == (2, "DELETE", 1)

    # when it is not confirmed, asked for in a script, or changed since
    refused = await signed_in("delete", redis, stdin="n\n")
    script = await signed_in("delete", redis, "--json")
    stale = await signed_in("delete", redis, "--digest", str(outage["digest"]))
    unknown = await signed_in("delete", "shop/boutique/cart@test")

    # then
    assert [ended.code for ended in (refused, script, stale, unknown)] == [1, 2, 1, 2]
    assert "NOT_CONFIRMED" in refused.err
    assert "STALE_IMPACT" in stale.err
    assert "used by shop/boutique/cart" in stale.err
    assert (await signed_in("impact", redis, "--json")).json["digest"] == found["digest"]

    # when it is
    deleted = await signed_in("delete", redis, stdin="y\n")
    gone = await signed_in("delete", "shop/boutique/cart", "--yes", "--json")

    # then
    assert (deleted.code, deleted.lines[-1]) == (0, f"deleted {redis}"), deleted.err
    assert gone.json == {"deleted": "shop/boutique/cart"}
    services = await signed_in("get", "services", "--json")
    assert services.json == {"services": []}


async def test_the_graph_is_shown_in_each_mode(signed_in: Shell, tmp_path: Path) -> None:
    # given
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP)
    assert (await signed_in("apply", "-f", str(file))).code == 0
    found = {}
    for mode in ("desired", "planned", "actual"):
        # when
        graph = (await signed_in("graph", "shop/boutique", "--mode", mode, "--json")).json
        assert isinstance(graph["nodes"], list)
        found[mode] = sum(1 for node in graph["nodes"] if isinstance(node, dict) and node["label"] == "Deployment")
    # then nothing is planned or runs yet
    assert found == {"desired": 2, "planned": 0, "actual": 0}


async def test_events_are_listed_from_either_end(signed_in: Shell, tmp_path: Path) -> None:
    # given
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP)
    assert (await signed_in("apply", "-f", str(file))).code == 0

    async def numbers(*options: str) -> list[int]:
        events = (await signed_in("events", "--json", *options)).json["events"]
        assert isinstance(events, list)
        return [event["seq"] for event in events if isinstance(event, dict)]  # type: ignore[misc]

    # then
    everything = await numbers("--after", "0")
    assert everything == list(range(1, len(everything) + 1))
    assert len(everything) >= 5
    assert await numbers() == everything
    assert await numbers("--limit", "2") == everything[-2:]
    assert await numbers("--after", "2", "--limit", "2") == [3, 4]
    services = await numbers("--type", "service.")
    assert 0 < len(services) < len(everything)
    assert await numbers("--type", "service.", "--limit", "1") == services[-1:]
    assert await numbers("--text", "nothing of the kind") == []


async def test_following_shows_what_happens_until_it_is_interrupted(signed_in: Shell, tmp_path: Path) -> None:
    # given
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP)
    following = await signed_in.start("events", "--follow", "--after", "0", "--type", "service.", "--json")
    assert following.stdout is not None
    assert following.stderr is not None

    # when
    assert (await signed_in("apply", "-f", str(file))).code == 0
    async with asyncio.timeout(60):
        lines = [await following.stdout.readline() for _ in range(2)]
    following.send_signal(signal.SIGINT)
    async with asyncio.timeout(60):
        code = await following.wait()

    # then
    assert [b'"type":"service.created"' in line for line in lines] == [True, True]
    assert code == 130
    assert await following.stderr.read() == b""


async def test_a_reader_that_goes_away_is_no_failure_to_talk_about(signed_in: Shell, tmp_path: Path) -> None:
    # given
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP)
    assert (await signed_in("apply", "-f", str(file))).code == 0
    process = await signed_in.start("events", "--after", "0", "--json")
    assert process.stdout is not None
    assert process.stderr is not None

    # when
    process.stdout._transport.close()  # type: ignore[attr-defined]
    async with asyncio.timeout(60):
        code = await process.wait()

    # then
    assert code == 141
    assert await process.stderr.read() == b""


async def test_the_graph_has_every_form(signed_in: Shell, tmp_path: Path) -> None:
    # given
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP)
    assert (await signed_in("apply", "-f", str(file))).code == 0

    # when
    tree, table, dot, json = [
        await signed_in("graph", "shop/boutique", "--format", form) for form in ("tree", "table", "dot", "json")
    ]

    # then
    assert [ended.code for ended in (tree, table, dot, json)] == [0, 0, 0, 0]
    assert any(line.endswith("DEPENDS_ON Service shop/boutique/redis (hard)") for line in tree.lines)
    edge = ["shop/boutique/cart", "DEPENDS_ON", "shop/boutique/redis", "hard"]
    assert any(line.split() == edge for line in table.lines)
    assert '  "shop/boutique/cart" -> "shop/boutique/redis" [label="DEPENDS_ON"];' in dot.lines
    edges = json.json["edges"]
    assert isinstance(edges, list)
    assert dict(zip(("from", "type", "to", "kind"), edge, strict=True)) in edges
