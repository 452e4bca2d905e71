"""What the first page tells a new user to do, done in its order and its words."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

import httpx2
import pytest

from app.local.ports import free_ports
from tests.docs.commands import blocks
from tests.end_to_end.test_local_start import NAMES, SERVICES, Local
from tests.guards.sources import CHECKOUT

PAGE = (CHECKOUT / "README.md").read_text(encoding="utf-8")
APPLICATION = "online-boutique/boutique"
STATUS = """
query { status(application: "online-boutique/boutique", environment: "online-boutique@development", first: 100) {
  nodes { serviceName status image }
} }
"""
LOGIN = """
mutation($password: String!) { login(input: {name: "admin", password: $password}) { token } }
"""


class Node(TypedDict):
    """A node of a list."""

    name: str


class Edge(TypedDict):
    """An edge of a list."""

    node: Node


class Services(TypedDict):
    """A list of services."""

    edges: list[Edge]


class Application(TypedDict):
    """An application with its services."""

    name: str
    services: Services


class Row(TypedDict):
    """What runs of a service."""

    serviceName: str
    status: str
    image: str


class Status(TypedDict):
    """What runs."""

    nodes: list[Row]


class Data(TypedDict):
    """What was asked for."""

    application: Application
    status: Status


class Answer(TypedDict):
    """An answer without errors."""

    data: Data


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """A local start of the test's own, which is what the targets of the Makefile call."""
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    for target in ("up", "down"):
        assert re.search(rf"^{target}: runtime\n\t@\$\(BIN\)/python -m app\.local {target}$", makefile, re.M)
    place = tmp_path_factory.mktemp("readme")
    foreign = ("TRELLIS_", "NEO4J_", "REDIS_", "KUBECONFIG")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    chosen = {name: str(port) for name, port in zip(NAMES, free_ports(len(NAMES)), strict=True)}
    own = {
        "TRELLIS_LOCAL_FOLDER": str(place / "local"),
        "TRELLIS_CLI_CREDENTIALS": str(place / "tokens.json"),
        "TRELLIS_SERVER": f"http://127.0.0.1:{chosen['TRELLIS_API_PORT']}",
        "COLUMNS": "300",
    }
    found = Local(place / "local", kept | chosen | own)
    try:
        ended = found.run("up")
        assert ended.returncode == 0, ended.stdout
        yield found
    finally:
        found.run("down")


def ask(started: Local, query: str) -> Answer:
    """What the API answers to a query of the administrator."""
    address = f"{started.environment['TRELLIS_SERVER']}/graphql"
    with httpx2.Client() as client:
        signed_in = client.post(
            address, json={"query": LOGIN, "variables": {"password": started.secrets["admin_password"]}}
        )
        token = signed_in.json()["data"]["login"]["token"]
        answer: Answer = client.post(
            address, json={"query": query}, headers={"Authorization": f"Bearer {token}"}
        ).json()
    return answer


def test_the_commands_do_what_the_page_says(started: Local, tmp_path: Path) -> None:
    # given the page's commands for the command line, and a copy of the checkout's examples to edit
    shutil.copytree(CHECKOUT / "examples", tmp_path / "examples")
    (tmp_path / ".venv").symlink_to(CHECKOUT / ".venv")
    parts = [block.text for block in blocks() if str(block.page) == "README.md" and "trellis " in block.text]
    assert len(parts) == 4
    edited = tmp_path / "examples" / "online-boutique" / "services" / "redis-cart.yaml"
    [image] = re.findall(r"`(image: \S+)` in `examples/online-boutique/services/redis-cart.yaml`", PAGE)
    before = edited.read_text(encoding="utf-8")
    assert before.count(image) == 1
    said = []
    # when they are run in order, with the one change that the page asks for after the first
    for number, part in enumerate(parts):
        if number == 1:
            edited.write_text(before.replace(image, "image: redis:8.2.2-alpine"), encoding="utf-8")
        script = f"set -e\n{parts[0].splitlines()[0]}\n{part}"
        ended = subprocess.run(
            ["sh", "-c", script],
            cwd=tmp_path,
            env=started.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout
        said.append(ended.stdout)
    status, planned, deployed, blocked = said
    # then each answers as the page says
    assert {name for name in SERVICES if f"{APPLICATION}/{name} " in status} == SERVICES
    assert "0 created, 1 updated, 16 unchanged, 0 deleted\n" in planned
    assert "0 to create, 1 to update, 0 to delete, 11 unchanged\n" in planned
    assert re.search(r"^ +1 +update +redis-cart ", planned, re.M)
    assert "succeeded: 1 of 1 step succeeded, 0 failed, 0 skipped" in deployed
    assert len(re.findall(r"^ +0 +blocked ", blocked, re.M)) == 12
    assert "redis-cart 8.2.2-alpine-" in blocked
    assert "does not run in staging yet, which comes before production" in blocked
    # and what was deployed is what the manifest asks for
    answer = ask(started, STATUS)["data"]["status"]["nodes"]
    assert [row for row in answer if row["serviceName"] == "redis-cart"] == [
        {"serviceName": "redis-cart", "status": "SUCCEEDED", "image": "redis:8.2.2-alpine"}
    ]


def test_the_page_s_query_is_answered(started: Local) -> None:
    # given the query of the page
    [text] = re.findall(r"```graphql\n(.*?)```", PAGE, re.S)
    # when it is asked
    application = ask(started, text)["data"]["application"]
    # then it shows the example
    assert application["name"] == "boutique"
    assert {edge["node"]["name"] for edge in application["services"]["edges"]} == SERVICES


def test_the_demonstration_takes_a_release_to_production(started: Local) -> None:
    # given the command line on the path, as the page has it
    path = {"PATH": f"{CHECKOUT / '.venv' / 'bin'}:{started.environment['PATH']}"}
    script = CHECKOUT / "examples" / "online-boutique" / "demo.sh"
    # when the script is run, and run again
    first, second = (
        subprocess.run(
            [str(script)],
            env=started.environment | path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        for _ in range(2)
    )
    # then it ends well both times, having been refused once on the way
    assert first.returncode == 0, first.stdout
    assert second.returncode == 0, second.stdout
    assert first.stdout.count("0 unchanged, 12 blocked") == 1
    assert first.stdout.count("12 to create, 0 to update, 0 to delete, 0 unchanged\n") == 1
    assert first.stdout.count("12 of 12 steps succeeded, 0 failed, 0 skipped") == 2
    assert "blocked" not in second.stdout
    assert second.stdout.count("nothing to deploy") == 3
    nodes = ask(started, STATUS.replace("@development", "@production"))["data"]["status"]["nodes"]
    assert {row["serviceName"] for row in nodes if row["status"] == "SUCCEEDED"} == SERVICES
