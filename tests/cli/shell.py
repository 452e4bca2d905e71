"""The command line as a process of its own, and what there is to apply with it."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass
from pathlib import Path

from tests.cli.ended import Ended

ROOT = Path(__file__).parents[2]
TRELLIS = str(Path(sys.executable).with_name("trellis"))
EXAMPLE = str(ROOT / "examples" / "online-boutique")
DEVELOPMENT = ("online-boutique/boutique", "online-boutique@development")
PRODUCTION = ("online-boutique/boutique", "online-boutique@production")
SHOP = """\
apiVersion: trellis/v1
kind: Project
metadata: {name: shop}
---
apiVersion: trellis/v1
kind: Environment
metadata: {name: test, project: shop}
spec: {stage: development}
---
apiVersion: trellis/v1
kind: Application
metadata: {name: boutique, project: shop}
---
apiVersion: trellis/v1
kind: Service
metadata: {name: redis, project: shop, application: boutique}
spec:
  image: example/redis:1
---
apiVersion: trellis/v1
kind: Service
metadata: {name: cart, project: shop, application: boutique}
spec:
  image: example/cart:1
  dependencies:
    - service: redis
"""


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs command lines as a user of the API under test."""

    environment: dict[str, str]

    async def start(self, *arguments: str, stdout: int = PIPE) -> Process:
        """Start a command and return without waiting for it."""
        return await asyncio.create_subprocess_exec(
            TRELLIS, *arguments, env=self.environment, stdin=PIPE, stdout=stdout, stderr=PIPE, cwd=ROOT
        )

    async def __call__(self, *arguments: str, stdin: str = "") -> Ended:
        """Run a command to its end."""
        process = await self.start(*arguments)
        out, err = await asyncio.wait_for(process.communicate(stdin.encode()), 120)
        assert process.returncode is not None
        return Ended(process.returncode, out.decode(), err.decode())
