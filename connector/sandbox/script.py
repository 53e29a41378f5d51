"""Answers that a test lays out beforehand: each is used up by the calls it fits, in the order they were given."""

import base64
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from connector.sandbox.calls import Headers, Reply


class Scripted(BaseModel):
    """One scripted answer.

    `effect` says what the real service does: `none` nothing; `before` it runs, then this is answered (without a status:
    what the service answered); `after` this is answered, then it runs. `delay` seconds pass before the answer, for
    `after` before the effect.
    """

    model_config = ConfigDict(extra="forbid")

    path: str
    method: str | None = None
    times: int = Field(1, ge=1)
    status: int | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    body: str | None = None
    body_base64: str | None = None
    effect: Literal["none", "before", "after"] | None = None
    reset: bool = False
    truncate_at: int | None = Field(None, ge=0)
    honest_length: bool = Field(False, description="the truncated body is announced with its own length")
    delay: float = Field(0.0, ge=0)

    def when(self) -> str:
        """The effect, by default what the other members suggest: an answer of its own replaces the service."""
        if self.effect is not None:
            return self.effect
        return "none" if self.reset or self.status is not None or self._own_body() is not None else "before"

    def _own_body(self) -> bytes | None:
        if self.body_base64 is not None:
            return base64.b64decode(self.body_base64)
        return None if self.body is None else self.body.encode()

    def reply(self, real: Reply | None) -> Reply:
        """What to answer, `real` being the service's own answer where it ran."""
        base = real or Reply(200)
        body = self._own_body()
        if self.status is None and body is None and not self.headers:
            return base
        headers: Headers = tuple(self.headers.items())
        if body is None and self.status is None:
            return Reply(base.status, base.body, (*base.headers, *headers))
        return Reply(self.status or base.status, body or b"", headers)


class Script:
    """The answers still to come."""

    def __init__(self) -> None:
        self._waiting: list[Scripted] = []

    def extend(self, answers: list[Scripted]) -> None:
        self._waiting.extend(answers)

    def clear(self) -> None:
        self._waiting.clear()

    def __len__(self) -> int:
        return sum(answer.times for answer in self._waiting)

    def take(self, method: str, path: str) -> Scripted | None:
        for answer in self._waiting:
            if path.startswith(answer.path) and answer.method in (None, method):
                answer.times -= 1
                if not answer.times:
                    self._waiting.remove(answer)
                return answer
        return None
