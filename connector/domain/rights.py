"""Who may do what: roles, rights, and the areas an account is limited to.

A limited account has only rights that speak of a message, and only inside its areas. The rest (accounts, audit) cannot
be cut by area, so that a limitation takes it away altogether.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from connector.domain.units import enclosing


class Role(StrEnum):
    """What an account is for; one account may have several."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ROLLOUT = "rollout"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Right(StrEnum):
    """What a page or an act needs."""

    VIEW = "view"  # masked messages, counts, causes
    REVEAL = "reveal"  # one message's personal data, with a reason
    SEARCH_PERSON = "search_person"  # by a name or a citizen's number
    REPLAY = "replay"  # plan, run, pause, resume, stop; ask the source again
    OVERRIDE = "override"
    CANCEL = "cancel"  # give up, and take that back
    CHANGE_ROLLOUT = "change_rollout"
    READ_AUDIT = "read_audit"
    MANAGE_ACCOUNTS = "manage_accounts"
    OWN = "own"  # one's own password, language, sessions


_WORK: Final = frozenset(
    {Right.VIEW, Right.OWN, Right.REVEAL, Right.SEARCH_PERSON, Right.REPLAY, Right.OVERRIDE, Right.CANCEL}
)

RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    Role.VIEWER: frozenset({Right.VIEW, Right.OWN}),
    Role.OPERATOR: _WORK,
    Role.ROLLOUT: frozenset({Right.VIEW, Right.OWN, Right.CHANGE_ROLLOUT}),
    # Reads who looked at whom, and need not look at anybody for that.
    Role.AUDITOR: frozenset({Right.VIEW, Right.OWN, Right.READ_AUDIT}),
    Role.ADMIN: frozenset(Right),
}

EVERYWHERE_ONLY: Final = frozenset({Right.READ_AUDIT, Right.MANAGE_ACCOUNTS})


@dataclass(frozen=True, slots=True)
class Holder:
    """The part of an account that decides. `areas`: slugs of district areas, which is what a message carries; none
    means everywhere."""

    name: str
    roles: frozenset[Role]
    areas: frozenset[str] = frozenset()
    disabled: bool = False


def may(who: Holder, right: Right) -> bool:
    """Whether the account has the right at all: everywhere, or somewhere. What a page
    shows or changes then goes by `may_at`."""
    if who.disabled or (who.areas and right in EVERYWHERE_ONLY):
        return False
    return any(right in RIGHTS[role] for role in who.roles)


def may_at(who: Holder, right: Right, area: str | None) -> bool:
    """Whether it has the right for something in this area; None (a place nobody knows) is for unlimited accounts."""
    if not may(who, right):
        return False
    return not who.areas or (area is not None and not who.areas.isdisjoint(enclosing(area)))


def rights_of(who: Holder) -> Collection[Right]:
    """All rights of an account, in their order."""
    return [right for right in Right if may(who, right)]
