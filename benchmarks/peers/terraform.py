"""The same work for terraform: as many `terraform_data`, which do nothing, with the same dependencies.

Only the built-in provider is used: nothing is downloaded, and nothing is asked over the network.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

PARALLELISM = 10


class TerraformFailed(Exception):
    """terraform ended with an error; the message has the end of what it said."""


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of `terraform plan` and of `terraform apply` of the plan it saved."""

    plan: float
    apply: float


def available() -> bool:
    """Whether there is a terraform on the PATH."""
    return shutil.which("terraform") is not None


async def apply(folder: Path, graph: Mapping[str, Sequence[str]]) -> Took:
    """Create one resource a node, each after those it needs, from nothing in a new folder. Raises TerraformFailed."""
    _write(folder, graph)
    await _terraform(folder, "init")
    plan = await _terraform(folder, "plan", "-out=saved", f"-parallelism={PARALLELISM}")
    done = await _terraform(folder, "apply", f"-parallelism={PARALLELISM}", "saved")
    created = _created(folder)
    if created != len(graph):
        raise TerraformFailed(f"{created} resources were created, not {len(graph)}")
    return Took(plan, done)


def _write(folder: Path, graph: Mapping[str, Sequence[str]]) -> None:
    folder.mkdir(parents=True)
    resources = {
        name: {"input": name, **({"depends_on": [f"terraform_data.{one}" for one in needs]} if needs else {})}
        for name, needs in graph.items()
    }
    (folder / "main.tf.json").write_bytes(orjson.dumps({"resource": {"terraform_data": resources}}))
    (folder / "settings.tfrc").touch()


def _created(folder: Path) -> int:
    return len(orjson.loads((folder / "terraform.tfstate").read_bytes())["resources"])


async def _terraform(folder: Path, command: str, *arguments: str) -> float:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TF_IN_AUTOMATION": "1",
        "CHECKPOINT_DISABLE": "1",
        "TF_CLI_CONFIG_FILE": str(folder / "settings.tfrc"),
    }
    began = time.perf_counter()
    with (folder / f"{command}.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            "terraform",
            command,
            "-input=false",
            "-no-color",
            *arguments,
            cwd=folder,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            code = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    if code:
        raise TerraformFailed((folder / f"{command}.log").read_text(errors="replace")[-2000:])
    return time.perf_counter() - began
