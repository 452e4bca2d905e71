"""Kubernetes resource quantities: "100m", "1.5", "64Mi", "1e3"."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Final

QUANTITY_PATTERN: Final = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(([KMGTPE]i)|[numkMGTPE]|[eE][+-]?[0-9]+)?"
"""The grammar of a quantity (negative ones are refused by `parse_quantity`)."""

_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY: Final = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_SUFFIX: Final = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_LARGEST: Final = 2**63 - 1
_LENGTH: Final = 40

_quantity = re.compile(r"([+-]?)([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,3})?")


@lru_cache(maxsize=1_024)
def parse_quantity(text: str) -> Decimal:
    """The number a quantity stands for, exactly ("100m" is 0.1, "1Ki" is 1024).

    ValueError with a sentence for the writer where it is malformed, negative or beyond what Kubernetes can hold.
    """
    match = _quantity.fullmatch(text) if len(text) <= _LENGTH else None
    if match is None:
        raise ValueError(f"{text!r} is no quantity: write a number such as 100m, 0.5, 2, 64Mi or 1Gi")
    sign, digits, suffix = match[1], match[2], match[3] or ""
    if sign == "-":
        raise ValueError(f"{text!r} is negative")
    if suffix in _BINARY:
        number = Decimal(digits) * Decimal(1 << _BINARY[suffix])
    elif suffix in _DECIMAL:
        number = Decimal(digits).scaleb(_DECIMAL[suffix])
    else:
        number = Decimal(digits).scaleb(int(suffix[1:]))
    if number > _LARGEST:
        raise ValueError(f"{text!r} is larger than a quantity can be (2^63-1)")
    return number


def parse_cpu(text: str) -> Decimal:
    """Cores. ValueError for what is no quantity, or finer than a thousandth of a core."""
    cores = parse_quantity(text)
    if cores * 1000 % 1:
        raise ValueError(f"{text!r} is finer than a thousandth of a core (1m)")
    return cores


def parse_memory(text: str) -> int:
    """Bytes. ValueError for what is no quantity, or not a whole number of bytes ("64m" is 64 thousandths of one)."""
    size = parse_quantity(text)
    if size % 1:
        raise ValueError(f"{text!r} is not a whole number of bytes; did you mean {text.rstrip('num')}Mi?")
    return int(size)


@lru_cache(maxsize=1_024)
def canonical_quantity(text: str) -> str:
    """The one way Kubernetes writes this quantity back, without a fraction: "0.5" is "500m", "1024Mi" is "1Gi".

    Two spellings of one need therefore compare equal, also with what a cluster reports. ValueError as `parse_quantity`.
    """
    number = parse_quantity(text)
    suffix = text.lstrip("+-.0123456789")
    if suffix in _BINARY and number % 1 == 0 and number >= 1024:
        return _binary(int(number))
    exponential = suffix not in _DECIMAL and suffix not in _BINARY
    mantissa, exponent = _decimal(number)
    if exponential and exponent:
        return f"{mantissa}e{exponent}"
    return f"{mantissa}{_DECIMAL_SUFFIX[exponent]}"


def _binary(size: int) -> str:
    for suffix, bits in reversed(_BINARY.items()):
        if size % (1 << bits) == 0:
            return f"{size >> bits}{suffix}"
    return str(size)


def _decimal(number: Decimal) -> tuple[int, int]:
    # Kubernetes keeps nothing finer than 10^-9 and rounds up to it; exponents are multiples of three.
    nanos = number.scaleb(9)
    mantissa, exponent = int(nanos) + (1 if nanos % 1 else 0), -9
    if mantissa == 0:
        return 0, 0
    while exponent < 18 and mantissa % 1000 == 0:
        mantissa //= 1000
        exponent += 3
    return mantissa, exponent
