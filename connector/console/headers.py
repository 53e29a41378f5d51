"""What stands between the network and the pages: who may address us, and what every answer says to the browser."""

import ipaddress
import socket
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
ALWAYS: Final = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Addresses hold dossiers' codes and links' secrets: nobody else learns them. With `no-referrer` browsers would say
    # `Origin: null` of our own forms, too.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HEALTH: Final = "/healthz"
_SECURE: Final = {"Strict-Transport-Security": "max-age=31536000"}


@dataclass(frozen=True, slots=True)
class Address:
    """How browsers reach the console. `public` is its URL where one is set, as behind a proxy that speaks https."""

    public: str | None
    names: frozenset[str] = field(default_factory=lambda: frozenset({"localhost", socket.gethostname().lower()}))

    @property
    def secure(self) -> bool:
        return self.public is not None and self.public.startswith("https://")

    def accepts(self, host: str) -> bool:
        """Whether a Host header is ours. Without a public URL: an address, or this machine's own names. A page of
        somebody else whose name was made to point here has another name, and is turned away."""
        if self.public is not None:
            return host.lower() == urlsplit(self.public).netloc.lower()
        name = urlsplit(f"//{host}").hostname or ""
        return name in self.names or _is_number(name)

    def origin(self, host: str) -> str:
        """What a browser sends as Origin from our own pages."""
        return self.public or f"http://{host}"


class Doorkeeper:
    """ASGI middleware: refuses other hosts, and gives every answer its headers."""

    def __init__(self, app: ASGIApp, address: Address) -> None:
        self._app, self._address = app, address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                protect(MutableHeaders(scope=message), self._address)
            await send(message)

        host = Headers(scope=scope).get("host", "")
        # Who only asks whether we are well may not know our name; there is nothing to take.
        if scope["path"] != HEALTH and not self._accepts(host):
            answer = PlainTextResponse("Sai địa chỉ / this console has another address\n", status_code=421)
            await answer(scope, receive, with_headers)
            return
        # No database can keep it, and nobody types it.
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            await PlainTextResponse("400\n", status_code=400)(scope, receive, with_headers)
            return
        await self._app(scope, receive, with_headers)

    def _accepts(self, host: str) -> bool:
        try:
            return self._address.accepts(host)
        except ValueError:
            return False


def protect(headers: MutableHeaders, address: Address) -> None:
    """What every answer says to the browser."""
    for name, value in (ALWAYS | (_SECURE if address.secure else {})).items():
        headers[name] = value
    # What a page shows belongs to whoever is logged in; a file says for itself how long it is good.
    headers.setdefault("Cache-Control", "no-store")


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
