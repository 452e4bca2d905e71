"""Who may do what in the cluster: the documented rights suffice, what is missing is named."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from app.local.kubernetes import KubernetesTestbed
from app.ports import SystemClock
from tests.providers.cluster import Cluster, at, config_map_path, step, target, workload
from workers.providers.contract import Health, ProviderFailure, ProviderUnavailable
from workers.providers.kubernetes import KubernetesProvider

_DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "kubernetes.md"


async def test_the_documented_rights_suffice(
    kubernetes_testbed: KubernetesTestbed, cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    # given a user with the ClusterRole of docs/kubernetes.md and nothing else
    cluster.call("POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", _documented_role())
    provider = _provider(_kubeconfig_of_new_user(kubernetes_testbed, cluster, namespace, tmp_path, role="trellis"))
    # when that user carries out every operation
    desired = replace(workload(f"{namespace}-x"), ports=workload(namespace).ports)
    await provider.apply(desired, step())
    await provider.apply(replace(desired, ports=()), step())
    seen = await provider.observe(desired.target)
    await provider.delete(desired.target, step())
    # then all of it works
    assert seen.exists is True
    assert await provider.health(desired.target) is Health.MISSING
    await provider.aclose()


async def test_a_missing_right_is_named(
    kubernetes_testbed: KubernetesTestbed, cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    # given a user who may only read
    provider = _provider(_kubeconfig_of_new_user(kubernetes_testbed, cluster, namespace, tmp_path, role="view"))
    desired = workload(namespace)
    # when that user applies a workload
    with pytest.raises(ProviderFailure) as failure:
        await provider.apply(desired, step())
    # then the sentence says which right is missing, and nothing is there
    assert str(failure.value).startswith(f'patch ConfigMap "{namespace}/cart": the right is missing')
    assert 'cannot patch resource "configmaps" in API group "" in the namespace' in str(failure.value)
    assert not cluster.exists(config_map_path(desired.target))
    await provider.aclose()


async def test_wrong_credentials_are_said_and_a_corrected_kubeconfig_is_read_again(
    kubernetes_testbed: KubernetesTestbed, namespace: str, tmp_path: Path
) -> None:
    # given a kubeconfig that is not there, and then one with a token that nobody gave out
    kubeconfig = tmp_path / "kubeconfig"
    provider = _provider(kubeconfig)
    with pytest.raises(ProviderUnavailable, match=r"kubeconfig .* cannot be read: No such file"):
        await provider.observe(target(namespace))
    right = kubernetes_testbed.kubeconfig.read_text()
    kubeconfig.write_text(re.sub(r"token: .*", "token: wrong", right))
    with pytest.raises(ProviderFailure, match="does not accept the credentials"):
        await provider.observe(target(namespace))
    assert await provider.health(target(namespace)) is Health.UNKNOWN
    kubeconfig.write_text("]")
    with pytest.raises(ProviderUnavailable, match=r"kubeconfig .* cannot be used"):
        await provider.observe(target(namespace))
    # when it is corrected
    kubeconfig.write_text(right)
    # then the same provider works, and one whose kubeconfig is one file of two
    assert (await provider.observe(target(namespace))).exists is False
    await provider.aclose()
    provider = _provider(Path(f"{tmp_path / 'missing'}{os.pathsep}{kubeconfig}"))
    assert (await provider.observe(target(namespace))).exists is False
    await provider.aclose()


async def test_what_cannot_be_carried_out_is_refused(provider: KubernetesProvider, namespace: str) -> None:
    # given a target of a kind that is no workload
    desired = workload(namespace)
    database = replace(desired, target=replace(desired.target, kind="Database"))
    # then it is refused before anything is asked
    with pytest.raises(ProviderFailure, match="kubernetes carries out Workload, not Database"):
        await provider.apply(database, step())
    with pytest.raises(ProviderFailure, match="kubernetes carries out Workload, not Database"):
        await provider.delete(database.target, step())


def _provider(kubeconfig: Path) -> KubernetesProvider:
    return KubernetesProvider(kubeconfig=kubeconfig, clock=SystemClock())


def _documented_role() -> dict[str, object]:
    blocks = re.findall(r"```yaml\n(.*?)```", _DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    [role] = [found for block in blocks if (found := yaml.safe_load(block)).get("kind") == "ClusterRole"]
    assert isinstance(role, dict)
    return role


def _kubeconfig_of_new_user(
    testbed: KubernetesTestbed, cluster: Cluster, namespace: str, folder: Path, *, role: str
) -> Path:
    """A kubeconfig for a service account that has one ClusterRole."""
    cluster.call("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
    accounts = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    cluster.call("POST", accounts, {"metadata": {"name": "user"}})
    binding = {
        "metadata": {"name": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": "user", "namespace": namespace}],
    }
    cluster.call("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding)
    token = at(cluster.call("POST", f"{accounts}/user/token", {}), "status.token", str)
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(re.sub(r"token: .*", f"token: {token}", testbed.kubeconfig.read_text()))
    return kubeconfig
