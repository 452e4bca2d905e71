"""The record of what was started: private, whole or not at all, and one command at a time."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from app.local.failures import LocalFailure
from app.local.processes import Process
from app.local.state import State, write_private

NEO4J = Process("neo4j", 10, "boot 1", "mark-1", "java", "/logs/neo4j.log")
REDIS = Process("redis", 11, "boot 2", "mark-2", "redis-server", "/logs/redis.log")

HOLDS = """
import sys
from pathlib import Path
from app.local.state import State
with State(Path(sys.argv[1])).locked(10, print):
    print("held", flush=True)
    sys.stdin.read()
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_processes_are_kept_in_the_order_of_their_start(tmp_path: Path) -> None:
    # given
    state = State(tmp_path / "local")
    state.record(NEO4J, basis="first")
    state.record(REDIS)

    # when
    again = State(tmp_path / "local")

    # then
    assert list(again.processes().items()) == [("neo4j", NEO4J), ("redis", REDIS)]
    assert (again.basis("neo4j"), again.basis("redis"), again.basis("api")) == ("first", None, None)


def test_a_process_takes_the_place_of_the_earlier_one_and_is_forgotten(tmp_path: Path) -> None:
    # given
    state = State(tmp_path / "local")
    state.record(NEO4J)
    state.record(REDIS)
    newer = Process("neo4j", 12, "boot 3", "mark-3", "java", "/logs/neo4j.log")

    # when
    state.record(newer, basis="second")
    state.forget("redis")
    state.forget("nobody")

    # then
    assert state.processes() == {"neo4j": newer}
    assert state.basis("neo4j") == "second"


def test_folder_and_file_are_private_whatever_the_umask(tmp_path: Path) -> None:
    # given
    folder = tmp_path / "local"
    folder.mkdir(mode=0o755)
    before = os.umask(0)
    try:
        # when
        state = State(folder)
        state.record(NEO4J)
    finally:
        os.umask(before)

    # then
    assert (mode(folder), mode(state.path)) == (0o700, 0o600)
    assert [path.name for path in folder.iterdir()] == ["state.json"]


def test_a_private_file_replaces_one_that_others_could_read(tmp_path: Path) -> None:
    # given
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)

    # when
    write_private(path, "new")

    # then
    assert (path.read_text(), mode(path)) == ("new", 0o600)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"version": 2, "processes": []}', '{"version": 1, "processes": [{"process": {}}]}']
)
def test_a_record_that_cannot_be_understood_is_refused_and_left_alone(tmp_path: Path, content: str) -> None:
    # given
    state = State(tmp_path)
    state.path.write_text(content)

    # when
    with pytest.raises(LocalFailure) as caught:
        state.record(NEO4J)

    # then
    assert str(caught.value).startswith(f"{state.path} cannot be understood (")
    assert "delete the file and try again" in str(caught.value)
    assert state.path.read_text() == content


def test_a_second_command_says_who_is_at_work_and_waits(tmp_path: Path) -> None:
    # given
    said: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"

        # when
        def let_go(text: str) -> None:
            said.append(text)
            assert other.stdin is not None
            other.stdin.close()

        with State(tmp_path).locked(10, let_go):
            ended = other.wait(10)

    # then
    assert said == [f"another command (process {other.pid}) is at work in {tmp_path}: waiting for it"]
    assert ended == 0


def test_a_second_command_gives_up_when_its_time_is_over(tmp_path: Path) -> None:
    # given
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"

        # when
        with pytest.raises(LocalFailure) as caught, State(tmp_path).locked(0, lambda text: None):
            pytest.fail("the lock was given twice")
        other.stdin.close()

    # then
    assert str(caught.value) == (
        f"another command (process {other.pid}) is still at work in {tmp_path}; try again later"
    )


def test_a_command_that_was_killed_holds_no_lock(tmp_path: Path) -> None:
    # given
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        other.kill()
        other.wait()
        said: list[str] = []

        # when
        with State(tmp_path).locked(0, said.append):
            held = True

    # then
    assert held
    assert said == []
