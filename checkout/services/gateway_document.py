"""Gateway document: what the OpenAPI document says of responses, errors, amounts and the operator's token."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
from litestar.openapi import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Link, OpenAPIResponse, OpenAPIType, Operation, Schema, SecurityScheme
from litestar.plugins import OpenAPISchemaPlugin

from checkout import __version__
from checkout.domain import LARGEST_AMOUNT

READ_ORDER, CANCEL_ORDER = "readOrder", "cancelOrder"
OPERATOR = "operator"
ERRORS = {
    400: "The body is not JSON", 401: "The operator's token is missing or wrong", 404: "There is no such order",
    409: "The order cannot be cancelled any more", 413: "The body is too large", 415: "The body has another media type",
    422: "The request is refused; the message names the field", 429: "Too many requests: see Retry-After",
    503: "A service does not answer: see Retry-After",
}  # fmt: skip


class Problem(msgspec.Struct, frozen=True):
    """An error."""

    message: str


class OrderReference(msgspec.Struct, frozen=True):
    """The order that was placed or cancelled."""

    id: str


class MoneySchema(OpenAPISchemaPlugin):
    """Describes amounts as what they are in JSON: numbers, in EUR."""

    def is_plugin_supported_field(self, field_definition: Any) -> bool:
        """Whether this is an amount."""
        return field_definition.annotation is Decimal

    def to_openapi_schema(self, field_definition: Any, schema_creator: Any) -> Schema:
        """The schema of every amount."""
        return Schema(type=OpenAPIType.NUMBER, minimum=0, maximum=float(LARGEST_AMOUNT), description="EUR")


@dataclass
class PlaceOrderOperation(Operation):
    """Links a placed order to what can be done with it."""

    def __post_init__(self) -> None:
        placed = (self.responses or {}).get("201")
        if isinstance(placed, OpenAPIResponse):
            parameters = {"id": "$response.body#/id"}
            placed.links = {name: Link(operation_id=name, parameters=parameters) for name in (READ_ORDER, CANCEL_ORDER)}


def responses(success: int, kind: Any, description: str, *errors: int) -> dict[int, ResponseSpec]:
    """The responses of one operation: its success, its own errors, and those of every operation."""
    problems = {status: ResponseSpec(Problem, False, ERRORS[status]) for status in sorted({*errors, 422, 429, 503})}
    return {success: ResponseSpec(kind, False, description)} | problems


def config(title: str) -> OpenAPIConfig:
    """The configuration of the document, which is at `/schema/openapi.json` only."""
    token = SecurityScheme(type="http", scheme="bearer", description="CHECKOUT_OPERATOR_TOKEN")
    components = Components(security_schemes={OPERATOR: token})
    return OpenAPIConfig(title, __version__, components=components, render_plugins=[JsonRenderPlugin()])
