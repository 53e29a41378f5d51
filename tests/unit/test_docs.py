"""What the documents say is what the code does: drawings, tables, commands, settings and links."""

import ast
import pkgutil
import re
import runpy
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import pytest
import typer

from connector import adapters
from connector.adapters import ministry, province, tables
from connector.cli.main import COMMANDS, app
from connector.domain import errors
from connector.domain.attempts import LEASE_ENDED
from connector.domain.errors import Conflict, DeliveryError, NotExpectedNow, Refused, Throttled, Unauthorised
from connector.domain.message import DESTINATION, Hold, Move, Route, State, as_mermaid
from connector.settings import Settings, load, variable
from schemas.findings import SENTENCES
from tests.guides import GUIDES

# A table is known once its module is.
for module in pkgutil.iter_modules(adapters.__path__):
    import_module(f"{adapters.__name__}.{module.name}")

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
JOURNEY, GLOSSARY, OPERATING, DATA = (ROOT / "docs" / f"{n}.md" for n in ("journey", "glossary", "operating", "data"))
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
DEPLOY = ROOT / "deploy" / "README.md"
RELIABILITY = ROOT / "docs" / "reliability.md"
PERFORMANCE = ROOT / "docs" / "performance.md"
PAGES = [
    README,
    ROOT / "CHANGELOG.md",
    JOURNEY,
    GLOSSARY,
    OPERATING,
    *GUIDES.values(),
    DATA,
    RELIABILITY,
    PERFORMANCE,
    DEPLOY,
    *DECISIONS,
]
SOURCES = [
    path
    for part in ("connector", "workers")
    for path in sorted((ROOT / part).rglob("*.py"))
    if "sandbox" not in path.parts and "migrations" not in path.parts
]
NOT_YET = "not there yet"
UNUSED = "not used yet"


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def section(path: Path, heading: str) -> str:
    """What stands under a heading, up to the next one of the same or a higher level."""
    lines = read(path).splitlines()
    [start] = [place for place, line in enumerate(lines) if re.fullmatch(f"#+ {re.escape(heading)}", line)]
    depth = len(lines[start].split()[0])
    ends = [place for place in range(start + 1, len(lines)) if re.match(f"#{{1,{depth}}} ", lines[place])]
    return "\n".join(lines[start + 1 : min(ends, default=len(lines))])


def rows(text: str) -> list[list[str]]:
    """The cells of the tables in a text, without head and rule."""
    found = []
    for table in re.findall(r"(?:^\|.*\|$\n?)+", text, re.MULTILINE):
        found += [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()[2:]]
    return found


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def first_names(text: str) -> list[str]:
    return [name for row in rows(text) for name in named(row[0])]


# The journey and the words


def test_the_drawn_journey_is_the_table_of_moves() -> None:
    drawn = re.search(r"```mermaid\n(.*?)\n```", read(JOURNEY), re.DOTALL)

    assert drawn
    assert drawn[1] == as_mermaid()


