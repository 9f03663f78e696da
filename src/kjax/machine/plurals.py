"""Numbers and nouns that agree, for error messages."""

from __future__ import annotations


def counted(number: int | None, noun: str, plural: str = "") -> str:
    """A number and its noun: `'1 input'`, `'2 inputs'`; `plural` is for nouns that take no plain s."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
