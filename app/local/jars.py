"""The jars of the local Neo4j: exactly those of the lock, fetched once, checked by SHA-256, kept outside the checkout.

`python -m app.local.jars lock` resolves the coordinates below again and writes the lock anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from jgo.config import GlobalSettings
from jgo.maven import MavenContext, PythonResolver
from jgo.parse import Coordinate

from app.local.failures import LocalFailure
from app.local.state import write_private

COORDINATES = (
    "org.neo4j:neo4j:5.26.30",
    "org.neo4j.app:neo4j-server:5.26.30",
    "org.neo4j.client:neo4j-browser:5.24.0",
)
LOCK = Path(__file__).parents[2] / "deploy" / "requirements" / "neo4j.txt"
_AT_ONCE = 8
_ATTEMPTS = 3

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Jar:
    """One line of the lock: Maven coordinates (`group:artifact:version[:classifier]`) and the SHA-256 of the file."""

    coordinates: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.coordinates} sha256:{self.sha256}"


def read_lock(lock: Path = LOCK) -> tuple[Jar, ...]:
    """The jars of a lock file in class path order. Raises LocalFailure where a line is not understood."""
    jars = []
    for number, line in enumerate(lock.read_text(encoding="utf-8").splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        coordinates, separator, sha256 = line.partition(" sha256:")
        if not separator or coordinates.count(":") not in (2, 3) or len(sha256) != 64:
            raise LocalFailure(f"{lock}, line {number}: expected 'group:artifact:version sha256:<64 digits>'")
        jars.append(Jar(coordinates, sha256))
    return tuple(jars)


def cache_folder() -> Path:
    """Where this machine's user keeps what can be made again: $XDG_CACHE_HOME/trellis or ~/.cache/trellis."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "trellis"


def class_path(progress: Progress, *, lock: Path = LOCK, cache: Path | None = None) -> tuple[Path, ...]:
    """The files of the lock on this machine, fetched where they are not there yet.

    `progress` is called with how many of how many are there. Once all are checked their list is kept in `cache`
    (`cache_folder()` unless given), so that the next start only looks whether the files still have their size. Raises
    LocalFailure where a file cannot be had or is not what the lock says.
    """
    jars = read_lock(lock)
    digest = hashlib.sha256("\n".join(map(str, jars)).encode()).hexdigest()
    listing = (cache or cache_folder()) / f"neo4j-{digest[:16]}.json"
    known = _known(listing)
    if known is not None:
        return known
    listing.parent.mkdir(parents=True, exist_ok=True)
    with listing.with_suffix(".lock").open("w") as alone:
        # Two commands that fetch the same files at once would each find the other's half of a file.
        fcntl.flock(alone, fcntl.LOCK_EX)
        found = _fetch(jars, progress)
    write_private(listing, json.dumps([[str(path), path.stat().st_size] for path in found]))
    return found


def _known(listing: Path) -> tuple[Path, ...] | None:
    """The class path kept from an earlier start; None if a file has gone since."""
    try:
        entries = json.loads(listing.read_text(encoding="utf-8"))
        if all(Path(path).stat().st_size == size for path, size in entries):
            return tuple(Path(path) for path, _ in entries)
    except (OSError, ValueError):
        pass
    return None


def _context() -> MavenContext:
    settings = GlobalSettings.load()
    plain = MavenContext()
    return MavenContext(
        resolver=PythonResolver(),
        repo_cache=settings.repo_cache,
        remote_repos={**plain.remote_repos, **settings.repositories},
        timeout=60,
    )


def _fetch(jars: Sequence[Jar], progress: Progress) -> tuple[Path, ...]:
    context = _context()
    found: dict[Jar, Path] = {}
    progress(0, len(jars))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        waiting = {pool.submit(_one, context, jar): jar for jar in jars}
        try:
            for done in as_completed(waiting):
                found[waiting[done]] = done.result()
                progress(len(found), len(jars))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return tuple(found[jar] for jar in jars)


def _one(context: MavenContext, jar: Jar) -> Path:
    """One checked file. A download that was cut short leaves a file behind that looks complete: it is fetched again."""
    trouble = ""
    for _ in range(_ATTEMPTS):
        try:
            path = context.create_dependency(Coordinate.parse(jar.coordinates)).artifact.resolve()
        except (OSError, RuntimeError, AssertionError) as error:
            trouble = str(error) or type(error).__name__
            continue
        if _sha256(path) == jar.sha256:
            return path
        trouble = "the file is not the one the lock names"
        path.unlink(missing_ok=True)
    raise LocalFailure(
        f"{jar.coordinates}, a part of Neo4j, could not be fetched: {trouble}. Check the network and try again; a "
        "mirror can be named in the [repositories] section of jgo's own configuration file."
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_lock(lock: Path = LOCK) -> int:
    """Resolve the coordinates again, fetch every file and write the lock; returns the number of its lines."""
    context = _context()
    given, brought = context.resolver.resolve(
        [context.create_dependency(Coordinate.parse(each)) for each in COORDINATES]
    )
    jars = []
    for dependency in (*given, *brought):
        parts = [dependency.groupId, dependency.artifactId, dependency.version]
        coordinates = ":".join([*parts, dependency.classifier] if dependency.classifier else parts)
        jars.append(Jar(coordinates, _sha256(dependency.artifact.resolve())))
    head = (
        f"# The class path of the local Neo4j: {', '.join(COORDINATES)}\n# Written by: python -m app.local.jars lock\n"
    )
    lock.write_text(head + "".join(f"{jar}\n" for jar in jars), encoding="utf-8")
    return len(jars)


if __name__ == "__main__":
    if sys.argv[1:] != ["lock"]:
        sys.exit("usage: python -m app.local.jars lock")
    sys.stdout.write(f"{write_lock()} jars in {LOCK}\n")
