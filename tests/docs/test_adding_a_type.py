"""The diff of docs/adding-a-type.md, applied to a copy of this checkout, served and asked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from graphql import build_schema, parse, validate
from pydantic import JsonValue

from app.local.ports import free_ports
from tests.api import KEY, PASSWORD
from tests.guards.sources import CHECKOUT, files
from tests.platform import SHOP, environment, service
from tests.servers import own_neo4j

PAGE = CHECKOUT / "docs" / "adding-a-type.md"
MOST_LINES = 80
PROBLEMS = "problems { __typename code message field }"
RUNBOOK = "shop/boutique/cart/runbooks/restart"


def diff() -> str:
    """The diff on the page."""
    [found] = re.findall(r"^```diff\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    return str(found)


@dataclass(frozen=True, slots=True)
class Copy:
    """The tree with the diff applied, and an environment with servers of its own."""

    folder: Path
    environment: Mapping[str, str]
    url: str

    def run(self, *words: str, expected: int = 0) -> str:
        """Run a module of the copy and return what it says."""
        ended = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=self.folder,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == expected, ended.stdout + ended.stderr
        return ended.stdout + ended.stderr

    def git(self, *words: str, text: str | None = None) -> None:
        """Run git in the copy."""
        subprocess.run(["git", *words], cwd=self.folder, input=text, text=True, check=True, capture_output=True)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Copy]:
    """A copy of this checkout with the diff applied, whose Neo4j nobody else uses."""
    folder = tmp_path_factory.mktemp("copy") / "trellis"
    for path in files():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / path, folder / path)
    server = own_neo4j(tmp_path_factory.mktemp("neo4j"))
    [port] = free_ports(1)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TRELLIS_", "KUBECONFIG"))}
    environment = kept | {
        "PYTHONDONTWRITEBYTECODE": "1",
        "TRELLIS_NEO4J_URI": server.uri,
        "TRELLIS_NEO4J_PASSWORD": server.password,
        "TRELLIS_REDIS_URL": redis_url,
        "TRELLIS_AUTH_SIGNING_KEY": KEY,
        "TRELLIS_AUTH_ADMIN_PASSWORD": PASSWORD,
        "TRELLIS_TENANT": "adding",
        "TRELLIS_API_PORT": str(port),
        "TRELLIS_NEO4J_STATEMENT_TIMEOUT": "120",
        "TRELLIS_TEST_NEO4J_URI": server.uri,
        "TRELLIS_TEST_NEO4J_PASSWORD": server.password,
        "TRELLIS_TEST_REDIS_URL": redis_url,
    }
    made = Copy(folder, environment, f"http://127.0.0.1:{port}")
    made.git("init", "-q")
    made.git("apply", "-", text=diff())
    made.git("add", "--all")
    made.run("graph_schema.export")
    try:
        server.start(300)
        yield made
    finally:
        server.stop()


@pytest.fixture
def api(copy: Copy) -> Iterator[Copy]:
    """The API of the copy, on a migrated graph."""
    copy.run("app.main", "migrate")
    process = subprocess.Popen(
        [sys.executable, "-m", "app.main", "serve"],
        cwd=copy.folder,
        env=dict(copy.environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + 60
        while True:
            assert process.poll() is None, "the API of the copy ended"
            assert time.monotonic() < end, "the API of the copy does not answer"
            try:
                if httpx2.get(f"{copy.url}/ready").status_code == httpx2.codes.OK:
                    break
            except httpx2.HTTPError:
                time.sleep(0.1)
        yield copy
    finally:
        process.terminate()
        process.wait(timeout=30)


class Caller:
    """Asks the API of the copy as its administrator."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._headers: dict[str, str] = {}
        answer = self.mutate("login", {"name": "admin", "password": PASSWORD}, "token")
        self._headers = {"Authorization": f"Bearer {answer['token']}"}

    def ask(self, query: str, variables: Mapping[str, JsonValue] | None = None) -> dict[str, JsonValue]:
        """The data of a request that must succeed without errors."""
        body = {"query": query, "variables": dict(variables or {})}
        answer = httpx2.post(f"{self._url}/graphql", json=body, headers=self._headers, timeout=30).json()
        assert "errors" not in answer, answer
        data: dict[str, JsonValue] = answer["data"]
        return data

    def mutate(self, field: str, input: Mapping[str, JsonValue], selection: str) -> dict[str, JsonValue]:
        """The payload of a mutation."""
        name = "DeleteInput" if field.startswith("delete") else f"{field[0].upper()}{field[1:]}Input"
        query = f"mutation M($input: {name}!) {{ answer: {field}(input: $input) {{ {selection} {PROBLEMS} }} }}"
        answer = self.ask(query, {"input": dict(input)})["answer"]
        assert isinstance(answer, dict)
        return answer


def test_the_diff_is_short() -> None:
    # given the page
    # when the lines of its diff are counted
    # then a type with two edges takes fewer than eighty
    assert 0 < len(diff().splitlines()) < MOST_LINES


def test_a_label_without_its_key_is_refused_with_the_statement(copy: Copy) -> None:
    # given the copy without the new migration
    migration = copy.folder / "cypher" / "migrations" / "0100_runbook_key"
    aside = copy.folder.parent / "aside"
    migration.rename(aside)
    # when the graph is migrated
    try:
        said = copy.run("app.main", "migrate", expected=1)
    finally:
        aside.rename(migration)
    # then it says which statement is missing
    assert "CREATE CONSTRAINT runbook_key IF NOT EXISTS FOR (n:Runbook) REQUIRE (n.tenant, n.id) IS UNIQUE" in said


