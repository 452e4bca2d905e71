"""Migrations forward and back on an empty database, and what happens when one is wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.graph import Graph
from app.graph_failures import StatementFailed
from app.migrations import DIRECTORY, Migration, MigrationFailed, applied, known, migrate, revert

LEDGER = {"migration_key"}


async def schema(graph: Graph) -> set[str]:
    """The names of all constraints and indexes, but for those that come with the server."""
    rows = await graph.define("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name")
    return {str(row["name"]) for row in rows}


async def holds(graph: Graph, migration: Migration) -> bool:
    """What a migration's check says."""
    return [row["holds"] for row in await graph.define(migration.check)] == [True]


def added(folder: Path, name: str, *, up: str, down: str = "", check: str) -> tuple[Migration, ...]:
    """The migrations of the product and one more."""
    copy = folder / "migrations"
    if not copy.exists():
        shutil.copytree(DIRECTORY, copy)
    (copy / name).mkdir(exist_ok=True)
    for part, text in (("up", up), ("down", down), ("check", check)):
        (copy / name / f"{part}.cypher").write_text(text, encoding="utf-8")
    return known(copy)


async def test_all_are_applied_once(blank: Graph) -> None:
    # given an empty database
    migrations = known()
    assert [await holds(blank, each) for each in migrations] == [False] * len(migrations)
    # when migrations are applied, twice
    said: list[str] = []
    first = await migrate(blank, report=said.append)
    made = await schema(blank)
    second = await migrate(blank, report=said.append)
    # then the first applied all of them in order, each check holds, and the second found nothing to do
    assert first == tuple(each.name for each in migrations)
    assert said == [f"migration {each.name}" for each in migrations]
    assert [await holds(blank, each) for each in migrations] == [True] * len(migrations)
    assert second == ()
    assert await schema(blank) == made
    assert await applied(blank) == {each.name: each.checksum for each in migrations}


async def test_all_can_be_taken_back_and_applied_again(blank: Graph) -> None:
    # given a migrated database
    await migrate(blank)
    made = await schema(blank)
    # when the migrations are taken back, the newest first
    for migration in reversed(known()):
        assert await holds(blank, migration)
        await revert(blank, migration.name)
        # then each check holds no longer, and the ledger has forgotten it
        assert not await holds(blank, migration)
        assert migration.name not in await applied(blank)
    assert await schema(blank) == LEDGER
    # when they are applied again
    again = await migrate(blank)
    # then everything is as it was
    assert again == tuple(each.name for each in known())
    assert await schema(blank) == made


async def test_only_the_newest_can_be_taken_back(blank: Graph) -> None:
    # given a migrated database
    await migrate(blank)
    before = (await schema(blank), await applied(blank))
    first, last = known()[0].name, known()[-1].name
    # when an older one, or one that was never applied, is taken back
    with pytest.raises(MigrationFailed, match=f"^{first} cannot be taken back before {last}$"):
        await revert(blank, first)
    with pytest.raises(MigrationFailed, match=r"^9999_nothing is not applied$"):
        await revert(blank, "9999_nothing")
    # then nothing has changed
    assert (await schema(blank), await applied(blank)) == before


async def test_an_edited_one_is_refused(blank: Graph, tmp_path: Path) -> None:
    # given an applied migration
    check = "SHOW INDEXES YIELD name WHERE name = 'extra' RETURN count(*) = 1 AS holds;"
    up = "CREATE INDEX extra IF NOT EXISTS FOR (n:Service) ON (n.kind);"
    await migrate(blank, migrations=added(tmp_path, "0900_extra", up=up, check=check))
    before = (await schema(blank), await applied(blank))
    # when its text has changed and one more follows
    edited = added(tmp_path, "0900_extra", up=up + "\n// a second thought", check=check)
    later = "CREATE INDEX later IF NOT EXISTS FOR (n:Service) ON (n.name);"
    edited = added(tmp_path, "0901_later", up=later, check=check)
    with pytest.raises(MigrationFailed, match=r"^0900_extra was changed after it had been applied$"):
        await migrate(blank, migrations=edited)
    # then nothing has changed
    assert (await schema(blank), await applied(blank)) == before


