"""SCRAM: the client's side of a login that proves a password without sending it (RFC 5802)."""

import base64
import hashlib
import hmac
import secrets

HASHES = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}
MAX_ITERATIONS = 1_000_000  # a server that asks for more would keep the client busy for seconds


class ScramClient:
    """One login. Call `first`, `final` and `check` in this order; `final` and `check` take the server's replies.

    All raise ValueError for a reply that breaks the protocol, and `check` for a server that does not know the password.
    """

    def __init__(self, mechanism: str, user: str, password: str, nonce: str = "") -> None:
        self._hash, self._password = HASHES[mechanism], password.encode()
        self._nonce = nonce or secrets.token_urlsafe(24)
        self._first = f"n={user.replace('=', '=3D').replace(',', '=2C')},r={self._nonce}"
        self._signature = b""

    def first(self) -> bytes:
        """Returns the first message: the user and a random number."""
        return f"n,,{self._first}".encode()

    def final(self, reply: bytes) -> bytes:
        """Returns the last message: the proof."""
        fields = _fields(reply)
        nonce, salt, iterations = fields["r"], base64.b64decode(fields["s"]), int(fields["i"])
        if not nonce.startswith(self._nonce) or not 0 < iterations <= MAX_ITERATIONS:
            raise ValueError("the server answers another login")
        salted = hashlib.pbkdf2_hmac(self._hash, self._password, salt, iterations)
        key = self._hmac(salted, b"Client Key")
        final = f"c=biws,r={nonce}"
        signed = ",".join([self._first, reply.decode(), final]).encode()
        signature = self._hmac(hashlib.new(self._hash, key).digest(), signed)
        proof = bytes(a ^ b for a, b in zip(key, signature, strict=True))
        self._signature = self._hmac(self._hmac(salted, b"Server Key"), signed)
        return f"{final},p={base64.b64encode(proof).decode()}".encode()

    def check(self, reply: bytes) -> None:
        """Checks that the server knows the password too."""
        if not hmac.compare_digest(base64.b64decode(_fields(reply)["v"]), self._signature):
            raise ValueError("the server does not know the password")

    def _hmac(self, key: bytes, text: bytes) -> bytes:
        return hmac.digest(key, text, self._hash)


def _fields(reply: bytes) -> dict[str, str]:
    fields = dict(field.split("=", 1) for field in reply.decode().split(",") if "=" in field)
    if "e" in fields or not fields.keys() & {"r", "v"}:
        raise ValueError(fields.get("e", "the reply is not one of SCRAM"))
    return {"r": "", "s": "", "i": "0", "v": "", **fields}