def test_the_new_type_is_created_read_changed_listed_and_deleted(api: Copy) -> None:
    # given a service and an environment
    caller = Caller(api.url)
    applied = caller.mutate(
        "applyManifests", {"manifests": [*SHOP, environment("live"), service("cart")]}, "results { id }"
    )
    assert applied["problems"] == []
    wanted = {"service": "shop/boutique/cart", "name": "restart", "url": "https://example.com/1"}
    # when a runbook is created, refused, changed, listed
    created = caller.mutate(
        "createRunbook",
        {**wanted, "environments": ["shop@dev"]},
        "runbook { id version url service { id } environments { nodes { id } } }",
    )
    again = caller.mutate("createRunbook", wanted, "runbook { id }")
    wrong = caller.mutate("updateRunbook", {"id": RUNBOOK, "url": "http://example.com"}, "runbook { id }")
    changed = caller.mutate(
        "updateRunbook",
        {"id": RUNBOOK, "url": "https://example.com/2", "environments": ["shop@live"], "expectedVersion": 1},
        "runbook { version url environments { nodes { id } } }",
    )
    listed = caller.ask(
        f'{{ runbook(id: "{RUNBOOK}") {{ name }} service(id: "shop/boutique/cart") {{ runbooks {{ nodes {{ id }} }} }}'
        ' runbooks(where: {service: {id: {eq: "shop/boutique/cart"}}}) { totalCount nodes { id } }'
        ' none: runbooks(where: {url: {eq: "x"}}) { totalCount } }'
    )
    told = caller.ask(f'{{ events(filter: {{subject: "{RUNBOOK}"}}) {{ nodes {{ type applicationId }} }} }}')
    deleted = caller.mutate("deleteRunbook", {"id": RUNBOOK, "expectedVersion": 2}, "id")
    gone = caller.ask("{ runbooks { totalCount } }")
    # then each did what it says
    assert created == {
        "runbook": {
            "id": RUNBOOK,
            "version": 1,
            "url": "https://example.com/1",
            "service": {"id": "shop/boutique/cart"},
            "environments": {"nodes": [{"id": "shop@dev"}]},
        },
        "problems": [],
    }
    [problem] = again["problems"] if isinstance(again["problems"], list) else []
    assert isinstance(problem, dict)
    assert (problem["__typename"], problem["field"]) == ("Conflict", "name")
    [problem] = wrong["problems"] if isinstance(wrong["problems"], list) else []
    assert isinstance(problem, dict)
    assert (problem["__typename"], problem["field"]) == ("InvalidInput", "url")
    assert changed == {
        "runbook": {"version": 2, "url": "https://example.com/2", "environments": {"nodes": [{"id": "shop@live"}]}},
        "problems": [],
    }
    assert listed == {
        "runbook": {"name": "restart"},
        "service": {"runbooks": {"nodes": [{"id": RUNBOOK}]}},
        "runbooks": {"totalCount": 1, "nodes": [{"id": RUNBOOK}]},
        "none": {"totalCount": 0},
    }
    assert told == {
        "events": {
            "nodes": [
                {"type": "runbook.created", "applicationId": "shop/boutique"},
                {"type": "runbook.updated", "applicationId": "shop/boutique"},
            ]
        }
    }
    assert deleted == {"id": RUNBOOK, "problems": []}
    assert gone == {"runbooks": {"totalCount": 0}}


def test_a_service_takes_its_runbooks_along(api: Copy) -> None:
    # given a service with a runbook
    caller = Caller(api.url)
    caller.mutate("applyManifests", {"manifests": [*SHOP, service("web")]}, "results { id }")
    input = {"service": "shop/boutique/web", "name": "restart", "url": "https://example.com/1"}
    assert caller.mutate("createRunbook", input, "runbook { id }")["problems"] == []
    # when the service is deleted
    deleted = caller.mutate("deleteService", {"id": "shop/boutique/web"}, "id")
    # then so is the runbook
    assert deleted["problems"] == []
    assert caller.ask("{ runbooks { totalCount } }") == {"runbooks": {"totalCount": 0}}


def test_the_new_type_has_its_page(copy: Copy) -> None:
    # given the copy, with what was written from its declarations
    page = (copy.folder / "docs" / "schema" / "runbook.md").read_text(encoding="utf-8")
    schema = build_schema((copy.folder / "graph_schema" / "schema.graphql").read_text(encoding="utf-8"))
    [query] = re.findall(r"^```gql\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    # when its page is read, and the tutorial's query is held against the copy's schema
    # then the query is valid, and the page says what the declaration says
    assert validate(schema, parse(query)) == []
    assert "| id | `{service}/runbooks/{name}` |" in page
    assert "| mutations | `createRunbook`, `updateRunbook`, `deleteRunbook` |" in page
    assert "(:Runbook)<-[:HAS_RUNBOOK]-(:Service)" in page


def test_the_guards_pass_with_the_new_type(copy: Copy) -> None:
    # given the copy
    # when what guards the house is run in it, as far as a new type can offend it
    said = copy.run(
        "pytest",
        "-q",
        "--no-header",
        "-p",
        "no:cacheprovider",
        "-k",
        "test_rooms or test_declarations or declared",
        "tests/guards/test_rooms.py",
        "tests/guards/test_tenants.py",
        "tests/graph_schema/test_declarations.py",
    )
    # then all of it passes
    assert re.search(r"\d+ passed", said)
    assert "failed" not in said
