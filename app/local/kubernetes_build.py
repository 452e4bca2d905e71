"""Builds the Kubernetes testbed's programs from their Go modules, once, into a cache outside the checkout."""

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
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.local.failures import LocalFailure
from app.local.state import State

SOURCES: Final = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes-testbed"

_ETCD: Final = "go.etcd.io/etcd/server/v3"
_KUBERNETES: Final = "k8s.io/kubernetes"
_KWOK: Final = "sigs.k8s.io/kwok"
_STAGES: Final = (
    "node/fast/node-initialize.yaml",
    "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
    "pod/fast/pod-ready.yaml",
    "pod/fast/pod-complete.yaml",
    "pod/fast/pod-delete.yaml",
)
_PROGRESS_SECONDS: Final = 10.0
_BUILD_SECONDS: Final = 3600.0
# Part of the cache's key: whoever changes how the programs are built below changes this too.
_RECIPE: Final = "1"
_UNFINISHED: Final = ".building-"
_PACKAGE: Final = re.compile(r"[\w.-]+(/[\w.~-]+)*")


@dataclass(frozen=True, slots=True)
class Programs:
    """Where the testbed's programs are, and the kwok stages that belong to them."""

    folder: Path

    def path(self, name: str) -> Path:
        """The program `name`: etcd, kube-apiserver, kube-controller-manager, kube-scheduler or kwok."""
        return self.folder / name

    def stages(self) -> list[Path]:
        """kwok's own stage files, as its release has them."""
        return sorted((self.folder / "stages").glob("*.yaml"))


@dataclass(frozen=True, slots=True)
class _Part:
    program: str
    module: str
    package: str


_PARTS: Final = (
    _Part("etcd", "etcd", _ETCD),
    _Part("kube-apiserver", "control-plane", f"{_KUBERNETES}/cmd/kube-apiserver"),
    _Part("kube-controller-manager", "control-plane", f"{_KUBERNETES}/cmd/kube-controller-manager"),
    _Part("kube-scheduler", "control-plane", f"{_KUBERNETES}/cmd/kube-scheduler"),
    _Part("kwok", "kwok", f"{_KWOK}/cmd/kwok"),
)


def built_programs(say: Callable[[str], None], *, cache: Path | None = None) -> Programs:
    """The built programs; builds what the cache does not have, telling `say` how far it is.

    One builder works at a time, others wait for it. The first build takes some minutes of processor and network, later
    calls take milliseconds. Raises LocalFailure where Go is missing or too old, or a build fails; a build that was
    interrupted leaves nothing that a later one would take as whole.
    """
    root = cache or _cache_folder()
    target = root / cache_key()
    if target.is_dir():
        return Programs(target)
    go = _find_go()
    with State(root).locked(_BUILD_SECONDS, say):
        if not target.is_dir():
            _remove_leftovers(root)
            _build_all(go, target, say)
    return Programs(target)


def cache_key() -> str:
    """Names a build: sixteen hex digits over the pinned modules, how they are built and for what machine."""
    digest = hashlib.sha256(f"{_RECIPE} {platform.system()} {platform.machine()}".encode())
    for module in ("etcd", "control-plane", "kwok"):
        for name in ("go.mod", "go.sum"):
            digest.update((SOURCES / module / name).read_bytes())
    return digest.hexdigest()[:16]


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "trellis" / "kubernetes-testbed"


def _build_all(go: str, target: Path, say: Callable[[str], None]) -> None:
    say(f"building a Kubernetes {_release()} control plane and kwok from source, once (about ten minutes on two cores)")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=target.parent) as folder:
        place = Path(folder) / "whole"
        place.mkdir()
        for number, part in enumerate(_PARTS, start=1):
            _build(go, part, place / part.program, title=f"[{number}/{len(_PARTS)}] {part.program}", say=say)
        _copy_stages(go, place / "stages")
        # The last step, and atomic: a folder under the final name is a whole build.
        place.rename(target)
    say(f"built in {time.monotonic() - began:.0f} s; kept in {target}")


def _build(go: str, part: _Part, output: Path, *, title: str, say: Callable[[str], None]) -> None:
    began = time.monotonic()
    say(f"{title}: building")
    command = [go, "build", "-v", "-mod=readonly", "-buildvcs=false", "-trimpath"]
    command += [f"-ldflags=-s -w {_version_flags()}", "-o", str(output), part.package]
    with subprocess.Popen(
        command,
        cwd=SOURCES / part.module,
        env=_go_environment(),
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
        raise LocalFailure(f"{part.program} could not be built (go build ended with {process.returncode}):\n{last}")
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


def _copy_stages(go: str, folder: Path) -> None:
    listed = subprocess.run(
        [go, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", _KWOK],
        cwd=SOURCES / "kwok",
        env=_go_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        raise LocalFailure(f"the sources of kwok cannot be found:\n{listed.stderr.strip()}")
    folder.mkdir()
    for stage in _STAGES:
        source = Path(listed.stdout.strip()) / "kustomize" / "stage" / stage
        (folder / source.name).write_bytes(source.read_bytes())


def _find_go() -> str:
    """The go command, if it is there and new enough; it is never downloaded."""
    needed = max(_go_versions())
    said = ".".join(map(str, needed))
    advice = (
        f"Building the Kubernetes testbed needs Go {said} or newer, with access to Go modules. Install Go with the "
        "system's package manager (on Debian or Ubuntu: apt install golang-go, from backports if the release's own is "
        "older; on Fedora: dnf install golang; on macOS: brew install go), then run this again."
    )
    go = shutil.which("go")
    if go is None:
        raise LocalFailure(f"There is no go command. {advice}")
    answer = subprocess.run(
        [go, "env", "GOVERSION"], env=_go_environment(), capture_output=True, text=True, check=False
    )
    found = re.match(r"go(\d+)\.(\d+)", answer.stdout)
    if found is None or (int(found[1]), int(found[2])) < needed:
        raise LocalFailure(f"{go} is {answer.stdout.strip() or 'of an unknown version'}. {advice}")
    return go


def _go_versions() -> list[tuple[int, int]]:
    texts = [(SOURCES / part.module / "go.mod").read_text(encoding="utf-8") for part in _PARTS]
    found = [re.search(r"^go (\d+)\.(\d+)", text, re.MULTILINE) for text in texts]
    return [(int(match[1]), int(match[2])) for match in found if match is not None]


def _go_environment() -> dict[str, str]:
    # The user's settings for where modules come from stay; what would change the build, or fetch another Go, does not.
    return {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "", "GOWORK": "off", "CGO_ENABLED": "0"}


def _release() -> str:
    """The Kubernetes release that is pinned, such as v1.34.4."""
    text = (SOURCES / "control-plane" / "go.mod").read_text(encoding="utf-8")
    match = re.search(rf"^\s*(?:require )?{re.escape(_KUBERNETES)} (v\S+)", text, re.MULTILINE)
    if match is None:
        raise LocalFailure(f"{SOURCES / 'control-plane' / 'go.mod'} names no release of {_KUBERNETES}")
    return match[1]


def _version_flags() -> str:
    # Without these the API server calls itself v0.0.0, and clients take it for an ancient one.
    release = _release()
    major, minor, _ = release.removeprefix("v").split(".", 2)
    values = {"gitVersion": release, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    return " ".join(f"-X k8s.io/component-base/version.{name}={value}" for name, value in values.items())


def _remove_leftovers(root: Path) -> None:
    for leftover in root.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(leftover, ignore_errors=True)
