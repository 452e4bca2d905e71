"""The Kubernetes API as the provider uses it: typed objects in, typed objects out."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar, cast
from urllib.parse import quote

import urllib3
from pydantic import ValidationError

from workers.providers.contract import ProviderUnavailable
from workers.providers.kubernetes_objects import (
    ConfigMap,
    Deployment,
    KubernetesObject,
    Pod,
    Service,
)
from workers.providers.kubernetes_transport import Conflict, KubernetesTransport, Stream, decoded, raise_refusal

FIELD_MANAGER: Final = "trellis"
"""The name under which our fields are owned in server-side apply."""

M = TypeVar("M", bound=KubernetesObject)


@dataclass(frozen=True, slots=True)
class Resource(Generic[M]):
    """A kind of object, where the API has it, and how it is read."""

    kind: str
    plural: str
    root: str
    model: type[M]

    def path(self, namespace: str, name: str | None = None) -> str:
        """The URL path of the collection, or of one object in it."""
        collection = f"{self.root}/namespaces/{quote(namespace, safe='')}/{self.plural}"
        return collection if name is None else f"{collection}/{quote(name, safe='')}"


CONFIG_MAPS: Final = Resource("ConfigMap", "configmaps", "/api/v1", ConfigMap)
DEPLOYMENTS: Final = Resource("Deployment", "deployments", "/apis/apps/v1", Deployment)
PODS: Final = Resource("Pod", "pods", "/api/v1", Pod)
SERVICES: Final = Resource("Service", "services", "/api/v1", Service)


@dataclass(frozen=True, slots=True)
class Selection(Generic[M]):
    """Objects of one kind in a namespace: those with that name, or those with that label ("key=value")."""

    resource: Resource[M]
    namespace: str
    name: str | None = None
    label: str | None = None

    def query(self) -> list[tuple[str, str]]:
        """As query parameters of a list or watch."""
        pairs = []
        if self.name is not None:
            pairs.append(("fieldSelector", f"metadata.name={self.name}"))
        if self.label is not None:
            pairs.append(("labelSelector", self.label))
        return pairs


@dataclass(frozen=True, slots=True)
class Listing(Generic[M]):
    """Objects as they were at one moment, and that moment's version, from which a watch goes on."""

    items: tuple[M, ...]
    resource_version: str


@dataclass(frozen=True, slots=True)
class Change(Generic[M]):
    """One event of a watch."""

    gone: bool
    item: M


class KubernetesApi:
    """One cluster, as one user.

    Every method blocks, and may be called from several threads at once. Each raises ProviderUnavailable where the
    cluster cannot be reached or is busy, and ProviderFailure where it refuses; both say so in a sentence.
    """

    def __init__(self, transport: KubernetesTransport) -> None:
        """Speak to the cluster that `transport` reaches."""
        self._transport = transport

    def get(self, resource: Resource[M], namespace: str, name: str) -> M | None:
        """One object, None if it is not there."""
        status, answer = self._transport.call(
            "GET", resource.path(namespace, name), f'get {resource.kind} "{namespace}/{name}"'
        )
        return None if status == 404 else _parsed(resource, answer)

    def list(self, selection: Selection[M], *, seconds: float | None = None) -> Listing[M]:
        """The selected objects now. `seconds` shortens the time the request may take."""
        resource = selection.resource
        _, answer = self._transport.call(
            "GET",
            resource.path(selection.namespace),
            f'list {resource.plural} in namespace "{selection.namespace}"',
            query=selection.query(),
            seconds=seconds,
        )
        items, metadata = answer.get("items"), answer.get("metadata")
        found = tuple(_parsed(resource, item) for item in items) if isinstance(items, list) else ()
        version = metadata.get("resourceVersion") if isinstance(metadata, dict) else None
        return Listing(found, str(version or ""))

    def apply(self, resource: Resource[M], namespace: str, manifest: Mapping[str, object], *, live: M | None) -> M:
        """Server-side apply of a manifest with our field manager: our fields become what it says, others stay.

        `live` is the object as it was read (None: it was not there). Raises Conflict, with nothing written, if it
        changed since, and NamespaceMissing.
        """
        metadata = dict(cast(Mapping[str, object], manifest["metadata"]))
        if live is not None:
            metadata |= {"uid": live.metadata.uid, "resourceVersion": live.metadata.resource_version}
        name = str(metadata["name"])
        what = f'patch {resource.kind} "{namespace}/{name}"'
        status, answer = self._transport.call(
            "PATCH",
            resource.path(namespace, name),
            what,
            query=[("fieldManager", FIELD_MANAGER), ("force", "true")],
            body={**manifest, "metadata": metadata},
            content_type="application/apply-patch+yaml",
        )
        if live is None and status != 201:
            raise Conflict(f"{what}: somebody else made it at the same moment")
        return _parsed(resource, answer)

    def create_namespace(self, name: str, labels: Mapping[str, str]) -> None:
        """Make a namespace; one that is there already is fine."""
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": dict(labels)}}
        try:
            self._transport.call(
                "POST",
                "/api/v1/namespaces",
                f'create Namespace "{name}"',
                query=[("fieldManager", FIELD_MANAGER)],
                body=body,
            )
        except Conflict:
            return

    def delete(
        self,
        resource: Resource[M],
        namespace: str,
        live: M,
        *,
        propagation: Literal["Foreground", "Background"] = "Background",
    ) -> None:
        """Delete the object as it was read, and what it owns: in the foreground, the object goes after what it owns.

        One that is gone already is fine. Raises Conflict, with nothing deleted, if it changed since it was read.
        """
        preconditions = {"uid": live.metadata.uid, "resourceVersion": live.metadata.resource_version}
        self._transport.call(
            "DELETE",
            resource.path(namespace, live.metadata.name),
            f'delete {resource.kind} "{namespace}/{live.metadata.name}"',
            body={
                "apiVersion": "v1",
                "kind": "DeleteOptions",
                "propagationPolicy": propagation,
                "preconditions": preconditions,
            },
        )

    def watch(self, selection: Selection[M], resource_version: str, *, seconds: float) -> Watch[M]:
        """What happens to the selected objects after that version, for up to `seconds`; its `run` asks."""
        return Watch(self._transport, selection, resource_version, seconds)


