"""Amounts of money, in US cents, as people read them."""

from __future__ import annotations


def dollars(cents: int) -> str:
    """An amount of US cents for people: ``$50.00``."""
    sign = "-" if cents < 0 else ""
    return f"{sign}${abs(cents) // 100:,}.{abs(cents) % 100:02d}"
