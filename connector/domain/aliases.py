"""Other names that an installation takes for a value of a catalogue, beside those that the catalogue itself knows.

They are put into a copy of the form before it is checked or mapped; the body as received stays as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from connector.domain import ethnicities
from schemas.province import DeathForm, Deceased, Dossier, DossierEvent, Spouse

ETHNICITY: Final = "ethnicity"
KINDS: Final = (ETHNICITY,)


class BadAlias(ValueError):
    """What was given is no alias; the text says why."""


@dataclass(frozen=True, slots=True)
class Aliases:
    """Per kind what is taken for what: an ethnic group's folded name for the code of a group."""

    ethnicity: Mapping[str, str] = field(default_factory=dict)

    def __or__(self, other: "Aliases") -> "Aliases":
        """These, and those of `other` where both know a name."""
        return Aliases({**self.ethnicity, **other.ethnicity})

    def __bool__(self) -> bool:
        return bool(self.ethnicity)


NO_ALIASES: Final = Aliases()


class AliasSource(Protocol):
    """Gives the present aliases; they may be some seconds old, unless fresh ones are asked for."""

    def __call__(self, *, fresh: bool = False) -> Aliases: ...


def no_aliases(*, fresh: bool = False) -> Aliases:
    """An installation without any."""
    return NO_ALIASES


@dataclass(frozen=True, slots=True)
class Alias:
    kind: str
    name: str
    value: str

    @property
    def folded(self) -> str:
        """The name as it is compared."""
        return ethnicities.fold(self.name)


def read_alias(text: str) -> Alias:
    """`ethnicity:Khơ me Hạ=05`. Raises BadAlias."""
    kind, colon, rest = text.partition(":")
    name, equals, value = (part.strip() for part in rest.rpartition("="))
    if not (colon and equals) or kind not in KINDS:
        raise BadAlias("expected ethnicity:NAME=CODE, such as ethnicity:Khơ me Hạ=05")
    return checked(Alias(kind, name, value))


def checked(one: Alias) -> Alias:
    """The alias, if it is one. Raises BadAlias."""
    if one.kind not in KINDS:
        raise BadAlias(f"unknown kind: expected one of {', '.join(KINDS)}")
    if not one.folded or len(one.name) > 100:
        raise BadAlias("the name has no letters, or more than 100")
    if ethnicities.official_name(one.value) is None or one.value == ethnicities.UNKNOWN:
        raise BadAlias("the code is none of the 54 groups (01-54), nor 55 for foreigners")
    if ethnicities.code_of(one.name) not in (None, ethnicities.UNKNOWN):
        raise BadAlias("the catalogue knows this name already")
    return one


def table_of(aliases: tuple[Alias, ...]) -> Aliases:
    """Several aliases as one table."""
    return Aliases({one.folded: one.value for one in aliases})


def event_with(event: DossierEvent, aliases: Aliases) -> DossierEvent:
    """The event with the catalogue's own names in the place of aliases."""
    if not aliases or event.dossier is None:
        return event
    dossier = dossier_with(event.dossier, aliases)
    return event if dossier is event.dossier else event.model_copy(update={"dossier": dossier})


def dossier_with(dossier: Dossier, aliases: Aliases) -> Dossier:
    """The dossier likewise; itself when no alias is in it."""
    form = dossier.form
    if not aliases or form is None:
        return dossier
    members = ("deceased",) if isinstance(form, DeathForm) else ("husband", "wife")
    people = {name: getattr(form, name) for name in members}
    renamed = {name: _renamed(person, aliases) for name, person in people.items() if person is not None}
    if all(renamed[name] is people[name] for name in renamed):
        return dossier
    return dossier.model_copy(update={"form": form.model_copy(update=renamed)})


def _renamed(person: Spouse | Deceased, aliases: Aliases) -> Spouse | Deceased:
    written = person.ethnicity
    if not written or ethnicities.code_of(written) not in (None, ethnicities.UNKNOWN):
        return person
    code = aliases.ethnicity.get(ethnicities.fold(written))
    return person if code is None else person.model_copy(update={"ethnicity": ethnicities.official_name(code)})
