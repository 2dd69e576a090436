"""HTTP errors: sentences for the messages of msgspec and Litestar."""

import pytest

from checkout.framework import body_problems


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        ({"key": "products[0].sku", "message": "Expected `int`, got `str`"},
         "products[0].sku must be a whole number, not text"),
        ({"key": "data", "message": "Expected `object`, got `array`"}, "the body must be a JSON object, not a list"),
        ({"message": "Object missing required field `payment`"}, "the body lacks payment"),
        ({"key": "price", "message": "Expected `decimal | null`, got `bool`"},
         "price must be an amount such as 5.00, not true or false"),
        ({"key": "x", "message": "Expected `str` matching regex '^a$'"}, "x has a character it must not have"),
        ({"key": "id", "message": "something new"}, "id: something new"),
    ],
)
def test_a_message_of_a_library_becomes_a_sentence(problem: dict[str, str], sentence: str) -> None:
    assert body_problems.sentence(problem) == sentence
