"""The built page: complete, made of local files only, and locked without saying where packages come from."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from app.local.web import WEB, build

REMOTE_IN_CSS = re.compile(r"""(?:url\(\s*["']?|@import\s+["'])((?:https?:)?//[^"')\s]+)""")
REMOTE_IN_SCRIPT = re.compile(
    r"""(?:\bimport\s*\(\s*|\bfrom\s*|\bimportScripts\(\s*|\bfetch\(\s*|new (?:SharedWorker|Worker|WebSocket)\(\s*)"""
    r"""["'`]((?:https?:|wss?:)?//[^"'`]+)"""
)


class References(HTMLParser):
    """Collects what a page loads, and scripts written into it."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline_scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note `src` and `href`."""
        found = dict(attrs)
        self.addresses += [value for key in ("src", "href") if (value := found.get(key)) is not None]
        self.inline_scripts += tag == "script" and "src" not in found


@pytest.fixture(scope="module")
def dist() -> Path:
    return build(lambda step: None)


def test_the_index_references_local_files_that_are_there(dist: Path) -> None:
    # given
    references = References()

    # when
    references.feed((dist / "index.html").read_text())

    # then
    assert references.inline_scripts == 0
    assert len(references.addresses) >= 3
    for address in references.addresses:
        assert re.fullmatch(r"/[A-Za-z0-9._/-]+", address), address
        assert (dist / address.lstrip("/")).is_file(), address


def test_every_asset_but_the_icon_has_a_hash_in_its_name(dist: Path) -> None:
    names = [path.name for path in (dist / "assets").iterdir()]
    assert [name for name in names if re.fullmatch(r"[\w.-]+-[\w-]{8}\.(js|css|ttf)", name) is None] == []
    assert sorted(path.name for path in dist.iterdir()) == [".sources", "assets", "favicon.svg", "index.html"]


def test_the_editor_s_workers_are_part_of_it(dist: Path) -> None:
    workers = {path.name.split(".")[0] for path in (dist / "assets").glob("*.worker-*.js")}
    assert workers == {"editor", "graphql", "json"}


def test_nothing_is_loaded_from_elsewhere(dist: Path) -> None:
    # when
    remote = {
        path.name: found
        for path in (dist / "assets").iterdir()
        if path.suffix in (".css", ".js")
        for found in [(REMOTE_IN_CSS if path.suffix == ".css" else REMOTE_IN_SCRIPT).findall(path.read_text())]
        if found
    }

    # then
    assert remote == {}


def test_the_token_is_kept_for_the_tab_only() -> None:
    sources = "\n".join(path.read_text() for path in (WEB / "src").glob("*.ts*"))
    assert "sessionStorage.setItem" in sources
    assert "localStorage" not in sources
    assert "document.cookie" not in sources


def test_the_lock_names_no_place_to_download_from() -> None:
    # given
    lock = json.loads((WEB / "package-lock.json").read_text())

    # then
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if "integrity" not in package] == []
    assert (WEB / ".npmrc").read_text() == "omit-lockfile-registry-resolved=true\n"


def test_versions_are_pinned_exactly() -> None:
    package = json.loads((WEB / "package.json").read_text())
    versions = {**package["dependencies"], **package["devDependencies"]}
    assert {name: version for name, version in versions.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)} == {}
