"""docs/templates.md: its example is the example, its queries are answered, and its commands work as it says."""

from __future__ import annotations

import re
import sys
from asyncio.subprocess import PIPE, create_subprocess_exec
from pathlib import Path

import jsonschema
import pytest
import yaml

from app.domain.manifest_files import read_manifests
from app.domain.manifest_schema import manifest_schema
from app.domain.templates import schemas
from tests.api import PASSWORD, Api
from tests.cli.ended import Ended
from tests.http.caller import Caller
from tests.platform import Platform

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "templates"
PAGE = (ROOT / "docs" / "templates.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
QUERIES = [text for language, text in BLOCKS if language == "graphql"]
COMMANDS = [line.split() for language, text in BLOCKS if language == "sh" for line in text.splitlines()]


async def _trellis(api: Api, home: Path, *arguments: str, stdin: str = "") -> Ended:
    environment = api.environment() | {"TRELLIS_CLI_CREDENTIALS": str(home / "cli.json")}
    program = str(Path(sys.executable).with_name("trellis"))
    process = await create_subprocess_exec(
        program, *arguments, cwd=ROOT, env=environment, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    out, err = await process.communicate(stdin.encode())
    return Ended(process.returncode or 0, out.decode(), err.decode())


def test_its_example_is_the_one_of_the_folder_and_valid() -> None:
    # when
    documents, problems = read_manifests([EXAMPLE])
    # then
    shown = next(yaml.safe_load(text) for language, text in BLOCKS if language == "yaml")
    validator = jsonschema.Draft202012Validator(manifest_schema())
    assert problems == []
    assert shown in [document.content for document in documents]
    assert [error.message for document in documents for error in validator.iter_errors(document.content)] == []


def test_its_limits_are_those_that_hold() -> None:
    # then
    text = " ".join(PAGE.split())
    assert f"at most {schemas.LARGEST // 1024} KiB as JSON and {schemas.DEEPEST} levels" in text
    assert f"at most {schemas.MOST_PATTERNS} patterns of at most {schemas.LONGEST_PATTERN} characters" in text


@pytest.mark.parametrize("query", QUERIES)
async def test_its_queries_are_answered(platform: Platform, query: str) -> None:
    # given
    documents, _ = read_manifests([EXAMPLE])
    await platform.apply(*[document.content for document in documents])
    # when
    answer = (await Caller(platform, platform.actor).ask(query, {})).json()
    # then
    assert "errors" not in answer, answer
    assert "problems': [{" not in str(answer)
    assert "receipts" in str(answer)


async def test_its_commands_do_what_it_says(api: Api, tmp_path: Path) -> None:
    # given
    await _trellis(api, tmp_path, "login", "--password-stdin", stdin=PASSWORD)
    # when
    applied, templates, services, deprecated, deleted, exported = [
        await _trellis(api, tmp_path, *words[1:]) for words in COMMANDS
    ]
    wrong = tmp_path / "shop.yaml"
    wrong.write_text((EXAMPLE / "shop.yaml").read_text().replace("logLevel", "loglevel"))
    refused = await _trellis(api, tmp_path, "apply", "-f", str(wrong))
    # then
    assert [one.code for one in (applied, templates, services, deprecated, exported)] == [0] * 5
    assert "Web service" in templates.out
    assert re.search(r"template:web\b.*\b1\.0\b", templates.out)
    assert "corner-shop/till/receipts" in services.out
    assert deprecated.out == "template:web:1.0 is deprecated\n"
    assert deleted.code != 0
    assert "TemplateVersion template:web:1.0 is in use by Service corner-shop/till/receipts" in deleted.err
    assert [one["kind"] for one in yaml.safe_load_all(exported.out)] == ["Template"]
    assert refused.code != 0
    told = next(text for language, text in BLOCKS if not language).strip()
    assert told in f"{refused.out}{refused.err}".replace(f"{tmp_path}/", "")
