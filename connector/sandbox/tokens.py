"""OAuth 2.0 client credentials (RFC 6749 §4.4). Tokens live in memory: a restart forgets them."""

import base64
import binascii
import secrets
import time
from urllib.parse import parse_qs, unquote_plus

from connector.sandbox.calls import Call, Reply


class Tokens:
    """Issues and knows bearer tokens."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        self._client = (client_id, client_secret)
        self._ends: dict[str, float] = {}

    def issue(self, call: Call, lifetime: int) -> Reply:
        """Answer the token endpoint; `lifetime` in seconds."""
        if not self._knows(call.headers.get("authorization", "")):
            headers = (("WWW-Authenticate", 'Basic realm="token"'),)
            return Reply.json({"error": "invalid_client"}, 401, headers)
        try:
            grant = parse_qs(call.body.decode("ascii")).get("grant_type")
        except ValueError:
            grant = None
        if grant != ["client_credentials"]:
            return Reply.json({"error": "unsupported_grant_type" if grant else "invalid_request"}, 400)
        now = time.monotonic()
        self._ends = {token: end for token, end in self._ends.items() if end > now}
        token = secrets.token_urlsafe(32)
        self._ends[token] = now + lifetime
        return Reply.json(
            {"access_token": token, "token_type": "Bearer", "expires_in": lifetime},
            headers=(("Cache-Control", "no-store"),),
        )

    def _knows(self, authorization: str) -> bool:
        scheme, _, coded = authorization.partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            name, _, secret = base64.b64decode(coded, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return False
        # RFC 6749 §2.3.1: both are form-encoded first; clients that forget it are common, so the plain form counts too.
        return self._client in {(name, secret), (unquote_plus(name), unquote_plus(secret))}

    @staticmethod
    def bearer(call: Call) -> str:
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    def good(self, token: str) -> bool:
        return self._ends.get(token, 0.0) > time.monotonic()

    def revoke(self, token: str) -> None:
        self._ends.pop(token, None)

    def revoke_all(self) -> None:
        self._ends.clear()
