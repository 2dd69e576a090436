"""Ids: their form, their order, and the ids of keys."""

import re
import time
import uuid

from hypothesis import given
from hypothesis import strategies as st

from checkout.fields import UUID
from checkout.ids import id_of_key, new_id

SALT, OTHER_SALT = uuid.UUID(int=1), uuid.UUID(int=2)
KEY = "018f3c5a-7b1e-7c3d-9e4f-0123456789ab"  # a UUID of version 7


def milliseconds(id: str) -> int:
    return uuid.UUID(id).int >> 80


def test_a_new_id_is_a_uuid_of_version_7_with_the_current_time() -> None:
    before = time.time_ns() // 1_000_000

    id = uuid.UUID(new_id())

    assert (id.version, id.variant) == (7, uuid.RFC_4122)
    assert before <= milliseconds(str(id)) <= time.time_ns() // 1_000_000


def test_ids_of_different_milliseconds_are_in_the_order_of_time() -> None:
    first = new_id()
    while time.time_ns() // 1_000_000 == milliseconds(first):
        pass

    assert new_id() > first


def test_new_ids_differ() -> None:
    assert len({new_id() for _ in range(1_000)}) == 1_000


def test_the_id_of_a_key_of_version_7_has_the_time_of_the_key() -> None:
    id = uuid.UUID(id_of_key(SALT, KEY))

    assert (id.version, id.variant) == (7, uuid.RFC_4122)
    assert milliseconds(str(id)) == milliseconds(KEY)


def test_the_id_of_another_key_is_a_uuid_of_version_5() -> None:
    assert id_of_key(SALT, "spoon, once") == str(uuid.uuid5(SALT, "spoon, once"))
    assert uuid.UUID(id_of_key(SALT, str(uuid.UUID(int=5)))).version == 5


def test_the_rest_of_an_id_depends_on_the_salt_and_the_whole_key() -> None:
    ids = [id_of_key(SALT, KEY), id_of_key(OTHER_SALT, KEY), id_of_key(SALT, KEY[:-1] + "0")]

    assert len({id[14:] for id in ids}) == 3
    assert all(KEY[15:] != id[15:] for id in ids)


@given(st.text(max_size=255))
def test_each_key_gives_one_order_id(key: str) -> None:
    id = id_of_key(SALT, key)

    assert id == id_of_key(SALT, key) and re.match(UUID, id)
