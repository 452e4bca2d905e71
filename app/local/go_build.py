"""Builds programs from pinned Go modules, once, into a cache outside the checkout.

A module is a folder with `go.mod` and `go.sum`: what is downloaded is compared with the digests there.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.local.failures import LocalFailure
from app.local.state import State

_PROGRESS_SECONDS: Final = 10.0
_BUILD_SECONDS: Final = 3600.0
# Part of every cache's key: whoever changes how programs are built below changes this too.
_RECIPE: Final = "1"
_UNFINISHED: Final = ".building-"
_PACKAGE: Final = re.compile(r"[\w.-]+(/[\w.~-]+)*")


@dataclass(frozen=True, slots=True)
class GoProgram:
    """A program: its file's name, the folder of the module that pins it, its package, and what the linker sets."""

    name: str
    module: Path
    package: str
    values: str = ""


def build_key(modules: Sequence[Path]) -> str:
    """Names a build: sixteen hex digits over the pinned modules, how they are built and for what machine."""
    digest = hashlib.sha256(f"{_RECIPE} {platform.system()} {platform.machine()}".encode())
    for module in modules:
        for name in ("go.mod", "go.sum"):
            digest.update((module / name).read_bytes())
    return digest.hexdigest()[:16]


def cache_folder(name: str) -> Path:
    """Where builds of that name are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "trellis" / name


def build_once(target: Path, build: Callable[[Path], None], say: Callable[[str], None]) -> None:
    """Let `build` fill a folder that becomes `target`, unless that is there.

    One builder works at a time, others wait for it. A build that was interrupted leaves nothing that a later one would
    take as whole.
    """
    if target.is_dir():
        return
    root = target.parent
    with State(root).locked(_BUILD_SECONDS, say):
        if target.is_dir():
            return
        for leftover in root.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=root) as folder:
            place = Path(folder) / "whole"
            place.mkdir()
            build(place)
            # The last step, and atomic: a folder under the final name is a whole build.
            place.rename(target)


def build_all(go: str, programs: Sequence[GoProgram], folder: Path, say: Callable[[str], None]) -> None:
    """Build each program into the folder. Raises LocalFailure with what the compiler said."""
    for number, program in enumerate(programs, start=1):
        _build(go, program, folder / program.name, title=f"[{number}/{len(programs)}] {program.name}", say=say)


def module_folder(go: str, module: Path, path: str) -> Path:
    """Where the sources of a module that another one pins are on this machine. Raises LocalFailure."""
    listed = subprocess.run(
        [go, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", path],
        cwd=module,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        raise LocalFailure(f"the sources of {path} cannot be found:\n{listed.stderr.strip()}")
    return Path(listed.stdout.strip())


def find_go(modules: Sequence[Path], purpose: str) -> str:
    """The go command, if it is there and new enough for the modules; it is never downloaded.

    Raises LocalFailure, whose advice begins with `purpose`.
    """
    needed = max(_go_versions(modules))
    said = ".".join(map(str, needed))
    advice = (
        f"{purpose} needs Go {said} or newer, with access to Go modules. Install Go with the "
        "system's package manager (on Debian or Ubuntu: apt install golang-go, from backports if the release's own is "
        "older; on Fedora: dnf install golang; on macOS: brew install go), then run this again."
    )
    go = shutil.which("go")
    if go is None:
        raise LocalFailure(f"There is no go command. {advice}")
    answer = subprocess.run([go, "env", "GOVERSION"], env=_environment(), capture_output=True, text=True, check=False)
    found = re.match(r"go(\d+)\.(\d+)", answer.stdout)
    if found is None or (int(found[1]), int(found[2])) < needed:
        raise LocalFailure(f"{go} is {answer.stdout.strip() or 'of an unknown version'}. {advice}")
    return go


def _build(go: str, program: GoProgram, output: Path, *, title: str, say: Callable[[str], None]) -> None:
    began = time.monotonic()
    say(f"{title}: building")
    command = [go, "build", "-v", "-mod=readonly", "-buildvcs=false", "-trimpath"]
    command += [f"-ldflags=-s -w {program.values}", "-o", str(output), program.package]
    with subprocess.Popen(
        command,
        cwd=program.module,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            last = _follow(process, title, say)
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        raise LocalFailure(f"{program.name} could not be built (go build ended with {process.returncode}):\n{last}")
    say(f"{title}: done in {time.monotonic() - began:.0f} s")


def _follow(process: subprocess.Popen[str], title: str, say: Callable[[str], None]) -> str:
    """Say every few seconds how far a build is; returns the last lines that were no progress."""
    assert process.stderr is not None
    began = said = time.monotonic()
    downloaded = compiled = 0
    rest: deque[str] = deque(maxlen=20)
    for line in process.stderr:
        if line.startswith("go: downloading "):
            downloaded += 1
        elif _PACKAGE.fullmatch(line.rstrip()):
            compiled += 1
        else:
            rest.append(line)
        now = time.monotonic()
        if now - said >= _PROGRESS_SECONDS:
            said = now
            say(f"{title}: {downloaded} modules downloaded, {compiled} packages compiled, {now - began:.0f} s")
    return "".join(rest).rstrip()


def _go_versions(modules: Sequence[Path]) -> list[tuple[int, int]]:
    texts = [(module / "go.mod").read_text(encoding="utf-8") for module in modules]
    found = [re.search(r"^go (\d+)\.(\d+)", text, re.MULTILINE) for text in texts]
    return [(int(match[1]), int(match[2])) for match in found if match is not None]


def _environment() -> dict[str, str]:
    # The user's settings for where modules come from stay; what would change the build, or fetch another Go, does not.
    return {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "", "GOWORK": "off", "CGO_ENABLED": "0"}
