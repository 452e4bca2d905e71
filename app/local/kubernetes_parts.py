"""What the programs of the Kubernetes testbed are told: command lines, kubeconfig, nodes, stages; starts nothing."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from app.local.failures import LocalFailure
from app.local.kubernetes_build import SOURCES, Programs
from app.local.ports import HOST

NAMES: Final = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")
"""The programs in the order they start; they stop in the opposite order."""

UNPULLABLE: Final = "unpullable.invalid/"
"""Pods whose image begins so stay in ImagePullBackOff, as on a node that cannot reach the registry."""

_USER: Final = "trellis"
_MEMBER: Final = "testbed"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a testbed listens, all on 127.0.0.1, and the token of its only user."""

    api: int
    etcd: int
    etcd_peer: int
    token: str

    @property
    def server(self) -> str:
        """The API server's address."""
        return f"https://{HOST}:{self.api}"


@dataclass(frozen=True, slots=True)
class Node:
    """A node that kwok plays, with what pods can be given on it."""

    name: str
    cpu: str = "16"
    memory: str = "64Gi"
    pods: int = 200

    def manifest(self) -> dict[str, object]:
        """The Node as the API takes it."""
        room = {"cpu": self.cpu, "memory": self.memory, "pods": str(self.pods)}
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": self.name,
                "labels": {"kubernetes.io/hostname": self.name, "kubernetes.io/os": "linux", "type": "kwok"},
                "annotations": {"kwok.x-k8s.io/node": "fake", "node.alpha.kubernetes.io/ttl": "0"},
            },
            "status": {"allocatable": room, "capacity": room},
        }


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one testbed, below its folder; those with secrets are of mode 600."""

    folder: Path
    kubeconfig: Path

    @property
    def tokens(self) -> Path:
        """The API server's users."""
        return self.folder / "tokens.csv"

    @property
    def service_account_key(self) -> Path:
        """Signs service accounts' tokens."""
        return self.folder / "service-account.key"

    @property
    def certificate(self) -> Path:
        """The API server's certificate and the authority it made for it."""
        return self.folder / "certificates" / "apiserver.crt"

    @property
    def stages(self) -> Path:
        """The stages that kwok plays here."""
        return self.folder / "stages"

    def log(self, name: str) -> Path:
        """What a program writes."""
        return self.folder / "logs" / f"{name}.log"


def command(name: str, programs: Programs, files: Files, endpoints: Endpoints) -> list[str]:
    """The command line of one of NAMES. It holds no secret: those are in files."""
    etcd = f"http://{HOST}:{endpoints.etcd}"
    arguments: dict[str, str]
    match name:
        case "etcd":
            peer = f"http://{HOST}:{endpoints.etcd_peer}"
            arguments = {
                "name": _MEMBER,
                "data-dir": str(files.folder / "etcd"),
                "listen-client-urls": etcd,
                "advertise-client-urls": etcd,
                "listen-peer-urls": peer,
                "initial-advertise-peer-urls": peer,
                "initial-cluster": f"{_MEMBER}={peer}",
                "log-level": "warn",
            }
        case "kube-apiserver":
            arguments = {
                "etcd-servers": etcd,
                "bind-address": HOST,
                "advertise-address": HOST,
                # There is one API server, and the endpoints of its own service may not be on the loopback interface.
                "endpoint-reconciler-type": "none",
                "secure-port": str(endpoints.api),
                "cert-dir": str(files.certificate.parent),
                "service-account-key-file": str(files.service_account_key),
                "service-account-signing-key-file": str(files.service_account_key),
                "service-account-issuer": "https://kubernetes.default.svc",
                "service-cluster-ip-range": "10.0.0.0/24",
                "authorization-mode": "RBAC",
                "anonymous-auth": "false",
                "token-auth-file": str(files.tokens),
                "profiling": "false",
            }
        case "kube-controller-manager":
            arguments = {
                "kubeconfig": str(files.kubeconfig),
                "service-account-private-key-file": str(files.service_account_key),
                "root-ca-file": str(files.certificate),
                "leader-elect": "false",
                "secure-port": "0",
                "controllers": "*,-nodeipam,-route,-service-lb-controller,-cloud-node-lifecycle-controller",
                "kube-api-qps": "200",
                "kube-api-burst": "400",
                # Nodes that are played do not fail: a machine that slept or an API server that was away is no failure.
                "node-monitor-grace-period": "15m",
            }
        case "kube-scheduler":
            arguments = {
                "kubeconfig": str(files.kubeconfig),
                "leader-elect": "false",
                "secure-port": "0",
                "kube-api-qps": "200",
                "kube-api-burst": "400",
            }
        case "kwok":
            stages = sorted(files.stages.glob("*.yaml"))
            program = [str(programs.path(name)), f"--kubeconfig={files.kubeconfig}", "--manage-all-nodes=true"]
            return [*program, "--node-lease-duration-seconds=40", *(f"--config={stage}" for stage in stages)]
        case _:
            raise LocalFailure(f"{name} is no part of the Kubernetes testbed")
    return [str(programs.path(name)), *(f"--{key}={value}" for key, value in arguments.items())]


def token_file(endpoints: Endpoints) -> str:
    """The API server's list of users: one, who may do everything."""
    return f"{endpoints.token},{_USER},{_USER},system:masters\n"


def kubeconfig(endpoints: Endpoints, certificate: bytes) -> str:
    """The kubeconfig of the testbed's only user."""
    authority = b64encode(certificate).decode()
    content: Mapping[str, object] = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": _USER, "cluster": {"server": endpoints.server, "certificate-authority-data": authority}}],
        "users": [{"name": _USER, "user": {"token": endpoints.token}}],
        "contexts": [{"name": _USER, "context": {"cluster": _USER, "user": _USER}}],
        "current-context": _USER,
    }
    return yaml.safe_dump(content, sort_keys=False)


def write_stages(programs: Programs, files: Files) -> None:
    """Put the stages in place: kwok's own, and ours for images that cannot be pulled, which kwok's then leave alone."""
    files.stages.mkdir(exist_ok=True)
    for source in programs.stages():
        stage = yaml.safe_load(source.read_text(encoding="utf-8"))
        if stage["metadata"]["name"] == "pod-ready":
            stage["spec"]["selector"]["matchExpressions"].append(
                {
                    "key": f".spec.containers.[0].image | startswith({json.dumps(UNPULLABLE)})",
                    "operator": "NotIn",
                    "values": ["true"],
                }
            )
        (files.stages / source.name).write_text(yaml.safe_dump(stage, sort_keys=False), encoding="utf-8")
    for source in sorted((SOURCES / "stages").glob("*.yaml")):
        (files.stages / source.name).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
