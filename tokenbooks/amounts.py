"""Exact amounts: reading, writing, rounding and sharing out.

All money and all quantities are ``Decimal``, ``Fraction`` or ``int``. This is the
only module that rounds. Rounding is half-up (half away from zero), once per posted
unit; ACCOUNTING.md section 1, "Precision and rounding".
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from fractions import Fraction
from typing import TypeVar

# the digits 0 to 9 alone: \d takes those of every script
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,5})?", re.ASCII)
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)([kMG]?)", re.ASCII)
_SUFFIXES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}
_LONGEST_NUMBER = 100
_LONGEST_QUANTITY = 18
_WIDE = Context(prec=400, rounding=ROUND_HALF_UP)

#: Decimal places of currencies that do not have two (ISO 4217).
_PLACES = {
    **dict.fromkeys(["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"], 0),
    **dict.fromkeys(["PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"], 0),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}

_CODES = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV
    BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE
    CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD
    HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD
    KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN
    MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
    RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS
    TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST
    XAF XAG XAU XCD XCG XDR XOF XPD XPF XPT XSU XUA YER ZAR ZMW ZWG ZWL
"""

#: The currencies of states, and the funds and metals that ISO 4217 lists beside them.
CURRENCIES = frozenset(_CODES.split())

Key = TypeVar("Key", bound=Hashable)


def currency_places(currency: str) -> int:
    """Decimal places in which a currency is posted (ISO 4217)."""
    return _PLACES.get(currency, 2)


def parse_number(text: str) -> Decimal:
    """Read a plain decimal number such as ``2.50``, ``1e-6`` or ``0E-6176``.

    Raises ValueError for anything else: signs of currency, thousands separators,
    underscores, NaN and infinity, and numbers too long or too small to be meant.
    """
    stripped = text.strip()
    if len(stripped) > _LONGEST_NUMBER or not _NUMBER.fullmatch(stripped):
        raise ValueError(text)
    number = Decimal(stripped)
    if not number:
        return Decimal(0)
    if not -60 <= number.adjusted() <= 40:
        raise ValueError(text)
    return number


def parse_quantity(text: str) -> Decimal:
    """Read a quantity as plans write it: ``1``, ``1k``, ``1.5M``, ``1G`` or digits."""
    match = _QUANTITY.fullmatch(text.strip())
    if not match or len(match[1]) > _LONGEST_QUANTITY:
        raise ValueError(text)
    return Decimal(match[1]) * _SUFFIXES[match[2]]


def quantity_text(quantity: Decimal) -> str:
    """Write a quantity as plans do: ``1M``, ``1.5k`` becomes ``1500``."""
    for suffix, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if quantity and quantity % size == 0:
            return f"{number_text(quantity / size)}{suffix}"
    return number_text(quantity)


def number_text(number: Decimal | int) -> str:
    """Write a number plainly: no exponent, no trailing zeros, no negative zero."""
    text = format(Decimal(number), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def money_text(amount: Decimal, places: int) -> str:
    """Write a posted amount with exactly the places of its currency."""
    return format(amount, f".{places}f")


def exact_text(value: Fraction, places: int = 12) -> str:
    """Write an exact value in full if it is a finite decimal, else to ``places``."""
    finite = finite_decimal(value)
    return number_text(finite if finite is not None else round_half_up(value, places))


def finite_decimal(value: Fraction) -> Decimal | None:
    """The value as a decimal, or None where it has no finite decimal expansion."""
    rest = value.denominator
    twos = fives = 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return None
    places = max(twos, fives)
    with localcontext(_WIDE):
        return Decimal(value.numerator * 10**places // value.denominator).scaleb(-places)


def round_half_up(value: Fraction | Decimal, places: int) -> Decimal:
    """Round an exact value to ``places`` decimals, half away from zero.

    The one place where an exact value becomes a posted amount.
    """
    exact = Fraction(value)
    scaled = abs(exact) * Fraction(10) ** places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    with localcontext(_WIDE):
        return Decimal(whole if exact >= 0 else -whole).scaleb(-places)


def whole_units(value: Fraction, rounding: str) -> int:
    """How many whole units are counted: ``up`` started, ``down`` completed, ``half_up``.

    Away from zero and towards it alike below zero, so that what is taken back mirrors
    what was counted (PEERS b2).
    """
    size = abs(value)
    completed = size.numerator // size.denominator
    if rounding == "up":
        counted = completed + (completed != size)
    elif rounding == "down":
        counted = completed
    else:
        counted = int(round_half_up(size, 0))
    return counted if value >= 0 else -counted


def share_out(total: Decimal, weights: Mapping[Key, Fraction], places: int) -> dict[Key, Decimal]:
    """Split a rounded total over keys in proportion, by largest remainder.

    The parts always sum to the total, and each is less than one unit from its exact share;
    a negative weight has a negative share. Ties go to the key that sorts first (ACCOUNTING
    1: round the total first, then largest remainder). Weights that cancel out are amounts
    themselves: each is rounded, and the largest takes what is left of the total.
    """
    if not weights:
        raise ValueError("nothing to share the total over")
    keys = sorted(weights, key=_sort_key)
    whole = sum(weights.values(), Fraction(0))
    if not whole:
        return _share_out_nothing(total, weights, keys, places)
    units = int(Fraction(total) * 10**places)
    exact = {key: units * weights[key] / whole for key in keys}
    parts = {key: exact[key].numerator // exact[key].denominator for key in keys}
    by_remainder = sorted(keys, key=lambda key: parts[key] - exact[key])
    for key in by_remainder[: units - sum(parts.values())]:
        parts[key] += 1
    with localcontext(_WIDE):
        return {key: Decimal(parts[key]).scaleb(-places) for key in keys}


def _share_out_nothing(
    total: Decimal, weights: Mapping[Key, Fraction], keys: list[Key], places: int
) -> dict[Key, Decimal]:
    parts = {key: round_half_up(weights[key], places) for key in keys}
    largest = max(keys, key=lambda key: abs(weights[key]))
    parts[largest] += total - sum(parts.values(), Decimal(0))
    return parts


def _sort_key(key: object) -> str:
    return repr(key)
