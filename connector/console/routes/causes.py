"""Why messages stopped: groups of one cause, what would help them, and replaying a group as one."""

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from secrets import token_hex
from typing import Annotated, Final

from fastapi import APIRouter, Form, Response
from starlette.exceptions import HTTPException

from connector.adapters import aliases, causes
from connector.adapters.audit import Action
from connector.adapters.views import Filter
from connector.console.access import Visit, needs
from connector.domain import ethnicities
from connector.domain.aliases import ETHNICITY, Alias, BadAlias, checked, table_of
from connector.domain.causes import Cause
from connector.domain.replay import Prospect
from connector.domain.rights import Right
from schemas.findings import Code

# A rehearsal on a page reads so many messages at most: some seconds.
MOST_REHEARSED: Final = 2000
router: Final = APIRouter()

Viewer = Annotated[Visit, needs(Right.VIEW)]
Value = Annotated[str, Form(max_length=2)]


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What would happen to a cause's messages if its value were taken for `value`; `cut` when there are more."""

    value: str
    name: str
    prospects: Counter[Prospect]
    cut: bool

    @property
    def total(self) -> int:
        return self.prospects.total()


@router.get("/causes")
def all_causes(visit: Viewer) -> Response:
    with visit.db() as db:
        found = causes.groups(db, tuple(sorted(visit.areas or ())))
    return visit.page("causes.html", causes=found, click=token_hex(8))


@router.get("/causes/{cause_id}")
def cause(visit: Viewer, cause_id: str, said: str = "") -> Response:
    return _page(visit, _cause(visit, cause_id), said=said)


@router.get("/causes/{cause_id}/rehearsal")
def rehearse(visit: Annotated[Visit, needs(Right.REPLAY)], cause_id: str, value: str = "") -> Response:
    """What would pass if this group's value were known. Changes nothing."""
    found = _cause(visit, cause_id)
    one = _alias(found, value)
    if one is None:
        return _page(visit, found, fault=visit.t("cause.bad_alias"), status=422)
    pairs = visit.connector.plans.rehearse(_messages(visit, found), more_aliases=table_of((one,)))
    prospects = Counter(rehearsal.prospect for _, rehearsal in islice(pairs, MOST_REHEARSED))
    name = ethnicities.official_name(one.value) or one.value
    return _page(visit, found, rehearsed=Rehearsed(one.value, name, prospects, found.count > MOST_REHEARSED))


@router.post("/causes/{cause_id}/adopt")
def adopt(
    visit: Annotated[Visit, needs(Right.OVERRIDE, by_area=True, reason=True)],
    cause_id: str,
    value: Value,
    reason: Annotated[str, Form(max_length=500)],
) -> Response:
    """From here on the value is known, in every area: an account that is limited to some may not do that."""
    found = _cause(visit, cause_id)
    one = _alias(found, value)
    if one is None:
        visit.act(None, action=Action.CHANGE_ALIASES, reason=reason)
        return _page(visit, found, fault=visit.t("cause.bad_alias"), status=422)
    details = {"act": "set", "value": one.value}
    target = f"alias:{one.kind}:{one.folded}"
    visit.act(None, action=Action.CHANGE_ALIASES, reason=reason, target=target, details=details)
    with visit.db() as db:
        aliases.adopt(db, one, now=visit.at, by=visit.account.name, why=reason.strip())
    return visit.see_other(f"/causes/{cause_id}?said=adopted")


def _page(
    visit: Visit,
    found: Cause,
    *,
    said: str = "",
    fault: str = "",
    rehearsed: Rehearsed | None = None,
    status: int = 200,
) -> Response:
    groups = [(code, ethnicities.official_name(code)) for code in _GROUPS] if _takes_alias(found) else []
    about = {"said": said == "adopted", "fault": fault, "rehearsed": rehearsed, "groups": groups}
    here = f"/causes/{found.key.cause_id}"
    return visit.page("cause.html", status, cause=found, **about, click=token_hex(8), here=here)


def _cause(visit: Visit, cause_id: str) -> Cause:
    with visit.db() as db:
        found = causes.find(db, cause_id, tuple(sorted(visit.areas or ())))
    if found is None:
        raise HTTPException(404)
    return found


def _messages(visit: Visit, found: Cause) -> Filter:
    return Filter(cause=found.key, areas=tuple(sorted(visit.areas or ())))


def _takes_alias(found: Cause) -> bool:
    return found.key.code == Code.ETHNICITY_UNKNOWN and bool(found.key.label)


def _alias(found: Cause, value: str) -> Alias | None:
    """The group's value as another name of what has this code; None when it cannot be one."""
    if not _takes_alias(found):
        return None
    try:
        return checked(Alias(ETHNICITY, found.key.label, value))
    except BadAlias:
        return None


_GROUPS: Final = [f"{number:02d}" for number in range(1, 55)]
