"""Page security: headers that forbid pages what they do not need, and forms that only the site's own pages can send."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from litestar import Response

from checkout.framework.http_errors import AnyRequest

COOKIE, TOKEN_FIELD = "visitor", "token"
VISITOR = re.compile("[0-9a-f]{32}")
OWN_SITE = ("same-origin", "none")  # values of Sec-Fetch-Site; none: the user has typed the address


class ForeignForm(Exception):
    """A form comes from a page of another site, or from a page that was made before the site was started anew."""


def page_headers(style: str) -> dict[str, str]:
    """Headers for pages whose only active content is this style sheet.

    The referrer policy keeps the address of an order, which is all that one needs to see it, from other sites.
    """
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = {
        "default-src": "'none'", "style-src": f"'sha256-{digest}'", "form-action": "'self'", "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }  # fmt: skip
    return {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "referrer-policy": "same-origin",  # with no-referrer browsers send forms with "Origin: null"
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "x-frame-options": "DENY",
    }


class FormProtection:
    """Binds each form to the visitor's cookie by a token that other sites can neither read nor make.

    `secret`: from which the tokens are derived; a random one if it is empty.
    """

    def __init__(self, secret: str) -> None:
        self._secret = hashlib.sha256(b"forms" + (secret.encode() or secrets.token_bytes(32))).digest()

    def visitor(self, request: AnyRequest) -> str:
        """The visitor's cookie, or the value for a new one."""
        sent = request.cookies.get(COOKIE, "")
        return sent if VISITOR.fullmatch(sent) else secrets.token_hex(16)

    def field(self, visitor: str) -> str:
        """The hidden input with the token of a visitor."""
        return f"<input type=hidden name={TOKEN_FIELD} value={self._token(visitor)}>"

    def check(self, request: AnyRequest, form: Mapping[str, Any]) -> str:
        """Returns the visitor of a form. Raises ForeignForm."""
        visitor, token = self.visitor(request), str(form.get(TOKEN_FIELD, ""))
        is_same = hmac.compare_digest(token.encode("utf-8", "replace"), self._token(visitor).encode())
        if not (is_same and _is_from_own_site(request)):
            raise ForeignForm
        return visitor

    def keep(self, visitor: str, response: Response[Any]) -> Response[Any]:
        """Sets the visitor's cookie in a response."""
        response.set_cookie(COOKIE, visitor, httponly=True, samesite="lax")
        return response

    def _token(self, visitor: str) -> str:
        return hmac.new(self._secret, visitor.encode(), hashlib.sha256).hexdigest()


def _is_from_own_site(request: AnyRequest) -> bool:
    if site := request.headers.get("sec-fetch-site"):
        return site in OWN_SITE
    origin = request.headers.get("origin")  # of older browsers; programs send neither
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")
