"""Which server the command line talks to, and how its addresses are built."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.cli.failures import BadUsage

DEFAULT = "http://127.0.0.1:8080"


@dataclass(frozen=True, slots=True)
class Server:
    """A server by the origin and path under which it is reached, without a slash at the end."""

    url: str

    @property
    def graphql(self) -> str:
        """Where queries and mutations are posted."""
        return f"{self.url}/graphql"

    @property
    def socket(self) -> str:
        """Where subscriptions connect."""
        return "ws" + self.graphql.removeprefix("http")

    @property
    def is_local(self) -> bool:
        """Whether it runs on this machine: no proxy stands in between then."""
        host = urlsplit(self.url).hostname or ""
        try:
            return host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    @property
    def is_open_to_listeners(self) -> bool:
        """Whether a token would travel in the clear over a network."""
        return self.url.startswith("http://") and not self.is_local


def parse_server(text: str) -> Server:
    """The server an address means.

    Raises BadUsage for anything else than http or https with a host, and for a password in the address.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError as error:
        raise BadUsage(f"--server {text!r} is no address: {error}", "BAD_SERVER") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise BadUsage(f"--server {text!r} is no address such as {DEFAULT}", "BAD_SERVER")
    if parts.username or parts.password:
        raise BadUsage("--server takes no user name or password: sign in with `trellis login`", "BAD_SERVER")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    place = host if port is None else f"{host}:{port}"
    return Server(f"{parts.scheme}://{place}{parts.path.rstrip('/')}")
