"""One state of one dossier in an answer of the ministry, read and checked without the ledger."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from connector.adapters.rawjson import without
from connector.domain.checks.states import check_state
from connector.domain.dossiers import HAS_RESULT
from connector.domain.message import Route
from schemas import ministry as forms
from schemas.findings import Finding
from schemas.values import clean_code, parse_instant

CODE_POINTER: Final = "/" + forms.DossierState.member("dossier_code")
_PLAIN: Final = re.compile("[!-~]{1,64}")


@dataclass(frozen=True, slots=True)
class StateItem:
    """A state as received. `code` is the dossier's, or a name made from the bytes when it has none."""

    raw: bytes = field(repr=False)
    form: forms.DossierState | None = field(repr=False)
    code: str
    findings: tuple[Finding, ...]

    @property
    def blocked(self) -> bool:
        return any(found.blocks for found in self.findings)

    @property
    def route(self) -> Route:
        """The route that it takes, or would have taken."""
        return Route.RESULT if self.form and self.form.state in HAS_RESULT else Route.PROGRESS

    @property
    def happened_at(self) -> datetime | None:
        try:
            text = self.form.happened_at if self.form else None
            return parse_instant(text, forms.INSTANT_FORMAT) if text else None
        except ValueError:
            return None

    @property
    def without_result(self) -> bytes:
        """The item without the result that it may carry: what progress is made from."""
        return without(self.raw, forms.DossierState.member("result"))


def read_item(raw: bytes) -> StateItem:
    """Reads and checks one state. Never raises: what cannot be read becomes a finding."""
    form, faults = forms.DossierState.read(raw)
    code = clean_code(form.dossier_code) if form and form.dossier_code else ""
    subject = code if _PLAIN.fullmatch(code) else f"unreadable-{hashlib.sha256(raw).hexdigest()[:16]}"
    return StateItem(raw, form, subject, tuple(check_state(form, faults)))
