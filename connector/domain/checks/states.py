"""Checks of the ministry's states of dossiers (contract validation.md, States, results and register entries)."""

from typing import Final

from connector.domain.checks.places import At
from connector.domain.checks.report import Report
from connector.domain.checks.territory import is_code
from schemas.findings import Code, Finding
from schemas.ministry import DATE_SEPARATOR, INSTANT_FORMAT, DossierState
from schemas.reading import Fault
from schemas.values import DOSSIER_CODE, clean_code

STATE: Final = At(DossierState)
STATES: Final = range(1, 7)
LONGEST_CODE: Final = 50


def check_state(state: DossierState | None, faults: tuple[Fault, ...]) -> list[Finding]:
    """CONTRACT, TIME_INVALID and STATUS_UNKNOWN; the text of the result is not read here, see `results`.

    `state` and `faults` are what `DossierState.read` (or `read_value`) gave; pointers go into the item of `layKetQua`.
    """
    report = Report(faults, DATE_SEPARATOR, INSTANT_FORMAT)
    if state is not None:
        for member, text in (("happened_at", state.happened_at), ("supplement_until", state.supplement_until)):
            report.instant(STATE, member, text, Code.TIME_INVALID)
        if state.state is not None and state.state not in STATES:
            report.add(Code.STATUS_UNKNOWN, STATE("state"))
        if state.dossier_code is not None and not _is_dossier_code(clean_code(state.dossier_code)):
            report.breaks(STATE("dossier_code"), "pattern")
        if state.office is not None and not is_code(state.office, 5):
            report.breaks(STATE("office"), "pattern")
    return report.findings()


def _is_dossier_code(code: str) -> bool:
    return len(code) <= LONGEST_CODE and DOSSIER_CODE.fullmatch(code) is not None
