"""The page that the API serves at `/`: built from `web/` into `web/dist` when it is not there or out of date.

`python -m app.local.web` builds it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.local.failures import LocalFailure
from app.local.node import Node, find_node

WEB = Path(__file__).parents[2] / "web"
DIST = WEB / "dist"

_SOURCES = ("package.json", "package-lock.json", ".npmrc", "tsconfig.json", "vite.config.ts", "index.html")
_SOURCE_FOLDERS = ("src", "public")
_PACKAGES = ("package.json", "package-lock.json", ".npmrc")
_STAMP = ".sources"
_LAST_LINES = 30


def build(progress: Callable[[str], None], *, web: Path = WEB, find: Callable[[], Node] = find_node) -> Path:
    """Build the page of the folder `web` unless it is current, and return where it is (`web/dist`).

    The first build downloads the locked npm packages; `progress` is told each step. The folder is replaced as a whole
    once the build has succeeded, so that a failed one leaves the last page in place. Raises LocalFailure with the
    reason and the end of the output.
    """
    dist = web / "dist"
    if _is_current(web):
        progress("up to date")
        return dist
    with _alone(web):
        if _is_current(web):
            progress("up to date")
            return dist
        node = find()
        _install(web, node, progress)
        stamp = sources_digest(web)
        made = Path(tempfile.mkdtemp(prefix=".building-", dir=web / "node_modules"))
        try:
            progress("bundling")
            script = web / "node_modules" / "vite" / "bin" / "vite.js"
            bundle = [str(node.node), str(script), "build", "--outDir", str(made), "--emptyOutDir"]
            _run(bundle, web, node, what="Bundling the page")
            (made / _STAMP).write_text(stamp)
            made.chmod(0o755)
            _replace(dist, made)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    progress("built")
    return dist


def sources_digest(web: Path = WEB) -> str:
    """SHA-256 over the names and contents of everything the page is made from."""
    files = [web / name for name in _SOURCES]
    for folder in _SOURCE_FOLDERS:
        files += sorted(path for path in (web / folder).rglob("*") if path.is_file())
    return _digest(web, files)


def _is_current(web: Path) -> bool:
    try:
        return (web / "dist" / _STAMP).read_text() == sources_digest(web)
    except OSError:
        return False


def _digest(web: Path, files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        content = file.read_bytes() if file.exists() else b""
        digest.update(f"{file.relative_to(web).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _install(web: Path, node: Node, progress: Callable[[str], None]) -> None:
    """Install the locked packages unless exactly those are there, for this machine's kind and Node's line."""
    machine = f"{platform.system()} {platform.machine()} {node.version[0]}"
    wanted = f"{_digest(web, [web / name for name in _PACKAGES])} {machine}"
    stamp = web / "node_modules" / ".trellis"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    progress(f"installing packages with {node}")
    command = [*node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    _run(command, web, node, what="Installing the page's packages")
    stamp.write_text(wanted)


def _run(command: list[str], web: Path, node: Node, *, what: str) -> None:
    last: deque[str] = deque(maxlen=_LAST_LINES)
    with subprocess.Popen(
        command,
        cwd=web,
        env=node.environment({name: value for name, value in os.environ.items() if not name.startswith("TRELLIS_")}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        try:
            last.extend(line.rstrip() for line in process.stdout)
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        said = "\n".join(f"  {line}" for line in last)
        raise LocalFailure(f"{what} failed with exit code {process.returncode}, using {node}:\n{said}")


def _replace(dist: Path, made: Path) -> None:
    before = made.with_name(made.name + "-before")
    if dist.exists():
        dist.rename(before)
    made.rename(dist)
    shutil.rmtree(before, ignore_errors=True)


@contextmanager
def _alone(web: Path) -> Iterator[None]:
    """Hold other builds of the same folder off; the folder itself is the lock, so that nothing is left behind."""
    folder = os.open(web, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _say(step: str) -> None:
    sys.stderr.write(f"playground: {step}\n")


if __name__ == "__main__":
    try:
        built = build(_say)
    except LocalFailure as failure:
        sys.exit(str(failure))
    sys.stdout.write(f"{built}\n")
