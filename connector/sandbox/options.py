"""What can be set on a simulated partner, at its start or while it runs."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = float
FaultKind = Literal[
    "latency",
    "token-revoked",
    "throttled",
    "gateway",
    "reset-before",
    "reset-after",
    "truncated",
    "busy",
    "feed-duplicated",
    "feed-reordered",
    "stale-state",
    "replica-lag",
]

Outage = Literal["off", "close", "503"]


class Options(BaseModel):
    """What both partners have in common. Times are seconds, shares lie between 0 and 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 1
    faults: Literal["calm", "rough"] = "calm"
    rates: dict[FaultKind, Share] = Field(
        default_factory=dict, description="share by kind of fault, over the profile's"
    )
    latency: tuple[float, float] = (0.05, 0.4)
    retry_after: tuple[int, int] = (1, 2)
    outage: Outage = "off"
    token_lifetime: int | None = Field(None, ge=1, description="None: 300 when calm, 5 when rough")
    deny_address: bool = Field(False, description="403 for everyone")
    max_body: int = Field(64 * 1024 * 1024, ge=1, description="bytes; more is answered 413")
    pace: float = Field(2.0, gt=0, description="seconds between two steps of one dossier")

    def changed(self, changes: Mapping[str, object]) -> "Options":
        """The same with some settings replaced.

        Raises:
            pydantic.ValidationError: a name or value that is none.
        """
        return type(self).model_validate({**self.model_dump(), **changes})

    def lifetime(self) -> int:
        return self.token_lifetime or (5 if self.faults == "rough" else 300)


class MinistryOptions(Options):
    """The ministry's own."""

    officers: bool = Field(True, description="False: officers rest, only `act` moves a dossier")
    supplement: Share = Field(0.0, ge=0, le=1)
    max_supplements: int = Field(2, ge=0)
    refuse: Share = Field(0.0, ge=0, le=1)
    late_document: Share = Field(0.0, ge=0, le=1)
    number_with_year: Share = Field(0.5, ge=0, le=1, description="'15/2023' instead of '15'")
    hand_over: bool = True
    same_second: bool = Field(False, description="steps of one dossier may share an instant")
    numeric_status: bool = Field(False, description="`status` is the number 1 or 0")
    send_fingerprint: bool = Field(True, description="False: the build that sends no dauVanTay")
    offices: tuple[str, ...] | None = Field(None, description="known registration offices; None: any five digits")
    provinces: tuple[str, ...] | None = Field(None, description="accepted maTinh; None: An Giang's of the day")


class ProvinceOptions(Options):
    """The province's own."""

    citizens: bool = Field(True, description="False: citizens and clerks rest")
    supplement_paper: Share = Field(0.5, ge=0, le=1, description="a supplement adds a paper; else it changes GhiChu")
    withdraw: Share = Field(0.0, ge=0, le=1)
    clerks_hand_over: bool = False
    feed_days: int = Field(90, ge=1)


def options_of(partner: str, settings: Mapping[str, Any] | None = None) -> Options:
    """The options of a partner.

    Raises:
        pydantic.ValidationError: a name or value that is none.
    """
    kind = MinistryOptions if partner == "ministry" else ProvinceOptions
    return kind.model_validate(dict(settings or {}))
