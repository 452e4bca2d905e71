"""Documents as YAML that every reader understands alike, and that `read_yaml` gives back equal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import yaml
from pydantic import JsonValue

from app.domain.yaml_documents import is_ambiguous

_WIDTH = 120
_LINE_ENDS = re.compile("[\r\x85\u2028\u2029]")


class _Dumper(yaml.SafeDumper):
    """Quotes what is not plainly text, and never writes an alias."""

    def ignore_aliases(self, data: object) -> bool:
        """Write the same value out wherever it stands."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists within mappings, as people do."""
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # Line ends beyond "\n" are folded away unless they are escaped.
    style = '"' if is_ambiguous(text) or _LINE_ENDS.search(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def write_yaml(documents: Iterable[Mapping[str, JsonValue]]) -> str:
    """The documents as one text, separated by `---`, with the fields of each in their own order."""
    return "---\n".join(
        yaml.dump(
            dict(document),
            Dumper=_Dumper,
            sort_keys=False,
            allow_unicode=True,
            default_flow_style=False,
            width=_WIDTH,
        )
        for document in documents
    )
