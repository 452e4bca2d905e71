"""Requests to a Kubernetes API server: how it is reached, and what its refusals mean.

This is the one place that touches the `kubernetes` client. It blocks: its callers are threads.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn, Protocol, cast

import urllib3
from kubernetes import client as kubernetes_client
from kubernetes import config as kubernetes_config
from kubernetes.client.exceptions import ApiException

from workers.providers.contract import ProviderFailure, ProviderUnavailable


class Conflict(ProviderUnavailable):
    """The object changed since it was read, or is there already."""


class Expired(ProviderUnavailable):
    """The server no longer knows what happened since a watch's version (HTTP 410): list again."""


class NamespaceMissing(ProviderFailure):
    """The namespace that is written to does not exist."""


class Stream(Protocol):
    """A long answer, as it arrives."""

    def stream(self, amt: int | None, decode_content: bool) -> Iterator[bytes]:
        """The parts of the answer, as they come in."""

    def shutdown(self) -> None:
        """Wake a thread that reads from it."""

    def close(self) -> None:
        """Close the connection."""

    def release_conn(self) -> None:
        """Give the connection back for other requests."""


class _Response(Protocol):
    status: int
    response: Stream

    def read(self) -> bytes: ...


class _Client(Protocol):
    def param_serialize(
        self,
        *,
        method: str,
        resource_path: str,
        query_params: list[tuple[str, str]],
        header_params: dict[str, str],
        body: object,
        auth_settings: list[str],
    ) -> tuple[object, ...]: ...

    def call_api(self, *request: object, _request_timeout: tuple[float, float]) -> _Response: ...
    def close(self) -> None: ...


# The client's functions carry no types: here they get the ones they have.
_configuration = cast(Callable[..., object], kubernetes_client.Configuration)
_client_from_kubeconfig = cast(Callable[..., _Client], kubernetes_config.new_client_from_config)
_client_from_configuration = cast(Callable[..., _Client], kubernetes_client.ApiClient)
_load_service_account = cast(Callable[..., None], kubernetes_config.load_incluster_config)


