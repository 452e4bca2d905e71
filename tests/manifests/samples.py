"""A complete service manifest as a document, and hypothesis strategies for whole manifests."""

from __future__ import annotations

from copy import deepcopy

from hypothesis import strategies as st
from pydantic import JsonValue, TypeAdapter

from app.domain.names import LABEL_PATTERN, SLUG_PATTERN

_SERVICE: dict[str, JsonValue] = {
    "apiVersion": "trellis/v1",
    "kind": "Service",
    "metadata": {"name": "cart", "project": "shop", "application": "boutique"},
    "spec": {
        "description": "Keeps carts.",
        "version": "v1",
        "image": "registry.example:443/shop/cart:v1.2.3",
        "replicas": 2,
        "ports": [{"name": "http", "port": 80, "targetPort": 8080}, {"name": "admin", "port": 81}],
        "env": [{"name": "PORT", "value": "8080"}, {"name": "MODE", "value": "fast"}],
        "command": ["/cart"],
        "args": ["--verbose"],
        "resources": {"requests": {"cpu": "0.1", "memory": "64Mi"}, "limits": {"cpu": "200m", "memory": "1024Mi"}},
        "readiness": {"http": {"port": 8080, "path": "/healthz"}},
        "deadlineSeconds": 120,
        "dependencies": [{"service": "redis", "kind": "hard"}, {"service": "other/mail", "kind": "soft"}],
    },
}


def document(kind: str = "Service") -> dict[str, JsonValue]:
    """A small valid document of a kind; the service has every field."""
    if kind == "Service":
        return deepcopy(_SERVICE)
    metadata: dict[str, JsonValue] = {"name": "thing", "project": "shop"}
    if kind == "Project":
        del metadata["project"]
    content: dict[str, JsonValue] = {"apiVersion": "trellis/v1", "kind": kind, "metadata": metadata}
    if kind == "Environment":
        content["spec"] = {"stage": "development"}
    return content


def changed(path: tuple[str | int, ...], value: JsonValue, *, kind: str = "Service") -> dict[str, JsonValue]:
    """That document with another value at a path."""
    content = document(kind)
    *parents, last = path
    part = within(content, tuple(parents))
    if isinstance(part, list):
        part[int(last)] = value
    elif isinstance(part, dict):
        part[str(last)] = value
    return content


def within(content: JsonValue, path: tuple[str | int, ...]) -> JsonValue:
    """The value at a path of a document."""
    for key in path:
        if isinstance(content, list):
            content = content[int(key)]
        elif isinstance(content, dict):
            content = content[str(key)]
    return content


_json = TypeAdapter(dict[str, JsonValue])
slugs = st.from_regex(SLUG_PATTERN.replace("61", "9"), fullmatch=True)
labels = st.from_regex(LABEL_PATTERN.replace("52", "9"), fullmatch=True)
words = st.text(st.characters(exclude_categories=["C"]), max_size=12)
ports = st.integers(1, 65_535)
quantities = st.sampled_from(("1", "100m", "0.5", "2"))
memories = st.sampled_from(("64Mi", "1Gi", "1e6", "128974848"))
digests = st.sampled_from(("", "@sha256:" + "0a" * 32))
probes = st.one_of(
    st.fixed_dictionaries({"tcp": st.fixed_dictionaries({"port": ports})}),
    st.fixed_dictionaries({"grpc": st.fixed_dictionaries({"port": ports})}),
    st.fixed_dictionaries({"http": st.fixed_dictionaries({"port": ports}, optional={"path": words.map("/".__add__)})}),
)
specs = st.fixed_dictionaries(
    {"image": st.builds("{}:{}{}".format, slugs, labels, digests)},
    optional={
        "description": words,
        "version": labels,
        "replicas": st.integers(0, 1_000),
        "ports": st.lists(
            st.fixed_dictionaries(
                {"name": slugs.map(lambda text: f"p{abs(hash(text)) % 10_000}"), "port": ports},
                optional={"targetPort": ports},
            ),
            max_size=3,
            unique_by=(lambda port: str(port["name"]), lambda port: str(port["port"])),
        ),
        "env": st.lists(
            st.fixed_dictionaries({"name": st.from_regex("[A-Z_]{1,5}", fullmatch=True), "value": words}),
            max_size=3,
            unique_by=lambda variable: variable["name"],
        ),
        "command": st.lists(words, max_size=2),
        "args": st.lists(words, max_size=2),
        "resources": st.fixed_dictionaries(
            {}, optional={"requests": st.fixed_dictionaries({}, optional={"cpu": quantities, "memory": memories})}
        ),
        "readiness": probes,
        "deadlineSeconds": st.integers(1, 3_600),
        "deprecated": st.just(True),
        "dependencies": st.lists(
            st.fixed_dictionaries(
                {"service": slugs.map("other/x{}".format)}, optional={"kind": st.sampled_from(("hard", "soft"))}
            ),
            max_size=3,
            unique_by=lambda dependency: dependency["service"],
        ),
    },
)
services = st.fixed_dictionaries(
    {
        "apiVersion": st.just("trellis/v1"),
        "kind": st.just("Service"),
        "metadata": st.fixed_dictionaries({"name": slugs, "project": slugs, "application": slugs}),
        "spec": specs,
    }
).map(_json.validate_python)
environments = st.fixed_dictionaries(
    {
        "apiVersion": st.just("trellis/v1"),
        "kind": st.just("Environment"),
        "metadata": st.fixed_dictionaries({"name": slugs.map("e{}".format), "project": slugs}),
        "spec": st.fixed_dictionaries(
            {"stage": st.sampled_from(("development", "staging", "production"))},
            optional={
                "provider": slugs,
                "namespace": slugs,
                "promotesTo": slugs.map("x{}".format),
                "description": words,
            },
        ),
    }
).map(_json.validate_python)
