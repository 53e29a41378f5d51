"""Everything about one dossier, and the two ways to it: its code, or a citizen's number."""

from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Response

from connector.adapters import dossier_view
from connector.console import dossier_page
from connector.console.access import Visit, needs
from connector.domain.rights import Right
from schemas.values import clean_code

router: Final = APIRouter()

Viewer = Annotated[Visit, needs(Right.VIEW)]


@router.get("/dossiers")
def search(visit: Viewer, code: Annotated[str, Query(max_length=200)] = "") -> Response:
    wanted = clean_code(code)
    if wanted:
        return visit.see_other(f"/dossiers/{quote(wanted, safe='')}")
    return _search(visit)


@router.post("/dossiers/by-number")
def by_number(
    visit: Annotated[Visit, needs(Right.SEARCH_PERSON, reason=True)],
    number: Annotated[str, Form(max_length=100)],
) -> Response:
    """Open dossiers in which a personal or paper number stands. The number is in no address and in no log; the audit
    keeps that somebody searched, and why."""
    with visit.db() as db:
        codes = dossier_view.with_number(db, number, tuple(sorted(visit.areas or ())))
    return _search(visit, codes=codes, searched=True)


@router.get("/dossiers/{code}")
def dossier(visit: Viewer, code: str) -> Response:
    with visit.db() as db:
        page = dossier_page.look(db, code, visit.areas)
    if page is None:
        return _search(visit, 404, code=code, missing=True)
    return visit.page("dossier.html", page=page, facts=page.view.facts)


def _search(
    visit: Visit,
    status: int = 200,
    *,
    code: str = "",
    missing: bool = False,
    codes: tuple[str, ...] = (),
    searched: bool = False,
) -> Response:
    about = {"code": code, "missing": missing, "codes": codes, "searched": searched}
    limits = {"most": dossier_view.MOST_SEARCHED, "shortest": dossier_view.SHORTEST_NUMBER}
    return visit.page("dossier_search.html", status, **about, **limits, here="/dossiers")