async def test_one_whose_check_does_not_hold_is_not_recorded(blank: Graph, tmp_path: Path) -> None:
    # given a migration that does not do what its check asks, and one after it
    check = "SHOW INDEXES YIELD name WHERE name = 'asked' RETURN count(*) = 1 AS holds;"
    wrong = "CREATE INDEX done IF NOT EXISTS FOR (n:Service) ON (n.kind);"
    added(tmp_path, "0900_wrong", up=wrong, check=check)
    migrations = added(tmp_path, "0901_later", up=wrong.replace("done", "later"), check=check)
    # when migrations are applied
    with pytest.raises(MigrationFailed, match=r"^0900_wrong: its check does not hold after it ran$"):
        await migrate(blank, migrations=migrations)
    # then those before it stand, it is not in the ledger, and nothing after it ran
    assert await applied(blank) == {each.name: each.checksum for each in known()}
    assert "later" not in await schema(blank)
    # when it is put right
    right = added(tmp_path, "0900_wrong", up=wrong.replace("done", "asked").replace("kind", "name"), check=check)
    # then it is applied
    assert await migrate(blank, migrations=right) == ("0900_wrong", "0901_later")


async def test_one_that_the_server_refuses_is_not_recorded(blank: Graph, tmp_path: Path) -> None:
    # given a migration that is no Cypher
    migrations = added(tmp_path, "0900_broken", up="CREATE NOTHING;", check="RETURN true AS holds;")
    # when migrations are applied
    with pytest.raises(StatementFailed, match=r"^migration: Neo\.ClientError\.Statement\.SyntaxError: "):
        await migrate(blank, migrations=migrations)
    # then those before it stand, and it is not in the ledger
    assert await applied(blank) == {each.name: each.checksum for each in known()}


async def test_one_whose_way_back_does_not_lead_back_stays_recorded(blank: Graph, tmp_path: Path) -> None:
    # given an applied migration whose way back does nothing
    check = "SHOW INDEXES YIELD name WHERE name = 'extra' RETURN count(*) = 1 AS holds;"
    up = "CREATE INDEX extra IF NOT EXISTS FOR (n:Service) ON (n.kind);"
    migrations = added(tmp_path, "0900_extra", up=up, down="RETURN 1 AS nothing;", check=check)
    await migrate(blank, migrations=migrations)
    # when it is taken back
    with pytest.raises(MigrationFailed, match=r"^0900_extra: its check still holds after it was taken back$"):
        await revert(blank, "0900_extra", migrations=migrations)
    # then the ledger still says what is the case
    assert "0900_extra" in await applied(blank)


async def test_one_that_was_cut_short_is_taken_up_again(blank: Graph) -> None:
    # given a database in which the first statement of the first migration ran, and then the process ended
    await blank.define(known()[0].up[0])
    # when migrations are applied
    ran = await migrate(blank)
    # then all of them are in force
    assert ran == tuple(each.name for each in known())
    assert [await holds(blank, each) for each in known()] == [True] * len(known())


async def test_keys_keep_two_nodes_apart(blank: Graph) -> None:
    # given a migrated database
    await migrate(blank)
    rows = await blank.define(
        "SHOW CONSTRAINTS YIELD labelsOrTypes, properties, type WHERE properties = ['tenant', 'id'] "
        "RETURN labelsOrTypes[0] AS label, type ORDER BY label"
    )
    # when the constraints on keys are listed
    labels = [row["label"] for row in rows]
    # then each label has one, and it is unique within its tenant
    assert {row["type"] for row in rows} == {"UNIQUENESS"}
    assert labels == [
        "Application",
        "Approval",
        "Decision",
        "Deployment",
        "Entity",
        "Environment",
        "Event",
        "EventLog",
        "Freeze",
        "Migration",
        "Operation",
        "Plan",
        "PlanStep",
        "Policy",
        "Project",
        "Provider",
        "Run",
        "Schedule",
        "Service",
        "ServiceVersion",
        "StepRun",
        "Team",
        "Template",
        "TemplateVersion",
        "Tenant",
        "User",
        "Violation",
    ]
