"""The console on a real socket, and a browser without a screen: a session that follows redirects and fills in forms."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

import requests
import uvicorn

from connector import wiring
from connector.adapters import accounts, passwords
from connector.console.app import make_app
from connector.domain.rights import Role
from connector.settings import Settings
from tests.world import Clock

PASSWORD: Final = "mùa nước nổi năm ấy"


class RunningConsole:
    """A console of one database, with a clock that a test can move."""

    def __init__(self, database: str, **settings: str) -> None:
        self.settings = Settings.model_validate(settings | {"database_url": database})
        self.connector = wiring.connect(self.settings, database)
        self.clock = Clock()
        self.connector.__dict__["now"] = self.clock
        self.app = make_app(self.connector)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        config = uvicorn.Config(self.app, log_config=None, access_log=False, ws="none", server_header=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True)

    @contextmanager
    def running(self) -> Iterator["RunningConsole"]:
        self._thread.start()
        try:
            yield self
        finally:
            self._server.should_exit = True
            self._thread.join(30)
            self._listener.close()
            self.connector.engine.dispose()

    def add(self, name: str, *roles: Role, areas: frozenset[str] = frozenset(), password: str = PASSWORD) -> None:
        """An account with a password."""
        made = accounts.new_account(name, name.title(), frozenset(roles), areas=areas)
        made = replace(made, password_hash=_hashed(password, name))
        with self.connector.engine.begin() as db:
            accounts.add(db, made, at=self.clock(), by="test")

    def browser(self) -> "Browser":
        return Browser(self.url)

    def logged_in(self, name: str, *roles: Role, areas: frozenset[str] = frozenset()) -> "Browser":
        """A browser in which a new account with these roles has logged in."""
        self.add(name, *roles, areas=areas)
        browser = self.browser()
        # An account without a role gets in, and is then told that it may see nothing.
        assert browser.log_in(name).status_code in (200, 403)
        assert "lienthong-session" in browser.session.cookies
        return browser


class Browser:
    """Keeps cookies, and sends a page's token along as its forms do."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.headers["Origin"] = url

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.session.get(self.url + path, timeout=30, **options)

    def post(self, path: str, fields: dict[str, Any] | None = None, **options: Any) -> requests.Response:
        """As a form of ours would: with the token of this browser."""
        fields = {"csrf": self.token(), **(fields or {})}
        return self.session.post(self.url + path, data=fields, timeout=30, **options)

    def token(self) -> str:
        """The token that pages of this browser carry."""
        found = re.search(r'"X-CSRF-Token": "([0-9a-f]{64})"', self.get("/login").text)
        assert found
        return found[1]

    def log_in(self, name: str, password: str = PASSWORD, **options: Any) -> requests.Response:
        return self.post("/login", {"name": name, "password": password}, **options)


@contextmanager
def console_over(database: str, **settings: str) -> Iterator[RunningConsole]:
    with RunningConsole(database, **settings).running() as console:
        yield console


def _hashed(password: str, name: str) -> str:
    if (password, name) not in _hashes:
        _hashes[password, name] = passwords.hash_password(password, name)
    return _hashes[password, name]


_hashes: dict[tuple[str, str], str] = {}
