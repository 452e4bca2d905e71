"""The example as a user would load it: by the command line, over GraphQL."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from app.local.children import CHECKOUT
from app.local.failures import LocalFailure

MANIFESTS = Path("examples") / "online-boutique"
LOGIN = ("login", "--name", "admin", "--password-stdin")
APPLY = ("apply", "-f", str(MANIFESTS))
DEPLOY = ("deploy", "online-boutique/boutique", "online-boutique@development", "--follow")


def trellis(arguments: tuple[str, ...], environment: Mapping[str, str], *, given: str | None = None) -> None:
    """Run the command line with its output going straight to the user's terminal.

    `given` is what it reads from its standard input. Raises LocalFailure where it ends with an error.
    """
    program = Path(sys.executable).with_name("trellis")
    if not program.exists():
        raise LocalFailure(f"{program} is not there; run `make up`, which makes it")
    ended = subprocess.run(
        [str(program), *arguments],
        input="" if given is None else given,
        text=True,
        env=dict(environment),
        cwd=CHECKOUT,
        check=False,
    )
    if ended.returncode != 0:
        raise LocalFailure(f"`trellis {' '.join(arguments)}` ended with exit code {ended.returncode}")
