"""Ids: UUIDs of version 7 (RFC 9562), which begin with their time.

Rows whose keys grow with time are inserted at the end of an index: it costs the same however many rows there are.
"""

import secrets
import time
import uuid

TIME_BITS, RANDOM_BITS = 48, 80  # of the 128 bits of a UUID; the version and the variant are among the random ones


def new_id() -> str:
    """A UUID of version 7 with the current time; a new order's id, or the Idempotency-Key of its request."""
    return str(_version_7(time.time_ns() // 1_000_000, secrets.randbits(RANDOM_BITS)))


def id_of_key(salt: uuid.UUID, key: str) -> str:
    """The id that this Idempotency-Key always gives; cannot be derived without the salt.

    A key that is a UUID of version 7 hands its time on to the id; any other gives an id without order.
    """
    derived = uuid.uuid5(salt, key)
    try:
        given = uuid.UUID(key)
    except ValueError:
        return str(derived)
    return str(_version_7(given.int >> RANDOM_BITS, derived.int) if given.version == 7 else derived)


def _version_7(milliseconds: int, random: int) -> uuid.UUID:
    # uuid.UUID sets the variant; it accepts version 7 from Python 3.14 on, where it also has uuid7
    value = (milliseconds % 2**TIME_BITS) << RANDOM_BITS | random % 2**RANDOM_BITS
    value = value & ~(0xF000 << 64) | 7 << 76
    value = value & ~(0xC000 << 48) | 0x8000 << 48
    return uuid.UUID(int=value)
