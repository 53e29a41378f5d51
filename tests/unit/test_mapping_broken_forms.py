"""Whatever is put into a form, it is mapped or named as the place that cannot be: nothing else is ever raised."""

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connector.domain.mapping import to_ministry, to_province, to_records
from connector.domain.mapping.reading import MappingFailed
from schemas import ministry, province
from tests.unit import mapping_samples as samples

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
SAID = st.sampled_from(["", " ", "2005", "07/2005", "31.02.2023", "99", "VN", "zz", "Kinh", "0/2023", "\x00", "25:61"])
VALUES = SAID | SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(max_size=5), SCALARS, max_size=2)


def _places(value: Any, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found: list[tuple[str | int, ...]] = [at] if at else []
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        found += _places(inner, (*at, step))
    return found


def broken(body: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The body with up to three of its members replaced, at any depth."""
    change = st.tuples(st.sampled_from(_places(body)), VALUES)
    return st.lists(change, min_size=1, max_size=3).map(lambda changes: _replaced(body, changes))


def _replaced(body: dict[str, Any], changes: list[tuple[tuple[str | int, ...], Any]]) -> dict[str, Any]:
    changed = body
    for place, value in changes:
        changed = _put(changed, place, value)
    return changed


def _put(into: Any, place: tuple[str | int, ...], value: Any) -> Any:
    if not place:
        return value
    step, rest = place[0], place[1:]
    if isinstance(into, dict):
        return {**into, step: _put(into.get(step), rest, value)}
    if isinstance(into, list) and isinstance(step, int) and step < len(into):
        return [*into[:step], _put(into[step], rest, value), *into[step + 1 :]]
    return into


def mapped_or_named(form: object, mapping: Callable[[], object]) -> None:
    if form is None:
        return
    named = _place_named(mapping)
    assert named is None or named.startswith("/")


def _place_named(mapping: Callable[[], object]) -> str | None:
    try:
        mapping()
    except MappingFailed as failed:
        return failed.pointer
    return None


PDF_RESULT = samples.result_of(to_ministry.form(samples.application()).to_wire()).to_wire()
DEATH_RESULT = samples.result_of(to_ministry.form(samples.application(samples.death())).to_wire()).to_wire()
NOTED = [{"loai": "LY_HON", "canCu": "Bản án 3/2015", "ngayGhiChu": "01.02.2015", "noiDung": None}]
ENTRY = samples.entry_head(**to_ministry.form(samples.application()).to_wire(), ghiChuBienDong=NOTED)


@given(broken(samples.dossier(TaiLieuNop=samples.files())) | broken(samples.dossier(samples.death())))
def test_a_broken_dossier(body: dict[str, Any]) -> None:
    form, _ = province.Dossier.read_value(body)
    mapped_or_named(form, lambda: form and to_ministry.submission(to_records.application(form), 1))


@given(broken(PDF_RESULT), broken(samples.state(hanBoSungHoSo=None, ghiChu="x")))
def test_a_broken_result_of_a_marriage_in_a_broken_state(result: dict[str, Any], state: dict[str, Any]) -> None:
    form, _ = ministry.MarriageResult.read_value(result)
    where, _ = ministry.DossierState.read_value(state)
    applied = samples.application()
    if where is not None:
        mapped_or_named(where, lambda: to_province.progress(to_records.status_change(where), 4, "k"))
    mapped_or_named(
        form and where,
        lambda: form and where and to_province.result(to_records.registration(where, form), applied, None),
    )


@given(broken(DEATH_RESULT))
def test_a_broken_result_of_a_death(result: dict[str, Any]) -> None:
    form, _ = ministry.DeathResult.read_value(result)
    state = samples.read_state(module="LTKT")
    mapped_or_named(form, lambda: form and to_province.result(to_records.registration(state, form), None, "x"))


@given(broken(ENTRY))
def test_a_broken_register_entry(body: dict[str, Any]) -> None:
    form, _ = ministry.MarriageEntry.read_value(body)
    mapped_or_named(form, lambda: form and to_province.register_entry(to_records.register_entry(form)))
