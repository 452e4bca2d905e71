"""Where packages come from is the client's own configuration: nothing here names a registry."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.guards.sources import CHECKOUT, files, texts

# Written in parts, so that this file does not name one either.
HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pypi", "python", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("repo", "maven", "apache", "org"),
        ("repo1", "maven", "org"),
        ("proxy", "golang", "org"),
        ("sum", "golang", "org"),
        ("crates", "io"),
        ("rubygems", "org"),
        ("deb", "debian", "org"),
        ("index", "docker", "io"),
        ("registry-1", "docker", "io"),
        ("hub", "docker", "com"),
    )
)
OPTIONS = re.compile(
    r"--(?:extra-)?index-url|\bindex-url\s*=|--find-links|--trusted-host|\bGOPROXY=http|"
    r"\bregistry\s*=\s*\"?http|\"resolved\":\s*\"http"
)
REQUIREMENTS = Path("deploy/requirements")
PINNED = re.compile(r"^[A-Za-z0-9._-]+(\[[a-z,0-9-]+\])?==[^\s;]+( ; [^\\]+)?( --hash=sha256:[0-9a-f]{64})+$")


def findings(path: Path, text: str) -> list[str]:
    """What in a file points at a package registry."""
    found = [f"{path}: names {host}" for host in HOSTS if host in text]
    if path != Path("tests/guards/test_registries.py"):
        found += [f"{path}: sets {match}" for match in OPTIONS.findall(text)]
    return found


def not_pinned(text: str) -> list[str]:
    """The requirements of a lock that lack an exact version or a hash."""
    joined = re.sub(r"\\\n\s*", "", text)
    lines = [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return [line for line in lines if not PINNED.match(line)]


def test_no_file_points_at_a_package_registry() -> None:
    # given every file of the checkout
    # when its text is searched for the hosts and options that choose a registry
    found = [each for path, text in texts() for each in findings(path, text)]
    # then there is none
    assert found == []


def test_requirements_are_pinned_with_hashes() -> None:
    # given the locks of the Python packages
    locks = [path for path in files() if path.parent == REQUIREMENTS and path.name in {"runtime.txt", "dev.txt"}]
    assert [path.name for path in locks] == ["dev.txt", "runtime.txt"]
    # when each requirement is read
    loose = {path.name: not_pinned((CHECKOUT / path).read_text(encoding="utf-8")) for path in locks}
    # then it says one version and at least one hash
    assert loose == {"dev.txt": [], "runtime.txt": []}


def test_node_locks_leave_the_registry_out() -> None:
    # given the locks of the Node packages
    locks = [path for path in files() if path.name == "package-lock.json"]
    # when every package in them is read
    packages = {
        f"{path}: {name}": entry
        for path in locks
        for name, entry in json.loads((CHECKOUT / path).read_text(encoding="utf-8"))["packages"].items()
        if name
    }
    # then it has a hash and does not say where it came from
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if "integrity" not in entry and not entry.get("link")] == []


@pytest.mark.parametrize(
    "text",
    [f"https://{HOSTS[0]}/simple", "pip install --index-url=https://packages.example", 'registry = "http://x"'],
)
def test_a_registry_is_found(text: str) -> None:
    # given a file that names a registry or chooses one
    # when it is searched
    # then it is found
    assert len(findings(Path("setup.cfg"), text)) == 1


@pytest.mark.parametrize(
    "line",
    ["neo4j>=6", "neo4j==6.0.0", "neo4j==6.0.0 \\\n    --hash=md5:0", "--extra-index-url https://packages.example"],
)
def test_a_loose_requirement_is_found(line: str) -> None:
    # given a lock with one loose line
    # when it is read
    # then that line is named
    assert len(not_pinned(line)) == 1
