"""Ids: trace and span ids of all formats in one form, so that they compare equal."""

import re
import sys
from base64 import b64decode, b64encode
from functools import lru_cache

TRACE_DIGITS, SPAN_DIGITS = 32, 16
HEX = re.compile(r"[0-9a-f]+", re.ASCII)
Id = str | int | None


@lru_cache(maxsize=4_096)
def trace_id(found: Id) -> str:
    """A trace id of OTLP: hexadecimal, or base64 of 16 bytes; else the text as it is. Empty for none and for zeros."""
    return _canonical(found, TRACE_DIGITS)


def span_id(found: Id) -> str:
    """A span id of OTLP: hexadecimal, or base64 of 8 bytes; else the text as it is. Empty for none and for zeros."""
    return _canonical(found, SPAN_DIGITS)


@lru_cache(maxsize=4_096)
def hex_trace_id(found: Id) -> str:
    """A trace id of Jaeger or Zipkin, whose leading zeros may be cut; of 64 bits it has 16 digits, else 32."""
    return _short(_padded(found, SPAN_DIGITS, TRACE_DIGITS))


def hex_span_id(found: Id) -> str:
    """A span id of Jaeger or Zipkin, whose leading zeros may be cut, with 16 digits."""
    return _padded(found, SPAN_DIGITS)


def _canonical(found: Id, digits: int) -> str:
    text = _text(found)
    folded = text.lower()
    if len(text) in (SPAN_DIGITS, digits) and HEX.fullmatch(folded):
        return _short(folded)
    decoded = _from_base64(text, digits // 2)
    return sys.intern(text) if decoded is None else _short(decoded)


def _padded(found: Id, *widths: int) -> str:
    text = _text(found)
    folded = text.lower()
    if not HEX.fullmatch(folded):
        return sys.intern(text)
    if len(folded) not in widths:
        folded = folded.zfill(next((width for width in widths if len(folded) < width), 0))
    return sys.intern(folded) if folded.strip("0") else ""


def _short(digits: str) -> str:
    """Ids of 64 bits have 16 digits, also where a format fills them up to 128 bits; an id of zeros is none."""
    if digits.startswith("0000000000000000"):
        digits = digits[SPAN_DIGITS:]
    return sys.intern(digits) if digits.strip("0") else ""


def _from_base64(text: str, size: int) -> str | None:
    """The bytes as hexadecimal digits; None unless the text is the base64 of exactly so many bytes."""
    bare = text.rstrip("=").replace("-", "+").replace("_", "/")
    if len(bare) != (size * 4 + 2) // 3:
        return None
    padded = bare + "=" * (-len(bare) % 4)
    try:
        decoded = b64decode(padded, validate=True)
    except ValueError:
        return None
    # Another text for the same bytes is an id of its own, which only looks like base64.
    return decoded.hex() if b64encode(decoded).decode() == padded else None


def _text(found: Id) -> str:
    return "" if found is None else str(found).strip()
