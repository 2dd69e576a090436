"""Web form: what a customer enters in the shop, and what a page has in its inputs."""

import html
import re

from sample import EMAIL, order_id

from checkout.framework.page_security import COOKIE, FormProtection


def input_values(page: str) -> dict[str, str]:
    """The name and value of each input of a page."""
    found = re.findall(r'<input [^>]*?name="?([\w-]+)"? value="?([^">]*)', page)
    return {name: html.unescape(value) for name, value in found}


SECRET = "let-me-in"
VISITOR = {COOKIE: "7" * 32}  # the cookie with which the form is sent
TOKEN = input_values(FormProtection(SECRET).field(VISITOR[COOKIE]))
FORM = {
    "name": "Ada", "email": EMAIL, "quantity-1": "2", "price-1": "5.00", "quantity-3": "0", "price-3": "30.00",
    "pay": "DEBIT", "key": order_id(42),
} | TOKEN