@pytest.mark.parametrize(
    ("page", "heading", "words"),
    [
        (JOURNEY, "The routes", Route),
        (JOURNEY, "The states", [*State, *Hold]),
        (JOURNEY, "The moves", Move),
        (GLOSSARY, "Routes", Route),
        (GLOSSARY, "States", State),
        (GLOSSARY, "Holds", Hold),
        (GLOSSARY, "Moves", Move),
        (DATA, "What is kept, and where", [*tables.metadata.tables]),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_table_of_words_has_all_of_them_and_no_other(page: Path, heading: str, words: Iterable[str]) -> None:
    assert Counter(first_names(section(page, heading))) == Counter(str(word) for word in words)


def test_the_journey_and_the_glossary_use_the_same_vietnamese_words() -> None:
    def words(path: Path, *headings: str) -> dict[tuple[str, str], str]:
        return {(h, named(row[0])[0]): row[1] for h in headings for row in rows(section(path, h))}

    glossary = words(GLOSSARY, "States", "Holds", "Moves")
    assert (
        words(JOURNEY, "The moves").items()
        == {("The moves", name): word for (heading, name), word in glossary.items() if heading == "Moves"}.items()
    )
    assert {name: word for (_, name), word in words(JOURNEY, "The states").items()} == {
        name: word for (heading, name), word in glossary.items() if heading in ("States", "Holds")
    }


def test_a_route_goes_where_the_journey_says() -> None:
    said = {named(row[0])[0]: row[1].split(" → ")[1] for row in rows(section(JOURNEY, "The routes"))}

    assert said == {route.value: partner.value for route, partner in DESTINATION.items()}


@pytest.mark.parametrize("page", [JOURNEY, GLOSSARY], ids=name_of)
def test_a_move_that_nobody_makes_yet_is_marked(page: Path) -> None:
    code = "\n".join(read(path) for path in SOURCES if path.name not in ("message.py", "acts.py"))
    unmade = {move.value for move in Move if not re.search(rf"\bMove\.{move.name}\b|'{move}'", code)}

    heading = "The moves" if page is JOURNEY else "Moves"
    marked = {named(row[0])[0] for row in rows(section(page, heading)) if NOT_YET in " ".join(row).lower()}
    assert marked == unmade


def test_no_term_is_explained_twice() -> None:
    terms = [row[0] for heading in ("The field", "The interconnection") for row in rows(section(GLOSSARY, heading))]

    assert [term for term, times in Counter(terms).items() if times > 1] == []
    assert all(len(row) == 3 and all(row) for row in rows(read(GLOSSARY)))


# What an operator meets


def test_the_table_of_checks_is_the_code_s() -> None:
    table = [f"| `{code}` | {severity} | {vi} | {en} |" for code, (severity, vi, en) in SENTENCES.items()]

    wanted = "\n".join(["| code | severity | tiếng Việt | English |", "|---|---|---|---|", *table])
    assert wanted in section(OPERATING, "Mã kiểm tra · Check codes"), f"put this there:\n{wanted}"


@pytest.mark.parametrize("state", State)
def test_every_state_in_which_a_message_stops_has_a_section(state: State) -> None:
    headings = re.findall(r"^### (.*)$", section(OPERATING, "Khi một thông điệp dừng lại · When a message stops"), re.M)
    explained = {name for heading in headings for name in named(heading)}

    assert (state.value in explained) == (state not in (State.READY, State.SENDING, State.DELIVERED))


def test_every_hold_says_what_to_do() -> None:
    assert set(first_names(section(OPERATING, "Tạm giữ · `held`"))) == set(Hold)


def what_follows(kind: type[DeliveryError]) -> str:
    if issubclass(kind, NotExpectedNow):
        return "refused / held"
    if issubclass(kind, Refused | Conflict):
        return "refused"
    return "closed" if issubclass(kind, Throttled | Unauthorised) else "again"


@pytest.mark.parametrize(
    ("heading", "meanings"),
    [
        ("Bộ trả lời · The ministry's answers", ministry.MEANINGS),
        ("Tỉnh trả lời · The province's answers", province.MEANINGS),
    ],
    ids=["ministry", "province"],
)
def test_a_partner_s_codes_are_explained_as_they_are_handled(
    heading: str, meanings: dict[str, tuple[type[DeliveryError], str]]
) -> None:
    said = {named(row[0])[0]: row[1] for row in rows(section(OPERATING, heading))}

    assert said == {code: what_follows(kind) for code, (kind, _) in meanings.items()}


def raised() -> Iterator[tuple[str, type[DeliveryError]]]:
    """Every code that our own code gives an error, with the error."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(read(path))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                continue
            kind = getattr(errors, node.func.id, None)
            if isinstance(kind, type) and issubclass(kind, DeliveryError):
                yield from ((code, kind) for code in codes_of(node.args[0], kind))


def codes_of(code: ast.expr, kind: type[DeliveryError]) -> list[str]:
    if isinstance(code, ast.Constant):
        return [str(code.value)]
    if isinstance(code, ast.Name) and code.id.isupper():
        return [str(getattr(errors, code.id, getattr(ministry, code.id, "")))]
    if isinstance(code, ast.JoinedStr):
        assert isinstance(code.values[0], ast.Constant)
        assert code.values[0].value == "HTTP_"
        return ["HTTP_401", "HTTP_403"] if kind is Unauthorised else ["HTTP_…"]
    return []


def test_the_codes_of_the_way_are_explained_as_they_are_handled() -> None:
    known = {code: what_follows(kind) for code, kind in raised() if code not in ministry.MEANINGS}
    said = {
        name: row[1] for row in rows(section(OPERATING, "Trên đường truyền · On the way")) for name in named(row[0])
    }

    assert said == known | {"UNSAID": "refused", LEASE_ENDED: "again"}


def test_every_log_line_that_calls_for_a_look_is_explained() -> None:
    loud = {
        event
        for path in SOURCES
        for event in re.findall(r"\.(?:warning|error|exception|critical)\(\s*\"([a-z_]+\.[a-z_.]+)\"", read(path))
    }

    assert "intake.failed" in loud
    assert set(first_names(section(OPERATING, "Nhật ký · Log lines that call for a look"))) == loud


def test_every_line_of_doctor_is_explained() -> None:
    text = read(ROOT / "connector" / "cli" / "checkup.py")
    names = re.findall(r"(?:Check|partner_check)\(\s*\"([a-z ]+)\"", text)

    assert set(first_names(section(OPERATING, "Khám máy · What `doctor` looks at"))) == set(names)


# Settings


def settings_table() -> dict[str, list[str]]:
    return {named(row[0])[0]: row for row in rows(section(OPERATING, "Cấu hình · Settings"))}


def test_every_setting_is_in_the_table() -> None:
    assert settings_table().keys() == {variable(field) for field in Settings.model_fields}


def test_the_defaults_in_the_table_are_the_defaults() -> None:
    written = {name: named(row[3])[0] for name, row in settings_table().items() if named(row[3])}

    assert len(written) > 8
    assert load(written, directory=ROOT / "docs") == Settings()


def test_a_setting_that_nothing_reads_is_marked() -> None:
    code = "\n".join(read(path) for path in SOURCES if path != ROOT / "connector" / "settings.py")

    def is_read(field: str) -> bool:
        own = rf"\.{field}\b|\"{field}\"|{variable(field)}\b"
        partner = field.partition("_")
        return bool(re.search(own, code)) or partner[0] in ("ministry", "province")

    unread = {variable(field) for field in Settings.model_fields if not is_read(field)}
    assert {name for name, row in settings_table().items() if UNUSED in " ".join(row)} == unread


# Commands


def spoken(path: Path) -> Iterator[str]:
    """Each piece of code in a page, one command or word at a time."""
    text = read(path)
    for block in re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        yield from (line.split("#")[0].strip() for line in block.splitlines())
    yield from named(re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))


def commands_in(path: Path) -> list[list[str]]:
    """Commands of lienthong that a page names, word by word; those of ./run that lead to one as well."""
    verbs = runpy.run_path(str(ROOT / "run"), run_name="run")["VERBS"]
    found = []
    for line in spoken(path):
        match = re.search(r"(?:^|\s|/)(run|lienthong) +([a-z-].*)", line)
        if not match or (match[1] == "run" and "./run" not in line and "/lienthong/run" not in line):
            continue
        words = [word for word in match[2].split() if word != "…"]
        if match[1] == "run" and words[0] not in ("--help", "lienthong"):
            assert words[0] in verbs, line
        if match[1] == "lienthong" or words[0] == "demo":
            found.append(words)
        elif words[0] == "lienthong":
            found.append(words[1:])
    return found


def lienthong() -> Any:
    return typer.main.get_command(app)


def check_words(command: Any, words: list[str]) -> None:
    """Raises AssertionError for a sub-command, an option or a choice that is not there."""
    if hasattr(command, "get_command"):
        if not words or words[0].startswith("-"):
            return
        below = command.get_command(None, words[0])
        assert below is not None, words
        check_words(below, words[1:])
        return
    options: dict[str, Any] = {name: one for one in command.params for name in (*one.opts, *one.secondary_opts)}
    for place, word in enumerate(words):
        if word.startswith("--") and word != "--help":
            assert word in options, word
            choices = choices_of(options[word])
            assert not choices or words[place + 1] in choices, words


def choices_of(option: Any) -> list[str]:
    """The words that an option takes, where it takes only some."""
    kind = option.type_descriptor.annotation
    kinds = [one for one in (kind, *get_args(kind)) if isinstance(one, type) and issubclass(one, StrEnum)]
    return [word.value for one in kinds for word in one]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_that_a_page_names_is_there(page: Path) -> None:
    for words in commands_in(page):
        check_words(lienthong(), words)


def test_the_pages_name_commands_at_all() -> None:
    assert ["messages", "list", "--state", "invalid"] in commands_in(README)
    assert ["status"] in commands_in(OPERATING)


def test_a_command_that_is_not_there_is_found() -> None:
    for words in ("nonsense", "messages burn", "demo --nonsense", "messages list --state lost"):
        with pytest.raises(AssertionError):
            check_words(lienthong(), words.split())


def test_the_readme_lists_every_command() -> None:
    [line] = [part for part in read(README).split("\n\n") if part.startswith("**Commands.**")]

    assert set(named(line)) - {"--help"} == COMMANDS.keys()


def test_what_the_readme_calls_missing_is_missing() -> None:
    missing = set(named(section(README, "Not there yet")))

    assert missing
    assert not missing & COMMANDS.keys()
    assert not missing & lienthong().get_command(None, "messages").commands.keys()


def test_the_readme_says_where_every_part_lives() -> None:
    parts = {f"{path.parent.relative_to(ROOT).as_posix()}/" for path in (ROOT / "connector").glob("*/__init__.py")}

    text = section(README, "Where things live")
    assert {*parts, "schemas/", "workers/", "tests/", "docs/", "deploy/"} <= set(first_names(text))
    assert all((ROOT / name).exists() for name in first_names(text) if "/" in name)


# Links and decisions


def anchor(heading: str) -> str:
    """The fragment that a heading gets: lower case, without punctuation, with hyphens for spaces."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", read(page))
    for link in links:
        if link.startswith("https://"):
            continue
        place, _, fragment = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        assert target.exists(), link
        if fragment:
            assert fragment in {anchor(heading) for heading in re.findall(r"^#+ (.*)$", read(target), re.M)}, link


def test_every_page_is_looked_at() -> None:
    folders = [ROOT, ROOT / "docs", ROOT / "deploy", ROOT / "docs" / "decisions"]

    assert {path for folder in folders for path in folder.glob("*.md")} == set(PAGES)


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("page", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_says_what_it_costs_and_what_was_not_chosen(page: Path) -> None:
    assert re.match(rf"# {int(page.name[:4])}\. \S", read(page))
    assert re.findall(r"^## (.*)$", read(page), re.M) == ["Decision", "Price", "Rejected"]
    assert len(read(page).split()) < 500
