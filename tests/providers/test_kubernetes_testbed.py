"""The testbed itself: built once and whole, started and stopped exactly, several at a time."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from app.local.failures import LocalFailure
from app.local.kubernetes import KubernetesTestbed, main
from app.local.kubernetes_build import built_programs, cache_key
from app.local.kubernetes_parts import NAMES, Node
from app.local.processes import wait_for
from tests.providers.cluster import Cluster, at

_ROOT = Path(__file__).resolve().parents[2]


def test_started_stopped_and_started_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "state"
    arguments = ["--state", str(folder), "--kubeconfig", str(tmp_path / "elsewhere" / "config")]
    kubeconfig = tmp_path / "elsewhere" / "config"
    try:
        # given a testbed that was started from the command line, and something deployed in it
        assert main(["status", *arguments]) == 3
        assert main(["up", *arguments]) == 0
        testbed = KubernetesTestbed(folder, kubeconfig=kubeconfig)
        server = testbed.server
        assert testbed.running() == dict.fromkeys(NAMES, True)
        cluster = Cluster(kubeconfig)
        nodes = at(cluster.call("GET", "/api/v1/nodes"), "items", list)
        assert [at(node, "metadata.name", str) for node in nodes] == ["node-1", "node-2", "node-3"]
        assert at(cluster.call("GET", "/version"), "gitVersion", str) == "v1.34.4"
        cluster.call("POST", "/api/v1/namespaces", {"metadata": {"name": "kept"}})
        # when it is started a second time
        before = (folder / "state.json").read_bytes()
        capsys.readouterr()
        assert main(["up", *arguments]) == 0
        # then that says so and changes nothing
        assert capsys.readouterr().out.startswith(f"Kubernetes was up at {server}\n")
        assert (folder / "state.json").read_bytes() == before
        assert main(["status", *arguments]) == 0
        # and its secrets are in files for its owner alone, on no command line
        token = kubeconfig.read_text().rpartition("token: ")[2].strip().splitlines()[0]
        assert len(token) >= 40
        for secret in (kubeconfig, folder / "tokens.csv", folder / "endpoints.json", folder / "service-account.key"):
            assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert token not in (folder / "state.json").read_text()
        assert all(token not in log.read_text(errors="replace") for log in (folder / "logs").iterdir())
        # when it is stopped, twice, and started again
        cluster.close()
        assert main(["down", *arguments]) == 0
        assert testbed.running() == dict.fromkeys(NAMES, False)
        assert not kubeconfig.exists()
        assert main(["down", *arguments]) == 0
        assert capsys.readouterr().out.endswith(
            "Kubernetes is stopped; what was deployed is kept\nKubernetes did not run\n"
        )
        assert main(["up", *arguments]) == 0
        # then what was deployed is there, and the token is another
        cluster = Cluster(kubeconfig)
        assert cluster.exists("/api/v1/namespaces/kept")
        assert token not in kubeconfig.read_text()
        cluster.close()
    finally:
        main(["down", *arguments])


def test_a_dead_part_is_noticed_and_two_testbeds_keep_apart(
    kubernetes_testbed: KubernetesTestbed, tmp_path: Path
) -> None:
    # given a second testbed beside the one of the test run
    with KubernetesTestbed(tmp_path / "second", nodes=[Node("only", cpu="2")]) as second:
        assert second.server != kubernetes_testbed.server
        cluster = Cluster(second.kubeconfig)
        nodes = at(cluster.call("GET", "/api/v1/nodes"), "items", list)
        assert [at(node, "status.allocatable.cpu", str) for node in nodes] == ["2"]
        # when its API server dies
        second.kill_api_server()
        # then that is seen, in it alone, and starting it again mends it
        assert [name for name, runs in second.running().items() if not runs] == ["kube-apiserver"]
        assert all(kubernetes_testbed.running().values())
        assert second.start() is True
        assert all(second.running().values())
        cluster.close()
    # and stopping it leaves the other
    assert not any(second.running().values())
    assert all(kubernetes_testbed.running().values())


def test_a_start_that_fails_leaves_nothing_running(tmp_path: Path) -> None:
    # given a store that etcd cannot read
    folder = tmp_path / "state"
    testbed = KubernetesTestbed(folder)
    (folder / "etcd").write_text("not a folder")
    # when the testbed starts
    with pytest.raises(LocalFailure, match=r"the API server does not start\nThe end of .*etcd\.log"):
        testbed.start()
    # then it says what is wrong, and nothing of it runs
    assert testbed.running() == dict.fromkeys(NAMES, False)
    with pytest.raises(LocalFailure, match="no Kubernetes testbed was started in"):
        KubernetesTestbed(tmp_path / "other").kill_api_server()


@pytest.mark.parametrize(
    ("version", "said"),
    [(None, "There is no go command."), ("go1.19.8", "is go1.19.8."), ("strange", "is strange.")],
)
def test_a_machine_without_go_is_told_what_is_needed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    version: str | None,
    said: str,
) -> None:
    # given a machine that has never built the programs, and has no Go or an old one
    programs = tmp_path / "bin"
    programs.mkdir()
    if version is not None:
        go = programs / "go"
        go.write_text(f"#!/bin/sh\necho {version}\n")
        go.chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    # when the testbed is started
    code = main(["up", "--state", str(tmp_path / "state")])
    # then it ends with the advice, and nothing was built
    assert code == 1
    advice = capsys.readouterr().err
    assert said in advice
    assert "needs Go 1.26 or newer" in advice
    assert "apt install golang-go" in advice
    assert not (tmp_path / "cache" / "trellis" / "kubernetes-testbed" / cache_key()).exists()


def test_an_interrupted_build_is_not_taken_as_whole(tmp_path: Path) -> None:
    # given a build that is killed after its first program
    code = "from app.local.kubernetes_build import built_programs; built_programs(lambda text: print(text, flush=True))"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=_ROOT,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path), "GOCACHE": _go_cache()},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as building:
        assert building.stdout is not None
        assert any(line.startswith("[2/5]") for line in building.stdout)
        os.killpg(building.pid, signal.SIGKILL)
    # then nothing is there under the name of a whole build, though a part of it is
    root = tmp_path / "trellis" / "kubernetes-testbed"
    assert not (root / cache_key()).exists()
    [leftover] = root.glob(".building-*")
    assert (leftover / "whole" / "etcd").is_file()


def test_a_failed_build_shows_what_the_compiler_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # given a Go that is new enough and cannot compile
    go = tmp_path / "go"
    go.write_text('#!/bin/sh\n[ "$1" = env ] && echo go1.99.0 && exit 0\necho "disk is full" >&2\nexit 2\n')
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    said: list[str] = []
    # when the programs are built
    with pytest.raises(LocalFailure, match=r"etcd could not be built \(go build ended with 2\):\ndisk is full"):
        built_programs(said.append, cache=tmp_path / "cache")
    # then nothing of it is left
    assert said[-1] == "[1/5] etcd: building"
    assert wait_for(lambda: sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["lock"], 5.0)


def _go_cache() -> str:
    """Where this machine keeps what Go has compiled, so that the build is a matter of seconds."""
    return subprocess.run(["go", "env", "GOCACHE"], capture_output=True, text=True, check=True).stdout.strip()
