"""The parts of Kubernetes objects that the provider reads; whatever else an object holds is passed over."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel, populate_by_name=True)


class ManagedFields(_Part):
    """Which fields one manager owns; `fields_v1` is the tree of "f:name" and "k:{key}" entries."""

    manager: str = ""
    operation: str = ""
    fields_v1: dict[str, object] = {}


class Metadata(_Part):
    """What every object carries."""

    name: str
    uid: str
    resource_version: str
    generation: int = 0
    deletion_timestamp: str | None = None
    finalizers: list[str] = []
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    managed_fields: list[ManagedFields] = []


class KubernetesObject(_Part):
    """An object of any kind."""

    metadata: Metadata


class ConfigMap(KubernetesObject):
    """A service's environment variables."""

    data: dict[str, str] = {}


class ServicePort(_Part):
    """A port of a Service; `target_port` is a number, or the name of a container's port."""

    name: str | None = None
    port: int
    target_port: int | str | None = None
    protocol: str = "TCP"


class ServiceSpec(_Part):
    """Where a Service leads."""

    ports: list[ServicePort] = []


class Service(KubernetesObject):
    """A name in the cluster's DNS and the ports behind it."""

    spec: ServiceSpec = ServiceSpec()


class Condition(_Part):
    """One thing the cluster says of an object: `status` is True, False or Unknown."""

    type: str
    status: str
    reason: str | None = None
    message: str | None = None


class HttpGet(_Part):
    """An HTTP probe."""

    port: int | str
    path: str = "/"


class PortProbe(_Part):
    """A TCP or gRPC probe."""

    port: int | str


class Probe(_Part):
    """A readiness probe, of one kind."""

    http_get: HttpGet | None = None
    tcp_socket: PortProbe | None = None
    grpc: PortProbe | None = None


class Resources(_Part):
    """Requests and limits by resource name."""

    requests: dict[str, str | int | float] = {}
    limits: dict[str, str | int | float] = {}


class SecurityContext(_Part):
    """What a container may do."""

    allow_privilege_escalation: bool | None = None


class Container(_Part):
    """A container of a pod template."""

    name: str
    image: str = ""
    command: list[str] = []
    args: list[str] = []
    resources: Resources = Resources()
    readiness_probe: Probe | None = None
    security_context: SecurityContext = SecurityContext()


class SeccompProfile(_Part):
    """Which system calls are let through."""

    type: str


class PodSecurityContext(_Part):
    """What all containers of a pod may do."""

    seccomp_profile: SeccompProfile | None = None


class PodSpec(_Part):
    """What a pod runs."""

    containers: list[Container] = []
    automount_service_account_token: bool | None = None
    enable_service_links: bool | None = None
    security_context: PodSecurityContext = PodSecurityContext()


class PodTemplate(_Part):
    """What a Deployment makes its pods from."""

    spec: PodSpec = PodSpec()


class RollingUpdate(_Part):
    """How many pods more, and how many fewer, there may be while a change rolls out."""

    max_surge: int | str | None = None
    max_unavailable: int | str | None = None


class Strategy(_Part):
    """How a Deployment replaces its pods."""

    type: str | None = None
    rolling_update: RollingUpdate = RollingUpdate()


class DeploymentSpec(_Part):
    """What a Deployment should be."""

    replicas: int = 1
    progress_deadline_seconds: int | None = None
    strategy: Strategy = Strategy()
    template: PodTemplate = PodTemplate()


class DeploymentStatus(_Part):
    """How far a Deployment is; the counts are of pods."""

    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    available_replicas: int = 0
    conditions: list[Condition] = []


class Deployment(KubernetesObject):
    """A service's pods, and how a change reaches them."""

    spec: DeploymentSpec
    status: DeploymentStatus = DeploymentStatus()


class StateReason(_Part):
    """Why a container waits or ended."""

    reason: str | None = None
    message: str | None = None
    exit_code: int | None = None


class ContainerState(_Part):
    """What a container does now; neither entry is there while it runs."""

    waiting: StateReason | None = None
    terminated: StateReason | None = None


class ContainerStatus(_Part):
    """A container of a pod."""

    name: str
    ready: bool = False
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()


class PodStatus(_Part):
    """How a pod does."""

    phase: str = "Unknown"
    conditions: list[Condition] = []
    container_statuses: list[ContainerStatus] = []


class Pod(KubernetesObject):
    """One running copy of a service."""

    status: PodStatus = PodStatus()
