"""The faults that a partner injects by itself, drawn from a seed."""

import random
from dataclasses import dataclass

from connector.sandbox.clock import http_date
from connector.sandbox.options import FaultKind, Options

# One call meets at most one of these.
CALL_FAULTS: tuple[FaultKind, ...] = (
    "token-revoked",
    "throttled",
    "gateway",
    "reset-before",
    "reset-after",
    "truncated",
    "busy",
)
SERVICE_ONLY: frozenset[FaultKind] = frozenset({"token-revoked", "busy"})

ROUGH: dict[FaultKind, float] = {
    "latency": 0.05,
    "token-revoked": 0.02,
    "throttled": 0.02,
    "gateway": 0.03,
    "reset-before": 0.02,
    "reset-after": 0.03,
    "truncated": 0.02,
    "busy": 0.02,
    "feed-duplicated": 0.03,
    "feed-reordered": 0.03,
    "stale-state": 0.05,
    # Off even when rough: whoever wants to see NOTFOUND for a dossier that is there asks for it.
    "replica-lag": 0.0,
}
CALM: dict[FaultKind, float] = dict.fromkeys(ROUGH, 0.0)
PROFILES: dict[str, dict[FaultKind, float]] = {"calm": CALM, "rough": ROUGH}

_HTML = b"<html><head><title>Error</title></head><body><h1>Service Unavailable</h1></body></html>"


@dataclass(frozen=True, slots=True)
class GatewayError:
    """What a gateway says on its own: HTML or nothing."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Dice:
    """Draws every fault of one partner; the same seed and the same calls give the same faults."""

    def __init__(self, options: Options) -> None:
        self._random = random.Random(options.seed)
        self.options = options
        self.configure(options)

    def configure(self, options: Options) -> None:
        """Go on under other options; another seed begins its own row of draws."""
        if options.seed != self.options.seed:
            self._random = random.Random(options.seed)
        self.options = options
        self.rates: dict[FaultKind, float] = {**PROFILES[options.faults], **options.rates}

    def strikes(self, kind: FaultKind) -> bool:
        rate = self.rates.get(kind, 0.0)
        return rate > 0 and self._random.random() < rate

    def call_fault(self, *, service: bool) -> FaultKind | None:
        """The fault of this call, if any; `service` is False for the token endpoint."""
        left = self._random.random()
        for kind in CALL_FAULTS:
            left -= self.rates.get(kind, 0.0)
            if left < 0:
                return kind if service or kind not in SERVICE_ONLY else None
        return None

    def delay(self) -> float:
        return self._random.uniform(*self.options.latency)

    def below(self, n: int) -> int:
        return self._random.randrange(n)

    def throttled(self) -> GatewayError:
        wait = self._random.randint(*self.options.retry_after)
        said = str(wait) if self._random.random() < 0.5 else http_date(wait)
        return GatewayError(429, (("Retry-After", said),), b"")

    def gateway(self) -> GatewayError:
        status = self._random.choice((502, 503, 504))
        if self._random.random() < 0.5:
            return GatewayError(status, (), b"")
        return GatewayError(status, (("Content-Type", "text/html; charset=utf-8"),), _HTML)
