"""The part of the control interface that both partners share: health, settings, faults, script, counts, effects.

JSON under `/control/`, without a token, meant for loopback. A bad body is answered 400 with `{"error": …}`.
"""

from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter, ValidationError

from connector.sandbox.calls import Call, Handler, Reply, Route
from connector.sandbox.canon import NotJson
from connector.sandbox.clock import iso
from connector.sandbox.house import House
from connector.sandbox.options import Options
from connector.sandbox.script import Script, Scripted
from connector.sandbox.tokens import Tokens

_ANSWERS = TypeAdapter(list[Scripted])
_MOST = 5000


class BadControl(ValueError):
    """The control call asks for something that is not there."""


def guarded(handle: Handler) -> Handler:
    """The same handler, with 400 for what it cannot take."""

    def run(call: Call) -> Reply:
        try:
            return handle(call)
        except ValidationError as wrong:
            said = [{"at": list(e["loc"]), "error": e["msg"]} for e in wrong.errors(include_url=False)]
            return Reply.json({"error": said}, 400)
        except (NotJson, BadControl, KeyError, TypeError, ValueError, AttributeError) as wrong:
            return Reply.json({"error": f"{type(wrong).__name__}: {wrong}"}, 400)

    return run


def page_bounds(call: Call) -> tuple[str, int]:
    """`after` and `limit` of a list."""
    asked = call.asked()
    return asked.get("after", ""), min(int(asked.get("limit", "500")), _MOST)


def page(name: str, items: list[dict[str, Any]], limit: int, key: str) -> Reply:
    """A page of a list with the `after` of the next one, null at the end."""
    return Reply.json({name: items, "next": items[-1][key] if len(items) == limit and items else None})


class CommonPanel:
    """`counts` adds the partner's own figures."""

    def __init__(self, house: House[Any], script: Script, tokens: Tokens, counts: Callable[[], dict[str, Any]]) -> None:
        self._house, self._script, self._tokens, self._counts = house, script, tokens, counts

    def routes(self) -> list[Route]:
        table: list[tuple[str, str, Handler]] = [
            ("GET", "health", self._health),
            ("POST", "reset", self._reset),
            ("GET", "settings", self._settings),
            ("POST", "settings", self._set),
            ("GET", "faults", self._faults),
            ("POST", "faults", self._set_faults),
            ("POST", "outage", self._outage),
            ("POST", "script", self._add_script),
            ("POST", "tokens/revoke", self._revoke),
            ("GET", "counts", self._all_counts),
            ("GET", "effects", self._effects),
        ]
        return [Route(method, f"/control/{path}", guarded(handle)) for method, path, handle in table]

    def _health(self, call: Call) -> Reply:
        now = self._house.clock.now()
        return Reply.json({"partner": self._house.partner, "clock": iso(now), "scripted": len(self._script)})

    def _reset(self, call: Call) -> Reply:
        self._script.clear()
        self._house.reset()
        return Reply.json({})

    def _settings(self, call: Call) -> Reply:
        options: Options = self._house.options
        return Reply.json(options.model_dump(mode="json"))

    def _set(self, call: Call) -> Reply:
        self._house.change(call.json())
        return self._settings(call)

    def _faults(self, call: Call) -> Reply:
        return Reply.json({"profile": self._house.options.faults, "rates": self._house.dice.rates})

    def _set_faults(self, call: Call) -> Reply:
        body = call.json()
        self._house.change({"faults": body["profile"], "rates": body.get("rates", {})})
        return self._faults(call)

    def _outage(self, call: Call) -> Reply:
        self._house.change({"outage": call.json()["mode"]})
        return Reply.json({"mode": self._house.options.outage})

    def _add_script(self, call: Call) -> Reply:
        self._script.extend(_ANSWERS.validate_python(call.json()))
        return Reply.json({"scripted": len(self._script)})

    def _revoke(self, call: Call) -> Reply:
        self._tokens.revoke_all()
        return Reply.json({})

    def _all_counts(self, call: Call) -> Reply:
        store = self._house.store
        effects = store.count("SELECT kind, count(*) FROM effect GROUP BY kind")
        figures = {"effects": effects, "faults": store.tallies("fault"), "requests": store.tallies("request")}
        return Reply.json({**figures, **self._counts()})

    def _effects(self, call: Call) -> Reply:
        after, limit = page_bounds(call)
        return Reply.json(self._house.store.effects(int(after or 0), limit))
