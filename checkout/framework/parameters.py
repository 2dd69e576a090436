"""Parameters: headers and query parameters that the gateway and the service behind it read alike."""

from typing import Annotated

from litestar.params import HeaderParameter, QueryParameter

MOST_CHARACTERS, LAST_PAGE = 255, 1_000_000
IdempotencyKey = Annotated[str | None, HeaderParameter(name="Idempotency-Key", max_length=MOST_CHARACTERS)]
Correlation = Annotated[str | None, HeaderParameter(name="CID", max_length=MOST_CHARACTERS)]
Page = Annotated[int, QueryParameter(ge=1, le=LAST_PAGE)]
