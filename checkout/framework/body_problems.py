"""Body problems: what is wrong with the JSON body or the parameters of a request, in sentences."""

import re
from collections.abc import Mapping

import msgspec

WRONG_CHARACTER = "has a character that cannot stand in an e-mail's header"
PATTERN_SENTENCES = {
    "customerName": WRONG_CHARACTER, "name": WRONG_CHARACTER, "customerEmail": "is not an e-mail address",
}
HEADER_NAMES = {"correlation": "CID", "idempotency_key": "Idempotency-Key"}  # by parameter name
TYPE_NAMES = {
    "int": "a whole number", "float": "a number", "decimal": "an amount such as 5.00", "str": "text",
    "bool": "true or false", "array": "a list", "object": "a JSON object", "null": "null",
}
SENTENCES = (  # msgspec's message, and the sentence that replaces it
    (r"Object missing required field `(\w+)`", "lacks {0}"),
    (r"Expected `str` of length >= 1", "must not be empty"),
    (r"Expected `str` of length <= (\d+)", "must have at most {0} characters"),
    (r"Expected `array` of length >= 1", "must have at least one entry"),
    (r"Expected `array` of length <= (\d+)", "must have at most {0} entries"),
    (r"Expected `int` >= (-?\d+)", "must be at least {0}"),
    (r"Expected `int` <= (\d+)", "must be at most {0}"),
    (r"Expected `(\w+)[^`]*`, got `(\w+)`", "must be {0}, not {1}"),
    (r"Invalid enum value (.*)", "cannot be {0}"),
    (r"Invalid decimal string", "must be an amount such as 5.00"),
)


def problem_of(error: msgspec.ValidationError) -> dict[str, str]:
    """The problem that msgspec has found, as Litestar describes one: `message`, and `key`, the path in the body."""
    message, _, path = str(error).partition(" - at `$")
    return {"message": message, "key": path.strip(".`")}


def sentence(problem: Mapping[str, str]) -> str:
    """Returns a sentence about one problem: what is wrong with which field."""
    key, what = problem.get("key", ""), problem.get("message", "")
    where = "the body" if key in ("", "data") else HEADER_NAMES.get(key, key)
    if what == "'data'":
        return "the body is empty: send a JSON object"
    if "regex" in what:
        return f"{where} {PATTERN_SENTENCES.get(key.rpartition('.')[2], 'has a character it must not have')}"
    for pattern, text in SENTENCES:
        if found := re.match(pattern, what):
            return f"{where} {text.format(*(TYPE_NAMES.get(group, group) for group in found.groups()))}"
    return f"{where}: {what}"
