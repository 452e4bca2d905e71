"""GraphQL over HTTP: one typed door through which every answer is checked before a command sees it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Generic, Self, TypeVar

import httpx2
import orjson
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from app.cli.documents import document
from app.cli.failures import CommandFailure, Complaint, NotSignedIn, Refused, Unreachable
from app.cli.server import Server

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 120.0
SIGN_IN = "sign in with `trellis login`"

AnswerT = TypeVar("AnswerT", bound=BaseModel)
Variables = Mapping[str, JsonValue]


class Operation(Generic[AnswerT]):
    """A document of `documents/` and the model its data must fit."""

    __slots__ = ("answer", "name")

    def __init__(self, name: str, answer: type[AnswerT]) -> None:
        self.name = name
        self.answer = answer


class _Extensions(BaseModel):
    code: str | None = None


class _Error(BaseModel):
    message: str
    path: list[str | int] | None = None
    extensions: _Extensions | None = None


class _Response(BaseModel):
    model_config = ConfigDict(extra="ignore")

    data: dict[str, JsonValue] | None = None
    errors: list[_Error] | None = None


class Client:
    """Talks to one server as one person, or as nobody where there is no token.

    `trace` is told what is sent, never with a token or a variable's value.
    """

    def __init__(self, server: Server, token: str | None = None, *, trace: Callable[[str], None]) -> None:
        self.server = server
        self._trace = trace
        self._http = httpx2.Client(
            headers={"accept": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {}),
            timeout=httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            # A proxy of the environment must not stand between this machine and itself.
            trust_env=not server.is_local,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._http.close()

    def execute(self, operation: Operation[AnswerT], variables: Variables | None = None) -> AnswerT:
        """Run one operation and return its data.

        Raises Unreachable where the server does not answer, NotSignedIn where it wants a token (or another one), and
        Refused for errors and for an answer that is not what the operation promises.
        """
        body = orjson.dumps({"query": document(operation.name), "variables": variables or {}})
        started = time.monotonic()
        try:
            answer = self._http.post(self.server.graphql, content=body, headers={"content-type": "application/json"})
        except httpx2.ConnectError as error:
            raise Unreachable(
                f"{self.server.url} cannot be reached ({reason_of(error)}): is Trellis running? `make up` starts it"
            ) from error
        except httpx2.TimeoutException as error:
            raise Unreachable(f"{self.server.url} did not answer {operation.name} in time") from error
        except httpx2.TransportError as error:
            raise Unreachable(f"{self.server.url} broke off {operation.name} ({reason_of(error)})") from error
        milliseconds = (time.monotonic() - started) * 1000
        self._trace(f"{operation.name}: HTTP {answer.status_code} in {milliseconds:.0f} ms, {len(body)} bytes sent")
        return _checked(operation, self.server, answer)


def _checked(operation: Operation[AnswerT], server: Server, answer: httpx2.Response) -> AnswerT:
    if answer.status_code == httpx2.codes.UNAUTHORIZED:
        raise NotSignedIn(f"{server.url} does not accept the token: {SIGN_IN}")
    if answer.status_code in (httpx2.codes.BAD_GATEWAY, httpx2.codes.SERVICE_UNAVAILABLE, httpx2.codes.GATEWAY_TIMEOUT):
        raise Unreachable(f"{server.url} is not ready (HTTP {answer.status_code})")
    request_id = answer.headers.get("x-request-id")
    trail = f" (request {request_id})" if request_id else ""
    try:
        response = _Response.model_validate_json(answer.content)
    except ValidationError as error:
        raise Refused(
            f"{server.graphql} answered HTTP {answer.status_code} without GraphQL in it{trail}", "NO_GRAPHQL"
        ) from error
    if response.errors:
        raise _failure(server, response.errors, trail)
    try:
        return operation.answer.model_validate(response.data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Refused(
            f"the answer to {operation.name} does not fit this version of the command line: {place}: {first['msg']}"
            f"{trail}",
            "ANSWER_MISFIT",
        ) from error


def _failure(server: Server, errors: list[_Error], trail: str) -> CommandFailure:
    codes = [error.extensions.code if error.extensions and error.extensions.code else "ERROR" for error in errors]
    if "UNAUTHENTICATED" in codes:
        return NotSignedIn(f"{server.url} wants to know who you are: {SIGN_IN}")
    if "UNAVAILABLE" in codes:
        return Unreachable(f"{server.url} is not ready: {errors[0].message}{trail}")
    complaints = tuple(Complaint(code, error.message) for code, error in zip(codes, errors, strict=True))
    return Refused(f"{errors[0].message}{trail}", codes[0], complaints=complaints if len(complaints) > 1 else ())


def reason_of(error: Exception) -> str:
    """The operating system's words, from the bottom of the chain of causes."""
    cause: BaseException = error
    while (deeper := cause.__cause__ or cause.__context__) is not None:
        cause = deeper
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror.lower()
    return str(cause) or type(cause).__name__
