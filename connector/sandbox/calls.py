"""A call and its reply as the simulated services see them, and the routes between them."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

from connector.sandbox.canon import compact, parse


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read to its end. Header names are lower-case, path parameters decoded."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    params: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """Raises NotJson."""
        return parse(self.body)

    def asked(self) -> dict[str, str]:
        """The query's members; of a repeated one, the last."""
        return dict(parse_qsl(self.query, keep_blank_values=True))


Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, complete in memory."""

    status: int
    body: bytes = b""
    headers: Headers = ()

    @classmethod
    def json(cls, value: Any, status: int = 200, headers: Headers = ()) -> "Reply":
        return cls.text(compact(value), status, headers)

    @classmethod
    def text(cls, json_text: str, status: int = 200, headers: Headers = ()) -> "Reply":
        """A body that is JSON text already."""
        return cls(status, json_text.encode(), (("Content-Type", "application/json"), *headers))


Handler = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """`path` may hold `{Name}` parts, each one path segment."""

    method: str
    path: str
    handle: Handler

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


class Routes:
    """Finds the route of a call."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._plain: dict[str, dict[str, Route]] = {}
        self._patterns: list[tuple[re.Pattern[str], Route]] = []
        for route in routes:
            if "{" in route.path:
                pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(route.path))
                self._patterns.append((re.compile(pattern), route))
            else:
                self._plain.setdefault(route.path, {})[route.method] = route

    def find(self, call: Call) -> tuple[Route, Call] | Reply:
        """The route and the call with its path parameters, or 404 and 405."""
        here = self._plain.get(call.path)
        if here is not None:
            return (here[call.method], call) if call.method in here else Reply(405)
        known = False
        for pattern, route in self._patterns:
            if found := pattern.fullmatch(call.path):
                known = True
                if route.method == call.method:
                    return route, replace(call, params=found.groupdict())
        return Reply(405 if known else 404)
