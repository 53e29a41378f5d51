"""What a judge says of a run."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["lost", "doubled", "out_of_order", "altered", "unexpected"]


@dataclass(frozen=True, slots=True)
class Wrong:
    kind: Kind
    dossier: str
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Counts of dossiers, and everything that went wrong.

    `delivered` took effect at the ministry, `results` have one stored at the province, `invalid` were rightly not sent,
    `unfinished` are not at their end on both sides. The five kinds of wrong count findings.
    """

    dossiers: int
    delivered: int
    results: int
    invalid: int
    unfinished: int
    wrongs: tuple[Wrong, ...]

    def found(self, kind: Kind) -> list[tuple[str, str]]:
        """(dossier code, why) of every finding of a kind."""
        return [(wrong.dossier, wrong.why) for wrong in self.wrongs if wrong.kind == kind]

    @property
    def lost(self) -> int:
        return len(self.found("lost"))

    @property
    def doubled(self) -> int:
        return len(self.found("doubled"))

    @property
    def out_of_order(self) -> int:
        return len(self.found("out_of_order"))

    @property
    def altered(self) -> int:
        return len(self.found("altered"))

    @property
    def unexpected(self) -> int:
        return len(self.found("unexpected"))

    @property
    def clean(self) -> bool:
        return not self.wrongs and not self.unfinished
