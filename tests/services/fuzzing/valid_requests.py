"""Valid requests: changes what Schemathesis generates where its document cannot say what a valid request is."""

from typing import Any

import schemathesis

LONGEST_KEY, SMALLEST_PRICE = 255, 1e-20


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """Writes 3.0 as 3, which alone is an integer for the store, and rounds prices such as 1e-40, which it refuses."""
    lines = body.get("products") if isinstance(body, dict) else None
    for line in lines if isinstance(lines, list) else ():
        if isinstance(line, dict):
            line.update({name: int(value) for name, value in line.items() if _is_whole(name, value)})
            if isinstance(line.get("price"), float) and 0 < line["price"] < SMALLEST_PRICE:
                line["price"] = 0
    return body


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Leaves out valid Idempotency-Keys: with another body than before, a key is refused."""
    if case.headers and len(str(case.headers.get("Idempotency-Key") or "")) <= LONGEST_KEY:
        case.headers.pop("Idempotency-Key", None)


def _is_whole(name: str, value: Any) -> bool:
    return name in ("sku", "quantity") and isinstance(value, float) and value.is_integer()
