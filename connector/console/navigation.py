"""The menu: one entry for each subject, shown to whoever has its right."""

from dataclasses import dataclass
from typing import Final

from connector.domain.rights import Right


@dataclass(frozen=True, slots=True)
class Entry:
    """Where it leads, the text `menu.…` that names it, and the right that its page needs."""

    path: str
    text: str
    right: Right


MENU: Final = (
    Entry("/", "menu.today", Right.VIEW),
    Entry("/messages", "menu.messages", Right.VIEW),
    Entry("/causes", "menu.causes", Right.VIEW),
    Entry("/jobs", "menu.jobs", Right.VIEW),
    Entry("/dossiers", "menu.dossiers", Right.VIEW),
    Entry("/audit", "menu.audit", Right.READ_AUDIT),
    Entry("/areas", "menu.areas", Right.VIEW),
    Entry("/accounts", "menu.accounts", Right.MANAGE_ACCOUNTS),
)
