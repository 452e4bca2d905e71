"""Builds the Kubernetes testbed's programs from their Go modules, once, into a cache outside the checkout."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.local.failures import LocalFailure
from app.local.go_build import GoProgram, build_all, build_key, build_once, cache_folder, find_go, module_folder

SOURCES: Final = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes-testbed"

_ETCD: Final = "go.etcd.io/etcd/server/v3"
_KUBERNETES: Final = "k8s.io/kubernetes"
_KWOK: Final = "sigs.k8s.io/kwok"
_MODULES: Final = tuple(SOURCES / name for name in ("etcd", "control-plane", "kwok"))
_STAGES: Final = (
    "node/fast/node-initialize.yaml",
    "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
    "pod/fast/pod-ready.yaml",
    "pod/fast/pod-complete.yaml",
    "pod/fast/pod-delete.yaml",
)


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


def built_programs(say: Callable[[str], None], *, cache: Path | None = None) -> Programs:
    """The built programs; builds what the cache does not have, telling `say` how far it is.

    One builder works at a time, others wait for it. The first build takes some minutes of processor and network, later
    calls take milliseconds. Raises LocalFailure where Go is missing or too old, or a build fails; a build that was
    interrupted leaves nothing that a later one would take as whole.
    """
    target = (cache or cache_folder("kubernetes-testbed")) / cache_key()
    if not target.is_dir():
        go = find_go(_MODULES, "Building the Kubernetes testbed")
        build_once(target, lambda place: _build(go, place, target, say), say)
    return Programs(target)


def cache_key() -> str:
    """Names a build: sixteen hex digits over the pinned modules, how they are built and for what machine."""
    return build_key(_MODULES)


def _build(go: str, place: Path, target: Path, say: Callable[[str], None]) -> None:
    say(f"building a Kubernetes {_release()} control plane and kwok from source, once (about ten minutes on two cores)")
    began = time.monotonic()
    build_all(go, _programs(), place, say)
    _copy_stages(module_folder(go, SOURCES / "kwok", _KWOK), place / "stages")
    say(f"built in {time.monotonic() - began:.0f} s; kept in {target}")


def _programs() -> list[GoProgram]:
    etcd, control_plane, kwok = _MODULES
    values = _version_flags()
    return [
        GoProgram("etcd", etcd, _ETCD, values),
        *(
            GoProgram(name, control_plane, f"{_KUBERNETES}/cmd/{name}", values)
            for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
        ),
        GoProgram("kwok", kwok, f"{_KWOK}/cmd/kwok", values),
    ]


def _copy_stages(sources: Path, folder: Path) -> None:
    folder.mkdir()
    for stage in _STAGES:
        source = sources / "kustomize" / "stage" / stage
        (folder / source.name).write_bytes(source.read_bytes())


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
