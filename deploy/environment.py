"""Makes the virtual environment: `python3 deploy/environment.py runtime|dev`, with nothing but Python itself.

Exactly what the lock in deploy/requirements names is installed, checked by its hashes, and only where the lock, the
Python or the place has changed since the last time. The program itself is not copied: the environment points here.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

OLDEST = (3, 11)
CHECKOUT = Path(__file__).resolve().parents[1]
LOCKS = ("runtime", "dev")
STAMP = "trellis-environment.json"

# The first two lines are a shell's and a string of Python's: a path with spaces cannot stand behind #!.
SCRIPT = """\
#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
import sys

from app.cli.commands import main

sys.exit(main())
"""


class Refused(Exception):
    """The environment cannot be made; the message says what to do."""


def make(environment: Path, lock: str) -> str:
    """Bring `environment` to what a lock ("runtime" or "dev") says; returns what was done, in a few words.

    "dev" holds all of "runtime", so that asking for "runtime" changes nothing in an environment made for "dev". Raises
    Refused where this Python is too old or cannot make environments, or where a package cannot be had.
    """
    if sys.version_info < OLDEST:
        raise Refused(f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed; {sys.executable} is {version()}.")
    with Path(__file__).open() as alone:
        # Two commands at once would install into each other; any file that is there serves to keep them apart.
        fcntl.flock(alone, fcntl.LOCK_EX)
        python = environment / "bin" / "python"
        wanted = {name: digest(name, python) for name in LOCKS}
        found = stamp(environment)
        usable = works(python)
        if usable and any(found.get(name) == wanted[name] for name in LOCKS[LOCKS.index(lock) :]):
            return "up to date"
        if not usable:
            create(environment)
        install(python, CHECKOUT / "deploy" / "requirements" / f"{lock}.txt")
        point_here(environment, python)
        (environment / STAMP).write_text(json.dumps({lock: wanted[lock]}))
        return "installed"


def version() -> str:
    """This Python's version."""
    return ".".join(map(str, sys.version_info[:3]))


def project_version() -> str:
    """The version that the checkout gives itself."""
    # Here and not above: an older Python has no such module, and is told so in words.
    import tomllib

    with (CHECKOUT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def digest(lock: str, python: Path) -> str:
    """Stands for all that an environment was made from."""
    text = (CHECKOUT / "deploy" / "requirements" / f"{lock}.txt").read_bytes()
    script = Path(__file__).read_bytes()
    parts = [version(), project_version(), str(python)]
    return hashlib.sha256(b"\0".join([text, script, *(part.encode() for part in parts)])).hexdigest()


def stamp(environment: Path) -> dict[str, str]:
    """What the environment was made from the last time; empty if that is not known."""
    try:
        content = json.loads((environment / STAMP).read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def works(python: Path) -> bool:
    """Whether the environment has a Python of the right age with pip; one whose base was removed has not."""
    asked = f"import pip, sys; sys.exit(sys.version_info < {OLDEST})"
    try:
        return subprocess.run([str(python), "-c", asked], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def create(environment: Path) -> None:
    """Make an empty environment, in place of a broken one."""
    say(f"Making {environment} with Python {version()}")
    shutil.rmtree(environment, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(environment)], capture_output=True, text=True, check=False)
    if made.returncode != 0 or not works(environment / "bin" / "python"):
        shutil.rmtree(environment, ignore_errors=True)
        raise Refused(
            f"{sys.executable} cannot make virtual environments. On Debian and Ubuntu they are a package of their own: "
            f"apt install python3-venv\n{(made.stdout + made.stderr).strip()[-2000:]}"
        )


def install(python: Path, lock: Path) -> None:
    """Install what a lock names, showing how far it is."""
    total = len(re.findall(r"^[\w.\[\]-]+==", lock.read_text(), flags=re.MULTILINE))
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--require-hashes"]
    began = time.monotonic()
    said: list[str] = []
    seen = 0
    shown = began
    installing = False
    with subprocess.Popen(
        [*command, "-r", str(lock)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            said.append(line)
            seen += line.startswith(("Collecting ", "Requirement already satisfied: "))
            begins = line.startswith("Installing collected packages")
            installing = installing or begins
            if begins or sys.stdout.isatty() or time.monotonic() - shown > 5:
                shown = time.monotonic()
                what = "installing" if installing else "fetching"
                progress(f"Python packages: {what} {min(seen, total)} of {total} ({shown - began:.0f} s)")
    if pip.returncode != 0:
        progress(None)
        raise Refused(f"The Python packages could not be installed:\n{''.join(said)[-4000:].strip()}")
    progress(None)
    say(f"Python packages: {total} installed ({time.monotonic() - began:.0f} s)")


def point_here(environment: Path, python: Path) -> None:
    """Make the checkout a package of the environment in place, and `trellis` a command of it.

    What an editable install does, without the build program that it needs.
    """
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    place = subprocess.run([str(python), "-c", asked], capture_output=True, text=True, check=True).stdout.strip()
    (Path(place) / "trellis.pth").write_text(f"{CHECKOUT}\n")
    for old in Path(place).glob("trellis-*.dist-info"):
        shutil.rmtree(old)
    release = project_version()
    metadata = Path(place) / f"trellis-{release}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: trellis\nVersion: {release}\n")
    (metadata / "INSTALLER").write_text("deploy/environment.py\n")
    script = environment / "bin" / "trellis"
    script.write_text(SCRIPT.format(python=python))
    script.chmod(0o755)


def progress(text: str | None) -> None:
    """Show a line that the next one replaces; None takes it away."""
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns - 1
        sys.stdout.write(f"\r\x1b[K{(text or '')[:width]}")
        sys.stdout.flush()
    elif text:
        say(text)


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """Make the environment of this checkout; returns the exit code."""
    if len(arguments) != 1 or arguments[0] not in LOCKS:
        sys.stderr.write("usage: python3 deploy/environment.py runtime|dev\n")
        return 2
    try:
        make(CHECKOUT / ".venv", arguments[0])
    except Refused as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