class KubernetesTransport:
    """One cluster's API server, as one user of it."""

    def __init__(
        self,
        kubeconfig: Path | None,
        context: str | None = None,
        *,
        request_seconds: float = 15.0,
        connections: int = 64,
    ) -> None:
        """Reach the cluster that `kubeconfig` names (in `context`, its current one by default).

        `kubeconfig` may name several files as KUBECONFIG does. Without one: the cluster this process runs in, as its
        pod's service account. The files are read at the first call, and again whenever one has changed.
        `request_seconds` bounds each request, `connections` what is kept open.
        """
        self._kubeconfig = kubeconfig
        self._context = context
        self._request_seconds = request_seconds
        self._connections = connections
        self._lock = threading.Lock()
        self._client: _Client | None = None
        self._read_from: tuple[int, ...] | None = None

    def call(
        self,
        method: str,
        path: str,
        what: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        body: object = None,
        content_type: str = "application/json",
        seconds: float | None = None,
    ) -> tuple[int, Mapping[str, object]]:
        """One request and its JSON answer, with the HTTP status: 2xx, or 404 for what is read or deleted.

        `what` begins the sentence of each error ("get Deployment ..."); `seconds` shortens the time it may take. Raises
        ProviderUnavailable (Conflict, Expired) and ProviderFailure (NamespaceMissing).
        """
        limit = self._request_seconds if seconds is None else max(0.5, min(seconds, self._request_seconds))
        response = self._send(method, path, what, query=query, body=body, content_type=content_type, read_seconds=limit)
        content = _whole(response, what)
        answer = decoded(content, what) if content else {}
        if response.status >= 300 and not (response.status == 404 and method in ("GET", "DELETE")):
            raise_refusal(response.status, answer, what)
        return response.status, answer

    def open(self, path: str, query: Sequence[tuple[str, str]], seconds: float, what: str) -> Stream:
        """Begin a long answer; raises like every call. The caller closes what it gets."""
        response = self._send("GET", path, what, query=query, body=None, content_type="", read_seconds=seconds)
        if response.status >= 300:
            try:
                raise_refusal(response.status, decoded(_whole(response, what), what), what)
            finally:
                response.response.close()
        return response.response

    def close(self) -> None:
        """Let go of the connections that are kept open."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _send(
        self,
        method: str,
        path: str,
        what: str,
        *,
        query: Sequence[tuple[str, str]],
        body: object,
        content_type: str,
        read_seconds: float,
    ) -> _Response:
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = content_type
        connected = self._connected()
        try:
            request = connected.param_serialize(
                method=method,
                resource_path=path,
                query_params=list(query),
                header_params=headers,
                body=body,
                auth_settings=["BearerToken"],
            )
            return connected.call_api(*request, _request_timeout=(min(5.0, read_seconds), read_seconds))
        except (urllib3.exceptions.HTTPError, OSError, ApiException) as error:
            text = str(error.reason) if isinstance(error, ApiException) else str(error)
            raise ProviderUnavailable(f"{what}: the API server cannot be reached: {text}") from error

    def _connected(self) -> _Client:
        with self._lock:
            read_from = self._kubeconfig_state()
            if self._client is None or read_from != self._read_from:
                if self._client is not None:
                    self._client.close()
                self._client = self._connect()
                self._read_from = read_from
            return self._client

    def _connect(self) -> _Client:
        configuration = _configuration(retries=False, connection_pool_maxsize=self._connections)
        try:
            if self._kubeconfig is None:
                _load_service_account(client_configuration=configuration)
                return _client_from_configuration(configuration)
            return _client_from_kubeconfig(
                config_file=str(self._kubeconfig),
                context=self._context,
                persist_config=False,
                client_configuration=configuration,
            )
        except Exception as error:
            # The client raises whatever its YAML, files and login plugins raise; each means that there is no way in.
            raise ProviderUnavailable(f"The kubeconfig {self._named()} cannot be used: {error}") from error

    def _kubeconfig_state(self) -> tuple[int, ...] | None:
        if self._kubeconfig is None:
            return None
        # Several files, as KUBECONFIG may name them, are merged; those that are not there are passed over.
        found: list[int] = []
        missing: OSError | None = None
        for name in str(self._kubeconfig).split(os.pathsep):
            try:
                state = Path(name).stat()
                found += (state.st_ino, state.st_mtime_ns, state.st_size)
            except OSError as error:
                missing = error
        if not found and missing is not None:
            raise ProviderUnavailable(f"The kubeconfig {self._named()} cannot be read: {missing.strerror}") from missing
        return tuple(found)

    def _named(self) -> str:
        if self._kubeconfig is None:
            return "of this pod's service account"
        return f"{self._kubeconfig} (context {self._context})" if self._context else str(self._kubeconfig)


def _whole(response: _Response, what: str) -> bytes:
    try:
        return response.read()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise ProviderUnavailable(f"{what}: the API server's answer broke off: {error}") from error


def decoded(content: bytes, what: str) -> Mapping[str, object]:
    """A JSON object from its text; what is none becomes an object with a `message`."""
    try:
        answer = json.loads(content)
    except ValueError:
        answer = {"message": content[:500].decode(errors="replace").strip()}
    return cast(Mapping[str, object], answer) if isinstance(answer, dict) else {"message": f"{what}: no object"}


def raise_refusal(status: int, answer: Mapping[str, object], what: str) -> NoReturn:
    """Say what a refusal of the API server (a Status object) means."""
    message = str(answer.get("message") or f"HTTP {status}")
    details = answer.get("details")
    details = details if isinstance(details, dict) else {}
    causes = {cause.get("reason") for cause in details.get("causes") or () if isinstance(cause, dict)}
    if status == 401:
        raise ProviderFailure(f"{what}: the cluster does not accept the credentials of the kubeconfig")
    if status == 403 and "NamespaceTerminating" in causes:
        raise ProviderUnavailable(f"{what}: the namespace is being deleted")
    if status == 403:
        raise ProviderFailure(f"{what}: the right is missing, or a quota is used up: {message}")
    if status == 404 and details.get("kind") == "namespaces":
        raise NamespaceMissing(f"{what}: {message}")
    if status == 409:
        raise Conflict(f"{what}: {message}")
    if status == 410:
        raise Expired(f"{what}: {message}")
    if status in (408, 429) or status >= 500:
        raise ProviderUnavailable(f"{what}: the cluster is busy or not well: {message}")
    raise ProviderFailure(f"{what}: the cluster refuses it: {message}")
