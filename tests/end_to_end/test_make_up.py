"""A fresh checkout: `make up`, what it says and leaves behind, `make up` again, and `make down`."""

from __future__ import annotations

import http.client
import json
import re
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.local.kubernetes import KubernetesTestbed
from app.local.ports import is_free
from app.local.processes import alive
from app.local.state import State
from tests.end_to_end.checkout import PORTS, Checkout, clone
from tests.end_to_end.cluster_view import deployments, has_namespace
from tests.end_to_end.manifests import example, images
from tests.providers.cluster import Cluster
from tests.web.browser import open_page


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """A checkout in which nothing was ever started; a space in its path must not matter."""
    found = clone(tmp_path_factory.mktemp("make-up") / "my trellis")
    try:
        yield found
    finally:
        found.make("down")


@pytest.fixture(scope="module")
def first(checkout: Checkout) -> str:
    """What the first `make up` said."""
    ended = checkout.make("up")
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


def get(address: str, path: str) -> tuple[int, str]:
    """Status and body."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def deployed(checkout: Checkout) -> list[tuple[str, str, int, int]]:
    """The runs that had anything to do."""
    found = json.loads(checkout.trellis("--json", "runs"))["runs"]
    return [(run["id"], run["state"], run["total"], run["succeeded"]) for run in found if run["total"]]


def test_a_port_in_use_is_said_with_the_setting_to_change(checkout: Checkout) -> None:
    # given
    port = checkout.port("TRELLIS_API_PORT")
    with socket.create_server(("127.0.0.1", port)):
        # when
        ended = checkout.make("up")

    # then
    assert ended.returncode != 0
    assert f"Port {port} on 127.0.0.1, wanted for the api, is in use by another program. " in ended.stdout
    assert f"choose another port: TRELLIS_API_PORT={port + 10_000} make up" in ended.stdout
    assert checkout.processes() == {}


def test_the_first_time_deploys_the_example_and_says_where_everything_is(checkout: Checkout, first: str) -> None:
    # then: how far it is, then each event as it comes, then what is up
    starting, _, rest = first.partition("The example, examples/online-boutique:\n")
    events, _, summary = rest.partition("\nTrellis is up\n")
    for step in ("Redis", "Playground", "Neo4j", "Migrations", "Start api", "Start worker"):
        assert re.search(rf"^✓ {step}", starting, re.MULTILINE), step
    assert starting.index("✓ Playground") < starting.index("✓ Start api")
    assert "17 created, 0 updated, 0 unchanged, 0 deleted" in events
    assert events.count("run.step.succeeded") == 12
    assert re.search(r"^run \S+ succeeded: 12 of 12 steps succeeded, 0 failed, 0 skipped, in ", events, re.MULTILINE)
    secret = json.loads((checkout.folder / ".trellis" / "credentials.json").read_text())
    assert [re.split(r"\s{2,}", line.strip(), maxsplit=1) for line in summary.splitlines()] == [
        ["Playground", f"{checkout.address}/"],
        ["sign in as", f"admin, password {secret['admin_password']}"],
        ["Neo4j Browser", f"http://127.0.0.1:{checkout.port('TRELLIS_LOCAL_NEO4J_HTTP_PORT')}/browser/"],
        ["connect to", f"bolt://127.0.0.1:{checkout.port('TRELLIS_LOCAL_NEO4J_BOLT_PORT')}"],
        ["sign in as", f"neo4j, password {secret['neo4j_password']}"],
        [
            "Deployed to",
            "the echo provider: the steps were played, no cluster was touched (see `make kubernetes`)",
        ],
        ["Credentials", str(checkout.folder / ".trellis" / "credentials.json")],
        ["Logs", str(checkout.folder / ".trellis" / "logs")],
        ["Stop", "make down (data stays)"],
    ]


def test_what_the_summary_says_is_so(checkout: Checkout, first: str) -> None:
    # when
    page = get(checkout.address, "/")
    ready = get(checkout.address, "/ready")
    worker = get(f"http://127.0.0.1:{checkout.port('TRELLIS_WORKER_PORT')}", "/ready")

    # then
    assert (page[0], '<div id="root">' in page[1]) == (200, True)
    assert (ready[0], worker[0]) == (200, 200)
    assert stat.S_IMODE((checkout.folder / ".trellis" / "credentials.json").stat().st_mode) == 0o600
    assert [run[1:] for run in deployed(checkout)] == [("SUCCEEDED", 12, 12)]


async def test_the_neo4j_browser_lets_one_in_with_what_the_summary_says(
    checkout: Checkout, first: str, tmp_path: Path
) -> None:
    # given
    password = json.loads((checkout.folder / ".trellis" / "credentials.json").read_text())["neo4j_password"]
    bolt = f"127.0.0.1:{checkout.port('TRELLIS_LOCAL_NEO4J_BOLT_PORT')}"
    async with open_page(tmp_path) as page:
        # when
        await page.goto(f"http://127.0.0.1:{checkout.port('TRELLIS_LOCAL_NEO4J_HTTP_PORT')}/browser/")
        await page.until(f"document.querySelector('[data-testid=boltaddress]').value === '{bolt}'")
        await page.fill("username", "neo4j")
        await page.fill("password", password)
        await page.click("connect")

        # then
        await page.until("document.body.innerText.includes('You are connected as user neo4j')")


@pytest.mark.alone
def test_the_second_time_takes_seconds_and_deploys_nothing(checkout: Checkout, first: str) -> None:
    # given
    before = checkout.processes()
    runs = deployed(checkout)

    # when
    began = time.monotonic()
    ended = checkout.make("up")
    seconds = time.monotonic() - began

    # then
    assert ended.returncode == 0, ended.stdout
    assert "0 created, 0 updated, 17 unchanged, 0 deleted" in ended.stdout
    assert "nothing to deploy: 0 to create, 0 to update, 0 to delete, 12 unchanged" in ended.stdout
    assert ended.stdout.partition("Trellis is up\n")[2] == first.partition("Trellis is up\n")[2]
    assert (checkout.processes(), deployed(checkout)) == (before, runs)
    assert seconds < 60


def test_with_a_kubeconfig_the_example_moves_to_that_cluster(
    checkout: Checkout, first: str, kubernetes_testbed: KubernetesTestbed, cluster: Cluster
) -> None:
    # given
    namespace = "online-boutique-development"
    assert not has_namespace(cluster, namespace)
    documents = example("online-boutique")

    # when
    kubeconfig = str(kubernetes_testbed.kubeconfig)
    ended = checkout.make("up", KUBECONFIG=kubeconfig)

    # then
    assert ended.returncode == 0, ended.stdout
    assert re.search(rf"^  Deployed to +Kubernetes, {re.escape(kubeconfig)}$", ended.stdout, re.MULTILINE)
    found = deployments(cluster, namespace)
    assert {name: one.image for name, one in found.items()} == images(documents)
    assert {(one.wanted, one.ready) for one in found.values()} == {(1, 1)}


def test_stopping_ends_all_that_was_started_and_nothing_else(checkout: Checkout, first: str) -> None:
    # given
    started = State(checkout.folder / ".trellis").processes()
    assert {name for name, process in started.items() if alive(process)} == {"neo4j", "redis", "api", "worker"}
    with socket.create_server(("127.0.0.1", 0)) as foreign:
        # when
        ended = checkout.make("down")

        # then
        assert ended.returncode == 0, ended.stdout
        socket.create_connection(foreign.getsockname(), timeout=5).close()
    assert checkout.processes() == {}
    assert [setting for setting in PORTS if not is_free(checkout.port(setting))] == []
    assert (checkout.folder / ".trellis" / "neo4j" / "data").is_dir()
