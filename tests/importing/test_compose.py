"""Docker Compose files become services, and everything that does not is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import JsonValue

from app.domain.importing.compose import import_compose
from app.domain.importing.pieces import Imported
from app.domain.manifest_files import read_documents
from app.domain.manifest_validation import field_name
from app.domain.names import ApplicationName

SAMPLE = Path(__file__).parent / "samples" / "compose.yaml"
POLL = ApplicationName("shop", "poll")


def specs(imported: Imported) -> dict[str, JsonValue]:
    """The specification of each service, by its name."""
    found: dict[str, JsonValue] = {}
    for manifest in imported.manifests:
        metadata = manifest["metadata"]
        assert isinstance(metadata, dict)
        assert (metadata["project"], metadata["application"]) == ("shop", "poll")
        found[str(metadata["name"])] = manifest["spec"]
    return found


def left_out(imported: Imported) -> list[tuple[str, str]]:
    """What was left out: the field, and why."""
    return [(field_name(one.path), one.reason) for one in imported.left_out]


def one(**service: JsonValue) -> Imported:
    """A file with one service of the image a:1."""
    return import_compose({"services": {"a": {"image": "a:1", **service}}}, POLL)


def test_a_poll_of_six_services() -> None:
    # given
    documents, problems = read_documents([SAMPLE])
    assert problems == []
    # when
    imported = import_compose(documents[0].content, POLL)
    # then
    assert specs(imported) == {
        "vote": {
            "image": "example/vote:v1",
            "dependencies": [{"service": "redis"}],
            "readiness": {"http": {"port": 80, "path": "/healthz"}},
            "ports": [{"name": "port-80", "port": 80}],
        },
        "result": {
            "image": "example/result:v1",
            "command": ["nodemon", "--inspect=0.0.0.0", "server.js"],
            "dependencies": [{"service": "db", "kind": "soft"}],
            "ports": [{"name": "port-80", "port": 80}, {"name": "port-9229", "port": 9229}],
            "env": [{"name": "PORT", "value": "80"}],
        },
        "worker": {
            "image": "example/worker:v1",
            "args": ["--queue", "redis", "--price", "$5"],
            "dependencies": [{"service": "redis"}, {"service": "db"}],
            "replicas": 2,
            "resources": {"limits": {"memory": "256Mi"}},
        },
        "redis": {"image": "redis:alpine", "ports": [{"name": "port-6379", "port": 6379}]},
        "db": {
            "image": "postgres:15-alpine",
            "env": [
                {"name": "POSTGRES_USER", "value": "postgres"},
                {"name": "POSTGRES_PASSWORD", "value": "postgres"},
            ],
            "replicas": 1,
            "resources": {
                "limits": {"cpu": "0.50", "memory": "512Mi"},
                "requests": {"cpu": "0.25", "memory": "20Mi"},
            },
        },
    }
    volumes, networks = "a service has no volumes here", "services reach each other by name here"
    command = "a service is asked over HTTP, TCP or gRPC, not by a command"
    how_often = "how often and how long is asked is not said here"
    assert left_out(imported) == [
        ("services.vote.build", "images are not built here: name one that was"),
        (
            "services.vote.image",
            "the variable VOTE_TAG has its default here, whatever it is where Compose is run",
        ),
        ("services.vote.healthcheck.interval", how_often),
        ("services.vote.healthcheck.timeout", how_often),
        ("services.vote.volumes", volumes),
        ("services.vote.ports[0]", "it is not published on the host as 8080"),
        ("services.vote.networks", networks),
        ("services.result.depends_on.seed", "a service runs for good here: nothing can wait for its end"),
        ("services.result.ports[0]", "it is not published on the host as 8081"),
        ("services.result.ports[1]", "it is not published on the host as 127.0.0.1:9229"),
        (
            "services.result.environment.OPTION",
            "it needs the variable OPTION, which Compose takes from where it is run",
        ),
        ("services.result.environment.SHELL_VALUE", "it takes its value from where Compose is run"),
        ("services.redis.volumes", volumes),
        ("services.redis.healthcheck.test", command),
        ("services.db.restart", "a service that ends is always started again here"),
        ("services.db.environment[2]", "it takes its value from where Compose is run"),
        ("services.db.deploy.placement", "a service has nothing like it here"),
        ("services.db.volumes", volumes),
        ("services.seed.build", "images are not built here: name one that was"),
        ("volumes.db-data", volumes),
        ("networks.front-tier", networks),
        ("networks.back-tier", networks),
        ("services.seed", "it is no service here: spec.image is required"),
    ]


@pytest.mark.parametrize(
    ("field", "value", "spec"),
    [
        ("ports", [80], {"ports": [{"name": "port-80", "port": 80}]}),
        ("ports", [{"target": 80, "name": "web"}], {"ports": [{"name": "web", "port": 80}]}),
        ("ports", ["80", "80/tcp"], {"ports": [{"name": "port-80", "port": 80}]}),
        ("command", "sh -c 'echo $$HOME'", {"args": ["sh", "-c", "echo $HOME"]}),
        ("environment", ["A=b=c", "D="], {"env": [{"name": "A", "value": "b=c"}, {"name": "D", "value": ""}]}),
        ("environment", {"A": 10}, {"env": [{"name": "A", "value": "10"}]}),
        ("mem_limit", "1.5g", {"resources": {"limits": {"memory": "1536Mi"}}}),
        ("mem_limit", 1024, {"resources": {"limits": {"memory": "1024"}}}),
        ("cpus", 0.5, {"resources": {"limits": {"cpu": "0.5"}}}),
        (
            "healthcheck",
            {"test": "wget -q http://127.0.0.1:8080/a?b=c || exit 1"},
            {"readiness": {"http": {"port": 8080, "path": "/a?b=c"}}},
        ),
        ("healthcheck", {"disable": True}, {}),
        ("x-note", "anything", {}),
    ],
)
def test_what_is_carried_over(field: str, value: JsonValue, spec: dict[str, JsonValue]) -> None:
    # when
    imported = one(**{field: value})
    # then
    assert specs(imported) == {"a": {"image": "a:1", **spec}}
    assert left_out(imported) == []


@pytest.mark.parametrize(
    ("field", "value", "place", "reason"),
    [
        ("ports", ["3000-3005"], "ports[0]", "it is not one port: write each port of a range by itself"),
        ("ports", ["3000-3001:3000-3001"], "ports[0]", "it is not one port: write each port of a range by itself"),
        ("ports", ["53/udp"], "ports[0]", "ports are TCP here"),
        ("ports", ["70000"], "ports[0]", "must be at most 65535, not the number 70000"),
        ("ports", ["${PORT}"], "ports[0]", "it needs the variable PORT, which Compose takes from where it is run"),
        ("depends_on", ["b"], "depends_on[0]", "it names no service that is carried over"),
        ("depends_on", ["a"], "depends_on[0]", "must name another service: a cannot depend on itself"),
        ("command", "echo 'x", "command", "it cannot be split into words: a quote is not closed"),
        ("command", [1], "command", "must be text, not a number"),
        ("environment", {"A": True}, "environment.A", "its value is not text: quote it"),
        (
            "environment",
            {"1 A": "x"},
            "environment.1 A",
            "must be 1 to 253 letters, digits, '_', '.' and '-' that begin with a letter or '_', not '1 A'",
        ),
        ("mem_limit", "lots", "mem_limit", "it is no amount of memory"),
        ("scale", 2_000, "scale", "must be at most 1000, not the number 2000"),
        ("healthcheck", {"test": ["CMD", "curl", "http://db/"]}, "healthcheck.test", "it asks another container"),
        ("privileged", True, "privileged", "a service has nothing like it here"),
        ("env_file", ".env", "env_file", "write what the file says as environment"),
    ],
)
def test_what_is_left_out(field: str, value: JsonValue, place: str, reason: str) -> None:
    # when
    imported = one(**{field: value})
    # then the service is there without it
    assert specs(imported) == {"a": {"image": "a:1"}}
    assert left_out(imported) == [(f"services.a.{place}", reason)]


def test_names_become_names_of_here() -> None:
    # when
    services: JsonValue = {"My_App.2": {"image": "a:1"}, "my-app-2": {"image": "b:1"}, "_x": {"image": "c:1"}}
    imported = import_compose({"services": services}, POLL)
    # then
    assert specs(imported) == {"my-app-2": {"image": "a:1"}}
    assert left_out(imported) == [
        ("services.My_App.2", "it is called my-app-2 here"),
        ("services.my-app-2", "it is no service here: another one is called my-app-2 already"),
        ("services._x", "it is no service here: this is no name for one"),
    ]


def test_a_need_of_what_is_not_carried_over_is_left_out() -> None:
    # when
    imported = import_compose({"services": {"a": {"image": "a:1", "depends_on": ["b"]}, "b": {"image": "B B"}}}, POLL)
    # then
    assert specs(imported) == {"a": {"image": "a:1"}}
    assert left_out(imported)[1:] == [("services.a.depends_on[0]", "b is not carried over itself")]


@pytest.mark.parametrize("content", [None, [], "x", {}, {"services": []}, {"services": {}}])
def test_what_is_no_compose_file_gives_nothing(content: JsonValue) -> None:
    # when
    imported = import_compose(content, POLL)
    # then
    assert imported.manifests == ()
    assert left_out(imported) == [("services", "it is no Compose file: it has no services")]
