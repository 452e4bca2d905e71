"""The tenants that the tests of compiled reads fill."""

from __future__ import annotations

from tests.projection.conftest import seeded, store

__all__ = ["seeded", "store"]
