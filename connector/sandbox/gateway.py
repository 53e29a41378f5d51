"""The gateway before a partner's services: outage, script, address, token, faults, and only then the service."""

import asyncio
import sys
import traceback
from collections.abc import Sequence
from typing import Any, Protocol

from connector.sandbox.calls import Call, Reply, Route, Routes
from connector.sandbox.house import House
from connector.sandbox.options import FaultKind
from connector.sandbox.script import Script, Scripted
from connector.sandbox.tokens import Tokens
from connector.sandbox.weather import GatewayError
from connector.sandbox.wire import Message, Receive, Send, TooLarge, Wire


class Partner(Protocol):
    """What a simulated partner gives the gateway."""

    token_path: str
    services: Sequence[Route]

    @property
    def house(self) -> House[Any]: ...

    def unauthorised(self) -> Reply: ...

    def busy(self) -> Reply: ...

    def forbidden(self) -> Reply: ...


class Gateway:
    """The ASGI application of one partner process."""

    def __init__(self, partner: Partner, tokens: Tokens, script: Script, panel: Sequence[Route]) -> None:
        self._partner, self._tokens, self._script = partner, tokens, script
        self._house = partner.house
        self._services = Routes(partner.services)
        self._panel = Routes(panel)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        wire = Wire(scope, receive, send)
        control = scope["path"].startswith("/control/")
        try:
            call = await wire.call(sys.maxsize if control else self._house.options.max_body)
        except TooLarge:
            await wire.answer(Reply(413), close=True)
            return
        except ConnectionError:
            return
        if control:
            await wire.answer(self._run(self._panel, call))
        else:
            await self._serve(call, wire)

    async def _serve(self, call: Call, wire: Wire) -> None:
        self._house.store.tally("request", self._name(call))
        outage = self._house.options.outage
        if outage != "off":
            self._house.store.tally("fault", "outage")
            await (wire.reset() if outage == "close" else wire.answer(Reply(503)))
            return
        answer = self._script.take(call.method, call.path)
        if answer is not None:
            self._house.store.tally("fault", "scripted")
            await self._scripted(answer, call, wire)
            return
        if self._strikes("latency"):
            await asyncio.sleep(self._house.dice.delay())
        await self._ordinary(call, wire)

    async def _ordinary(self, call: Call, wire: Wire) -> None:
        dice = self._house.dice
        fault = dice.call_fault(service=call.path != self._partner.token_path)
        if fault is not None:
            self._house.store.tally("fault", fault)
        match fault:
            case None:
                await wire.answer(self._answer(call))
            case "token-revoked":
                self._tokens.revoke(self._tokens.bearer(call))
                await wire.answer(self._answer(call))
            case "throttled":
                await wire.answer(_from_gateway(dice.throttled()))
            case "gateway":
                await wire.answer(_from_gateway(dice.gateway()))
            case "busy":
                await wire.answer(self._partner.busy())
            case "reset-before":
                await wire.reset()
            case "reset-after":
                self._answer(call)
                await wire.reset()
            case _:
                await self._truncate(wire, self._answer(call))

    async def _truncate(self, wire: Wire, reply: Reply) -> None:
        """Half of the truncated bodies come with their own length and are simply broken JSON, half stop on the line."""
        at = self._house.dice.below(max(1, len(reply.body)))
        if self._house.dice.below(2):
            await wire.cut(reply, at)
        else:
            await wire.answer(Reply(reply.status, reply.body[:at], reply.headers))

    async def _scripted(self, answer: Scripted, call: Call, wire: Wire) -> None:
        when = answer.when()
        real = self._answer(call) if when == "before" else None
        if when != "after":
            await asyncio.sleep(answer.delay)
        try:
            await self._say(answer, answer.reply(real), wire)
        finally:
            if when == "after":
                await asyncio.sleep(answer.delay)
                self._answer(call)

    @staticmethod
    async def _say(answer: Scripted, reply: Reply, wire: Wire) -> None:
        if answer.reset:
            await wire.reset()
        elif answer.truncate_at is None:
            await wire.answer(reply)
        elif answer.honest_length:
            await wire.answer(Reply(reply.status, reply.body[: answer.truncate_at], reply.headers))
        else:
            await wire.cut(reply, answer.truncate_at)

    def _answer(self, call: Call) -> Reply:
        """The answer without any fault: address, token, service."""
        if self._house.options.deny_address:
            return self._partner.forbidden()
        if call.path == self._partner.token_path:
            lifetime = self._house.options.lifetime()
            return self._tokens.issue(call, lifetime) if call.method == "POST" else Reply(405)
        if not self._tokens.good(self._tokens.bearer(call)):
            return self._partner.unauthorised()
        return self._run(self._services, call)

    @staticmethod
    def _run(routes: Routes, call: Call) -> Reply:
        found = routes.find(call)
        if isinstance(found, Reply):
            return found
        route, call = found
        try:
            return route.handle(call)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            return Reply(500)

    def _name(self, call: Call) -> str:
        if call.path == self._partner.token_path:
            return f"{call.method} {call.path}"
        found = self._services.find(call)
        return "unknown" if isinstance(found, Reply) else found[0].name

    def _strikes(self, kind: FaultKind) -> bool:
        if not self._house.dice.strikes(kind):
            return False
        self._house.store.tally("fault", kind)
        return True


def _from_gateway(error: GatewayError) -> Reply:
    return Reply(error.status, error.body, error.headers)
