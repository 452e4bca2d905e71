"""The virtual environment: exactly the lock, made once, made again where something changed."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SOURCE = Path(__file__).parents[2] / "deploy" / "environment.py"


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(command), cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )


def loaded(checkout: Path) -> ModuleType:
    """deploy/environment.py as it would be in another checkout."""
    (checkout / "deploy" / "requirements").mkdir(parents=True)
    copy = checkout / "deploy" / "environment.py"
    copy.write_text(SOURCE.read_text())
    (checkout / "app" / "cli").mkdir(parents=True)
    (checkout / "app" / "cli" / "commands.py").write_text(
        "import sys\nfrom importlib.metadata import version\n"
        "def main():\n    print(sys.prefix, version('trellis'), sys.argv[1:])\n    return 7\n"
    )
    (checkout / "pyproject.toml").write_text('[project]\nversion = "3.2.1"\n')
    spec = importlib.util.spec_from_file_location("environment", copy)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def environment(tmp_path: Path) -> ModuleType:
    """The module in a checkout whose path has a space and whose locks name nothing."""
    module = loaded(tmp_path / "a checkout")
    for lock in ("runtime", "dev"):
        (tmp_path / "a checkout" / "deploy" / "requirements" / f"{lock}.txt").write_text(f"# {lock}: nothing\n")
    return module


def test_it_is_made_once_and_again_where_the_lock_changed(environment: ModuleType, tmp_path: Path) -> None:
    # given
    place = tmp_path / "a checkout" / ".venv"
    lock = tmp_path / "a checkout" / "deploy" / "requirements" / "runtime.txt"

    # when
    first = environment.make(place, "runtime")
    second = environment.make(place, "runtime")
    lock.write_text("# runtime: still nothing\n")
    third = environment.make(place, "runtime")
    fourth = environment.make(place, "dev")
    fifth = environment.make(place, "runtime")

    # then
    assert [first, second, third, fourth, fifth] == ["installed", "up to date", "installed", "installed", "up to date"]

    # when
    trellis = run(place / "bin" / "trellis", "plan", "a b", folder=tmp_path)

    # then
    assert (trellis.stdout, trellis.stderr) == (f"{place} 3.2.1 ['plan', 'a b']\n", "")
    assert trellis.returncode == 7


def test_one_whose_python_has_gone_is_made_again(environment: ModuleType, tmp_path: Path) -> None:
    # given
    place = tmp_path / "a checkout" / ".venv"
    environment.make(place, "runtime")
    python = place / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")

    # when
    done = environment.make(place, "runtime")

    # then
    assert done == "installed"
    assert run(python, "-c", "import app.cli.commands", folder=tmp_path).returncode == 0


def test_a_package_that_is_not_what_the_lock_names_is_refused(environment: ModuleType, tmp_path: Path) -> None:
    # given: a wheel of our own, and another hash
    place = tmp_path / "a checkout" / ".venv"
    wheel = tmp_path / "example-1.0-py3-none-any.whl"
    wheel.write_bytes(b"no wheel at all")
    lock = tmp_path / "a checkout" / "deploy" / "requirements" / "runtime.txt"
    lock.write_text(f"example @ file://{wheel} --hash=sha256:{'0' * 64}\n")

    # when
    with pytest.raises(Exception, match="The Python packages could not be installed") as caught:
        environment.make(place, "runtime")

    # then
    assert type(caught.value).__name__ == "Refused"
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in str(caught.value)
    assert not (place / environment.STAMP).exists()


def test_an_older_python_is_refused_by_name(
    environment: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    monkeypatch.setattr(environment, "OLDEST", (9, 1))

    # when
    with pytest.raises(Exception, match=r"Python 9\.1 or newer is needed; ") as caught:
        environment.make(tmp_path / ".venv", "runtime")

    # then
    assert type(caught.value).__name__ == "Refused"
    assert str(sys.version_info[1]) in str(caught.value)
    assert not (tmp_path / ".venv").exists()


def test_the_makefile_refuses_an_older_python_before_anything_runs(tmp_path: Path) -> None:
    # given
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && { echo Python 3.9.2; exit 0; }\nexit 1\n')
    old.chmod(0o755)

    # when
    made = run("make", "up", f"PYTHON={old}", folder=SOURCE.parents[1])
    missing = run("make", "up", "PYTHON=python-of-nobody", folder=SOURCE.parents[1])

    # then
    assert made.returncode != 0
    assert made.stderr.startswith(f"Python 3.11 or newer is needed; {old} is Python 3.9.2.")
    assert missing.returncode != 0
    assert missing.stderr.startswith("There is no python-of-nobody here. Install Python 3.11 or newer")


def test_make_alone_lists_every_target() -> None:
    # given
    phony = next(
        line for line in (SOURCE.parents[1] / "Makefile").read_text().splitlines() if line.startswith(".PHONY")
    )
    targets = set(phony.split()[1:]) - {"python", "runtime", "dev"}

    # when
    shown = run("make", folder=SOURCE.parents[1])

    # then
    listed = {line.split()[1] for line in shown.stdout.splitlines() if line.startswith("make ")}
    assert listed == targets
    assert shown.returncode == 0


def test_the_stamp_names_the_lock_and_no_secret(environment: ModuleType, tmp_path: Path) -> None:
    # given
    place = tmp_path / "a checkout" / ".venv"

    # when
    environment.make(place, "runtime")

    # then
    assert list(json.loads((place / environment.STAMP).read_text())) == ["runtime"]
