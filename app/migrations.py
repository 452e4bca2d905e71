"""Schema and data migrations: self-contained Cypher, a ledger in the graph, an after-check for each."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cypher
from app.graph import Graph

SYSTEM = "system"
DIRECTORY = cypher.ROOT / "migrations"


class MigrationFailed(Exception):
    """A migration did not do what its check asks, or an applied one was edited afterwards; nothing later ran."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema: forward, back, and a check whose one column `holds` says whether it is in force."""

    name: str
    up: tuple[str, ...]
    down: tuple[str, ...]
    check: str
    checksum: str


def _statements(text: str) -> tuple[str, ...]:
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("//")]
    return tuple(part.strip() for part in "\n".join(lines).split(";\n") if part.strip(" ;\n"))


def _without_end(text: str) -> str:
    return text.rstrip().removesuffix(";")


def known(directory: Path = DIRECTORY) -> tuple[Migration, ...]:
    """All migrations in their order, as they stand in the folder."""
    found = []
    for folder in sorted(path for path in directory.iterdir() if path.is_dir() and path.name[0].isdigit()):
        up, down, check = ((folder / f"{part}.cypher").read_text(encoding="utf-8") for part in ("up", "down", "check"))
        found.append(
            Migration(
                name=folder.name,
                up=tuple(_without_end(part) for part in _statements(up)),
                down=tuple(_without_end(part) for part in _statements(down)),
                check=_without_end("\n".join(_statements(check))),
                checksum=hashlib.sha256((up + down + check).encode()).hexdigest(),
            )
        )
    return tuple(found)


async def _holds(graph: Graph, migration: Migration) -> bool:
    return [row["holds"] for row in await graph.define(migration.check)] == [True]


async def applied(graph: Graph) -> dict[str, str]:
    """Name and checksum of every migration in the ledger."""
    rows = await graph.read("migrations_ledger/list_applied", SYSTEM)
    return {str(row["name"]): str(row["checksum"]) for row in rows}


async def migrate(
    graph: Graph, *, migrations: Sequence[Migration] | None = None, report: Callable[[str], None] = lambda _: None
) -> tuple[str, ...]:
    """Apply what the ledger lacks, in order, and return the names; a repeat applies nothing.

    Every step is idempotent, so that one that was cut short is taken up again. Raises MigrationFailed.
    """
    await graph.define(
        "CREATE CONSTRAINT migration_key IF NOT EXISTS FOR (n:Migration) REQUIRE (n.tenant, n.id) IS UNIQUE"
    )
    await graph.define("CALL db.awaitIndexes(60)")
    done = await applied(graph)
    ran = []
    for migration in migrations if migrations is not None else known():
        if migration.name in done:
            if done[migration.name] != migration.checksum:
                raise MigrationFailed(f"{migration.name} was changed after it had been applied")
            continue
        report(f"migration {migration.name}")
        for text in migration.up:
            await graph.define(text)
        await graph.define("CALL db.awaitIndexes(300)")
        if not await _holds(graph, migration):
            raise MigrationFailed(f"{migration.name}: its check does not hold after it ran")
        await graph.write("migrations_ledger/record_applied", SYSTEM, id=migration.name, checksum=migration.checksum)
        ran.append(migration.name)
    return tuple(ran)


def key_constraint(label: str) -> str:
    """The statement that makes ids unique in a tenant among the nodes of a label."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", label).lower()
    return f"CREATE CONSTRAINT {name}_key IF NOT EXISTS FOR (n:{label}) REQUIRE (n.tenant, n.id) IS UNIQUE"


async def require_keys(graph: Graph, labels: Iterable[str]) -> None:
    """Return where every one of these labels has its key.

    Raises MigrationFailed with the statements that a migration has to run, where some have none.
    """
    rows = await graph.define(
        "SHOW CONSTRAINTS YIELD type, labelsOrTypes, properties WHERE type = 'UNIQUENESS' "
        "AND properties = ['tenant', 'id'] RETURN labelsOrTypes[0] AS label"
    )
    missing = sorted(set(labels) - {str(row["label"]) for row in rows})
    if missing:
        said = ";\n".join(key_constraint(label) for label in missing)
        raise MigrationFailed(f"a migration must give these labels their keys:\n{said}")


async def revert(graph: Graph, name: str, *, migrations: Sequence[Migration] | None = None) -> None:
    """Take back the newest applied migration, which must be `name`.

    Raises MigrationFailed where a later one stands, or where it was never applied.
    """
    by_name = {migration.name: migration for migration in (migrations if migrations is not None else known())}
    done = sorted(await applied(graph))
    if name not in by_name or name not in done:
        raise MigrationFailed(f"{name} is not applied")
    if done[-1] != name:
        raise MigrationFailed(f"{name} cannot be taken back before {done[-1]}")
    for text in by_name[name].down:
        await graph.define(text)
    if await _holds(graph, by_name[name]):
        raise MigrationFailed(f"{name}: its check still holds after it was taken back")
    await graph.write("migrations_ledger/remove_applied", SYSTEM, id=name)
