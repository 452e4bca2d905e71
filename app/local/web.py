"""The page that the API serves at `/`: built from `web/` into `web/dist` when it is not there or out of date.

`python -m app.local.web` builds it.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from app.local.failures import LocalFailure
from app.local.node import Node, find_node
from app.local.packages import FILES, alone, digest, install, run

WEB = Path(__file__).parents[2] / "web"
DIST = WEB / "dist"

_SOURCES = (*FILES, "tsconfig.json", "vite.config.ts", "index.html")
_SOURCE_FOLDERS = ("src", "public")
_STAMP = ".sources"


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
    with alone(web):
        if _is_current(web):
            progress("up to date")
            return dist
        node = find()
        install(web, node, progress, what="Installing the page's packages")
        stamp = sources_digest(web)
        made = Path(tempfile.mkdtemp(prefix=".building-", dir=web / "node_modules"))
        try:
            progress("bundling")
            script = web / "node_modules" / "vite" / "bin" / "vite.js"
            bundle = [str(node.node), str(script), "build", "--outDir", str(made), "--emptyOutDir"]
            run(bundle, web, node, what="Bundling the page")
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
    return digest(web, files)


def _is_current(web: Path) -> bool:
    try:
        return (web / "dist" / _STAMP).read_text() == sources_digest(web)
    except OSError:
        return False


def _replace(dist: Path, made: Path) -> None:
    before = made.with_name(made.name + "-before")
    if dist.exists():
        dist.rename(before)
    made.rename(dist)
    shutil.rmtree(before, ignore_errors=True)


def _say(step: str) -> None:
    sys.stderr.write(f"playground: {step}\n")


if __name__ == "__main__":
    try:
        built = build(_say)
    except LocalFailure as failure:
        sys.exit(str(failure))
    sys.stdout.write(f"{built}\n")
