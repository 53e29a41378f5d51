"""What is taken in, by the modes of its areas: what may not go yet is held, and each message keeps the rule that
decided."""

from collections.abc import Sequence

from sqlalchemy import Connection

from connector.adapters import areas
from connector.domain.message import Draft, Hold, Route, State
from connector.domain.rollout import BEGUN_ROUTES, Mode, Modes, Rule, goes, in_words, mode_of, number_of


def admit(db: Connection, drafts: Sequence[Draft]) -> tuple[list[Draft], list[int | None]]:
    """The drafts as the modes let them in, and the number of the rule that decided about each.

    Findings come first: what is invalid stays so, whatever its area's mode. Where all may go, no lock is taken: an area
    that is closed at this moment is closed for them when they are claimed.
    """
    modes = areas.read(db)
    rules = [_rule(modes, draft) for draft in drafts]
    if all(mode_of(rule) is Mode.LIVE for rule in rules):
        return list(drafts), [number_of(rule) for rule in rules]
    modes = areas.steady(db)
    rules = [_rule(modes, draft) for draft in drafts]
    begun = areas.begun(db, [code for draft in drafts if (code := _dossier(draft))])
    admitted = [_admitted(draft, rule, begun) for draft, rule in zip(drafts, rules, strict=True)]
    return admitted, [number_of(rule) for rule in rules]


def _rule(modes: Modes, draft: Draft) -> Rule | None:
    return modes.rule_for(draft.procedure, office=draft.office, on=draft.received_on, area=draft.area)


def _admitted(draft: Draft, rule: Rule | None, begun: frozenset[str]) -> Draft:
    is_begun = draft.route in BEGUN_ROUTES or _dossier(draft) in begun
    if draft.state is not State.READY or goes(mode_of(rule), begun=is_begun):
        return draft
    return draft._replace(state=State.HELD, hold=Hold.AREA, why=in_words(rule))


def _dossier(draft: Draft) -> str | None:
    """The dossier whose beginning decides about this message."""
    return draft.dossier if draft.route is Route.REGISTER else draft.subject
