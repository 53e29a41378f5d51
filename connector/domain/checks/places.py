"""Where in a body a form and its members stand, as JSON pointers (RFC 6901) made of the form's own names."""

from functools import cache

from schemas.reading import Form


class At:
    """The place of one form in a body; called with a member's name it gives that member's pointer.

    `joint` is empty where the partner writes the form's members flat, behind the prefix that the pointer ends in.
    """

    __slots__ = ("_inner", "_joint", "_names", "_required", "pointer")

    def __init__(self, form: type[Form], pointer: str = "", joint: str = "/") -> None:
        self.pointer = pointer
        self._joint = joint
        self._names = _aliases(form)
        self._required = _required(form)
        self._inner: dict[tuple[str, type[Form]], At] = {}

    def __call__(self, member: str) -> str:
        return f"{self.pointer}{self._joint}{self._names[member]}"

    def requires(self, member: str) -> bool:
        """Whether the contract requires the member and forbids it to be null."""
        return member in self._required

    def into(self, member: str, form: type[Form]) -> "At":
        """The place of the form that a member holds; made once."""
        return self._below(member, form, "/")

    def part(self, member: str, form: type[Form]) -> "At":
        """The place of a form whose members are written flat, with the member's name as prefix; made once."""
        return self._below(member, form, "")

    def item(self, member: str, index: int, form: type[Form]) -> "At":
        """The place of one form in the list that a member holds."""
        return At(form, f"{self(member)}/{index}")

    def _below(self, member: str, form: type[Form], joint: str) -> "At":
        key = member, form
        found = self._inner.get(key)
        if found is None:
            found = self._inner[key] = At(form, self(member), joint)
        return found


@cache
def _aliases(form: type[Form]) -> dict[str, str]:
    return {name: field.alias or name for name, field in form.model_fields.items()}


@cache
def _required(form: type[Form]) -> frozenset[str]:
    return frozenset(name for name, _ in form.required)