class Watch(Generic[M]):
    """The events of one selection, for a limited time, in the order they happen."""

    def __init__(
        self, transport: KubernetesTransport, selection: Selection[M], resource_version: str, seconds: float
    ) -> None:
        """Made by KubernetesApi.watch."""
        self._transport = transport
        self._selection = selection
        self._resource_version = resource_version
        self._seconds = seconds
        self._lock = threading.Lock()
        self._stream: Stream | None = None
        self._stopped = threading.Event()

    def run(self, deliver: Callable[[Change[M]], None]) -> None:
        """Deliver every event until the time is over, the server ends the watch, or `stop` is called.

        Raises Expired where the version is too old, ProviderUnavailable where the connection breaks.
        """
        namespace = self._selection.namespace
        what = f'watch {self._selection.resource.plural} in namespace "{namespace}"'
        query = [
            *self._selection.query(),
            ("watch", "true"),
            ("resourceVersion", self._resource_version),
            ("timeoutSeconds", str(max(1, round(self._seconds)))),
        ]
        # The server ends the watch; the wait for the next byte is longer, so that it only ends a dead connection.
        stream = self._transport.open(self._selection.resource.path(namespace), query, self._seconds + 10.0, what)
        with self._lock:
            self._stream = stream
        try:
            if self._stopped.is_set():
                return
            for line in _lines(stream):
                if self._stopped.is_set():
                    return
                deliver(self._event(decoded(line, what), what))
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            if not self._stopped.is_set():
                raise ProviderUnavailable(f"{what}: the connection broke: {error}") from error
        finally:
            with self._lock:
                self._stream = None
                stream.close()
                stream.release_conn()

    def stop(self) -> None:
        """End the watch from another thread; `run` returns soon after."""
        with self._lock:
            self._stopped.set()
            if self._stream is not None:
                # The stream may have come to its end by itself at this very moment, and then says so.
                with contextlib.suppress(ValueError, RuntimeError, OSError):
                    self._stream.shutdown()

    def _event(self, event: Mapping[str, object], what: str) -> Change[M]:
        content = event.get("object")
        item = cast(Mapping[str, object], content) if isinstance(content, dict) else {}
        if event.get("type") == "ERROR":
            code = item.get("code")
            raise_refusal(code if isinstance(code, int) else 500, item, what)
        return Change(event.get("type") == "DELETED", _parsed(self._selection.resource, item))


def _lines(stream: Stream) -> Iterator[bytes]:
    rest = b""
    for chunk in stream.stream(amt=None, decode_content=False):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line for line in lines if line.strip())


def _parsed(resource: Resource[M], answer: object) -> M:
    try:
        return resource.model.model_validate(answer)
    except ValidationError as error:
        raise ProviderUnavailable(f"The API server's answer is no {resource.kind}: {error}") from error
