"""Quantities: exact numbers, and the one way Kubernetes writes each."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.quantities import (
    QUANTITY_PATTERN,
    canonical_quantity,
    parse_cpu,
    parse_memory,
    parse_quantity,
)


@pytest.mark.parametrize(
    ("text", "number", "canonical"),
    [
        ("0", "0", "0"),
        ("100m", "0.1", "100m"),
        ("0.1", "0.1", "100m"),
        ("0.5", "0.5", "500m"),
        (".5", "0.5", "500m"),
        ("1.", "1", "1"),
        ("1000m", "1", "1"),
        ("1500m", "1.5", "1500m"),
        ("+2", "2", "2"),
        ("1000", "1000", "1k"),
        ("12e6", "12000000", "12e6"),
        ("1e2", "100", "100"),
        ("1E", "1000000000000000000", "1E"),
        ("64Mi", "67108864", "64Mi"),
        ("1024Mi", "1073741824", "1Gi"),
        ("1.5Gi", "1610612736", "1536Mi"),
        ("0.5Ki", "512", "512"),
        ("0.0001Ki", "0.1024", "102400u"),
        ("128974848", "128974848", "128974848"),
        ("0.1n", "0.0000000001", "1n"),
    ],
)
def test_a_quantity_has_one_number_and_one_canonical_form(text: str, number: str, canonical: str) -> None:
    assert parse_quantity(text) == Decimal(number)
    assert canonical_quantity(text) == canonical


@given(st.from_regex(QUANTITY_PATTERN, fullmatch=True).filter(lambda text: len(text) < 12 and "-" not in text))
def test_the_canonical_form_is_its_own_and_never_smaller(text: str) -> None:
    try:
        number = parse_quantity(text)
    except ValueError:
        assert re.search(r"[eEPT]", text)
        return
    canonical = canonical_quantity(text)
    assert canonical_quantity(canonical) == canonical
    assert 0 <= parse_quantity(canonical) - number < Decimal("1e-9")


@pytest.mark.parametrize("text", ["", "m", "1 Gi", "1gi", "1Kib", "one", "1e", "0x10", "1" * 41])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    message = f"{text!r} is no quantity: write a number such as 100m, 0.5, 2, 64Mi or 1Gi"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_quantity(text)


def test_a_negative_quantity_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^'-1' is negative$"):
        parse_quantity("-1")


def test_a_quantity_beyond_64_bits_is_refused() -> None:
    assert parse_quantity("9223372036854775807") == 2**63 - 1
    with pytest.raises(ValueError, match=r"^'8Ei' is larger than a quantity can be \(2\^63-1\)$"):
        parse_quantity("8Ei")


def test_cpu_stops_at_a_thousandth_of_a_core() -> None:
    assert parse_cpu("1m") == Decimal("0.001")
    with pytest.raises(ValueError, match=r"^'100u' is finer than a thousandth of a core \(1m\)$"):
        parse_cpu("100u")


def test_memory_is_whole_bytes() -> None:
    assert parse_memory("64Mi") == 64 * 1024 * 1024
    with pytest.raises(ValueError, match=r"^'64m' is not a whole number of bytes; did you mean 64Mi\?$"):
        parse_memory("64m")
