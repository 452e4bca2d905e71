"""The class path of Neo4j: what the lock names, checked, and nothing else."""

from __future__ import annotations

import hashlib
import http.server
import os
import stat
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from app.local.failures import LocalFailure
from app.local.jars import LOCK, Jar, class_path, read_lock

CONTENT = b"PK of an example jar"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
PLACE = Path("com/example/thing/1.0/thing-1.0.jar")


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files and writes nothing to the terminal."""

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def ignore(done: int, total: int) -> None:
    """Progress that nobody looks at."""


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a Maven repository on this machine, named in jgo's own settings as the only one."""
    folder = tmp_path / "mirror"
    (folder / PLACE).parent.mkdir(parents=True)
    handler = partial(QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.02))
        thread.start()
        settings = tmp_path / "jgo.conf"
        settings.write_text(f"[repositories]\ncentral = http://127.0.0.1:{server.server_address[1]}\n")
        monkeypatch.setenv("JGO_CONFIG_FILE", str(settings))
        monkeypatch.setenv("M2_REPO", str(tmp_path / "m2"))
        try:
            yield folder
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """A lock of one jar."""
    path = tmp_path / "lock.txt"
    path.write_text(f"# a comment\ncom.example:thing:1.0 sha256:{DIGEST}\n")
    return path


def test_a_jar_is_fetched_once_and_then_only_looked_at(mirror: Path, lock: Path, tmp_path: Path) -> None:
    # given
    (mirror / PLACE).write_bytes(CONTENT)
    seen: list[tuple[int, int]] = []

    # when
    first = class_path(lambda done, total: seen.append((done, total)), lock=lock, cache=tmp_path / "cache")
    (mirror / PLACE).unlink()
    second = class_path(ignore, lock=lock, cache=tmp_path / "cache")

    # then
    assert first == second == (tmp_path / "m2" / PLACE,)
    assert first[0].read_bytes() == CONTENT
    assert seen == [(0, 1), (1, 1)]
    [listing] = (tmp_path / "cache").glob("neo4j-*.json")
    assert stat.S_IMODE(listing.stat().st_mode) == 0o600


@pytest.mark.parametrize("harm", ["gone", "shorter"])
def test_a_jar_that_was_harmed_is_fetched_again(mirror: Path, lock: Path, tmp_path: Path, harm: str) -> None:
    # given
    (mirror / PLACE).write_bytes(CONTENT)
    [path] = class_path(ignore, lock=lock, cache=tmp_path / "cache")
    if harm == "gone":
        path.unlink()
    else:
        os.truncate(path, 5)

    # when
    again = class_path(ignore, lock=lock, cache=tmp_path / "cache")

    # then
    assert again == (path,)
    assert path.read_bytes() == CONTENT


def test_a_download_that_was_cut_short_is_fetched_again(mirror: Path, lock: Path, tmp_path: Path) -> None:
    # given
    (mirror / PLACE).write_bytes(CONTENT)
    half = tmp_path / "m2" / PLACE
    half.parent.mkdir(parents=True)
    half.write_bytes(CONTENT[:7])

    # when
    [path] = class_path(ignore, lock=lock, cache=tmp_path / "cache")

    # then
    assert path == half
    assert path.read_bytes() == CONTENT


def test_a_jar_other_than_the_lock_names_is_refused(mirror: Path, lock: Path, tmp_path: Path) -> None:
    # given
    (mirror / PLACE).write_bytes(CONTENT + b" with something added")

    # when
    with pytest.raises(LocalFailure) as caught:
        class_path(ignore, lock=lock, cache=tmp_path / "cache")

    # then
    assert "com.example:thing:1.0, a part of Neo4j, could not be fetched: " in str(caught.value)
    assert "the file is not the one the lock names" in str(caught.value)
    assert not (tmp_path / "m2" / PLACE).exists()
    assert list((tmp_path / "cache").glob("*.json")) == []


def test_a_jar_that_is_nowhere_is_refused(mirror: Path, lock: Path, tmp_path: Path) -> None:
    # when
    with pytest.raises(LocalFailure) as caught:
        class_path(ignore, lock=lock, cache=tmp_path / "cache")

    # then
    assert str(caught.value).startswith("com.example:thing:1.0, a part of Neo4j, could not be fetched: ")
    assert "Check the network" in str(caught.value)


@pytest.mark.parametrize("line", ["com.example:thing:1.0", "thing sha256:" + DIGEST, "a:b:1 sha256:abc"])
def test_a_line_of_the_lock_that_is_not_understood_is_named(tmp_path: Path, line: str) -> None:
    # given
    path = tmp_path / "lock.txt"
    path.write_text(f"# a comment\n{line}\n")

    # when
    with pytest.raises(LocalFailure) as caught:
        read_lock(path)

    # then
    assert str(caught.value) == f"{path}, line 2: expected 'group:artifact:version sha256:<64 digits>'"


def test_the_lock_names_the_server_and_every_jar_once() -> None:
    # when
    jars = read_lock(LOCK)

    # then
    assert [jar.coordinates for jar in jars[:3]] == [
        "org.neo4j:neo4j:5.26.30",
        "org.neo4j.app:neo4j-server:5.26.30",
        "org.neo4j.client:neo4j-browser:5.24.0",
    ]
    assert len({jar.coordinates for jar in jars}) == len(jars) == 217
    assert str(Jar("a:b:1", "c" * 64)) == "a:b:1 sha256:" + "c" * 64
