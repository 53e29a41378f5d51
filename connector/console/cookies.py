"""The cookies: a random secret and a language, and nothing else. What a secret stands for is in the database."""

import hashlib
import hmac
import secrets
from typing import Final, Literal

from fastapi import Request, Response

from connector.console.headers import Address

Name = Literal["session", "form", "journey", "language"]
_YEAR: Final = 365 * 24 * 3600


def read(request: Request, name: Name) -> str | None:
    """What the browser sent; None for nothing, or for something that was never ours."""
    value = request.cookies.get(_full(name, address_of(request)))
    return value if value and len(value) <= 100 and value.isascii() else None


def write(request: Request, response: Response, name: Name, value: str) -> None:
    """Sets a cookie that no script can read and that goes to nobody else. The one for the journey to the identity
    provider has to come along when that sends the browser back to us; the others never come from another site."""
    address = address_of(request)
    response.set_cookie(
        _full(name, address),
        value,
        max_age=_YEAR if name == "language" else None,
        httponly=True,
        secure=address.secure,
        samesite="lax" if name in ("journey", "language") else "strict",
    )


def remove(request: Request, response: Response, name: Name) -> None:
    address = address_of(request)
    response.delete_cookie(
        _full(name, address),
        httponly=True,
        secure=address.secure,
        samesite="lax" if name in ("journey", "language") else "strict",
    )


def form_token(request: Request) -> tuple[str, str | None]:
    """The token that our forms carry for this browser, and the secret to set as `form` cookie where it has none yet.

    It is made from the secret of the session, or of a guest's cookie, so that nothing has to be kept for it.
    """
    secret = read(request, "session") or read(request, "form")
    if secret:
        return _token(secret), None
    new = secrets.token_urlsafe(32)
    return _token(new), new


def is_our_form(request: Request, token: str) -> bool:
    """Whether the token came from a page that we gave to this browser."""
    secret = read(request, "session") or read(request, "form")
    return secret is not None and hmac.compare_digest(_token(secret).encode(), token.encode("utf-8", "replace"))


def address_of(request: Request) -> Address:
    found: Address = request.app.state.address
    return found


def _token(secret: str) -> str:
    return hmac.new(secret.encode(), b"lienthong form", hashlib.sha256).hexdigest()


def _full(name: Name, address: Address) -> str:
    # The prefix is a promise that browsers hold us to: only this host, only over https.
    return f"{'__Host-' if address.secure else ''}lienthong-{name}"
