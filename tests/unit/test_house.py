"""Rules of the house that no tool knows: sizes, names, whose words may stand where, and locks that belong together."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from connector.adapters.locks import Lock
from connector.logs import ALLOWED

ROOT = Path(__file__).parents[2]
PRODUCT = sorted(path for part in ("schemas", "connector", "workers") for path in (ROOT / part).rglob("*.py"))
SANDBOX = ROOT / "connector" / "sandbox"
CONTRACTS = SANDBOX / "contracts"

MODULE_LINES = 300
FUNCTION_LINES = 40

# A migration is one story from top to bottom, and is never edited again.
MIGRATIONS = ROOT / "connector" / "migrations" / "versions"
# Longer than they should be, each with its reason. A line leaves this list together with its reason.
LONG_MODULES: dict[str, str] = {
    "schemas/ministry.py": "the whole of one contract's forms, in the contract's order",
    "schemas/province.py": "the whole of one contract's forms, in the contract's order",
}
LONG_FUNCTIONS: dict[str, str] = {}

# Where the partners' member names belong; everyone else speaks our own words.
SPEAKS_THEIR_WORDS = {"schemas/province.py", "schemas/ministry.py"}
# Members with plain English or protocol names, which are anybody's words, and those that are people's names too.
ANYBODYS_WORDS = re.compile(r"[a-z]{1,3}|(access|grant|token|expires|error)(_[a-z]+)?|(error|status)[A-Z][a-z]+|Email")
PLAIN_WORDS = {"data", "message", "module", "status", "value", "trang", "Trang", "loai"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), name_of(path))


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def docstrings_of(tree: ast.Module) -> set[int]:
    """Which constants are docstrings or stand alone as a field's explanation."""
    return {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def words_of(path: Path) -> Iterator[tuple[int, str]]:
    """Every identifier, and every word of a text that is no docstring, with its line."""
    tree = tree_of(path)
    explanations = docstrings_of(tree)
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        for field in ("id", "attr", "arg", "name"):
            if isinstance(word := getattr(node, field, None), str):
                yield line, word
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explanations:
            for word in re.findall(r"\w+", node.value):
                yield line, word


def member_names(part: Any) -> Iterator[str]:
    """The members that the contracts' schemas and parameters name."""
    if isinstance(part, list):
        for item in part:
            yield from member_names(item)
    if isinstance(part, dict):
        if isinstance(part.get("properties"), dict):
            yield from part["properties"]
        if "in" in part and "schema" in part:
            yield part["name"]
        for item in part.values():
            yield from member_names(item)


@cache
def partners_words() -> frozenset[str]:
    contracts = sorted(CONTRACTS.glob("*.openapi.yaml"))
    assert len(contracts) == 2
    names = {name for path in contracts for name in member_names(yaml.safe_load(path.read_text(encoding="utf-8")))}
    return frozenset(name for name in names if name not in PLAIN_WORDS and not ANYBODYS_WORDS.fullmatch(name))


def test_the_words_looked_for_are_the_partners() -> None:
    words = partners_words()
    assert {"HoTen", "maHoSoMCDT", "trangThai", "MaHoSo", "con_tro", "tuThoiDiem"} <= words
    assert not words & {"id", "status", "message", "access_token", "errorCode", "error_description"}


@pytest.mark.parametrize("path", [path for path in PRODUCT if SANDBOX not in path.parents], ids=name_of)
def test_only_the_wire_forms_speak_the_partners_words(path: Path) -> None:
    if name_of(path) in SPEAKS_THEIR_WORDS:
        assert {word for _, word in words_of(path)} & partners_words()
    else:
        assert [f"{line}: {word}" for line, word in words_of(path) if word in partners_words()] == []


@pytest.mark.parametrize("path", [ROOT / "run", *PRODUCT], ids=name_of)
def test_a_module_is_no_longer_than_it_should_be(path: Path) -> None:
    length = len(path.read_text(encoding="utf-8").splitlines())
    assert length <= MODULE_LINES or name_of(path) in LONG_MODULES, f"{length} lines"


@pytest.mark.parametrize("path", [ROOT / "run", *(p for p in PRODUCT if MIGRATIONS not in p.parents)], ids=name_of)
def test_a_function_is_no_longer_than_it_should_be(path: Path) -> None:
    long = {f"{name_of(path)}:{f.name}": length_of(f) for f in functions_of(path) if length_of(f) > FUNCTION_LINES}
    assert long.keys() <= LONG_FUNCTIONS.keys(), long


def test_the_lists_of_exceptions_name_what_exists() -> None:
    functions = {f"{name_of(path)}:{function.name}" for path in PRODUCT for function in functions_of(path)}
    assert LONG_MODULES.keys() <= {name_of(path) for path in PRODUCT}
    assert LONG_FUNCTIONS.keys() <= functions


def test_no_module_is_a_grab_bag() -> None:
    vague = {"common", "helper", "helpers", "misc", "util", "utils"}
    assert [name_of(path) for path in PRODUCT if vague & {path.stem, path.parent.name}] == []


@pytest.mark.parametrize("path", [path for path in PRODUCT if path.name == "__init__.py"], ids=name_of)
def test_a_package_s_init_is_its_docstring(path: Path) -> None:
    tree = tree_of(path)
    assert len(tree.body) == 1
    assert len((ast.get_docstring(tree) or "").strip(".")) > len("TODO")


@pytest.mark.parametrize("path", sorted((ROOT / "schemas").rglob("*.py")), ids=name_of)
def test_what_is_said_needs_pydantic_only(path: Path) -> None:
    allowed = sys.stdlib_module_names | {"pydantic", "pydantic_core", "annotated_types", "typing_extensions", "schemas"}
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree_of(path))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= allowed


def log_calls(path: Path) -> Iterator[ast.Call]:
    """Calls such as `log.info(…)` and `self._log.bind(…).warning(…)`."""
    levels = {"debug", "info", "warning", "error", "critical", "exception"}
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in levels:
            origin: ast.expr = node.func.value
            while isinstance(origin, ast.Call):
                origin = origin.func.value if isinstance(origin.func, ast.Attribute) else origin.func
            if ast.unparse(origin).split(".")[-1].lstrip("_") in {"log", "logger"}:
                yield node


@pytest.mark.parametrize("path", [path for path in PRODUCT if SANDBOX not in path.parents], ids=name_of)
def test_a_log_line_is_an_event_name_and_known_keys(path: Path) -> None:
    """What the pipeline would hide at run time is found here, before an operator misses it."""
    faults = []
    for call in log_calls(path):
        event = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
        if not re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+", str(event)) or len(call.args) != 1:
            faults.append(f"{call.lineno}: {ast.unparse(call)}")
        faults += [f"{call.lineno}: {key.arg}" for key in call.keywords if key.arg not in ALLOWED | {"exc_info", None}]
    assert faults == []


def pinned(lock: str) -> dict[str, set[str]]:
    """Each `name==version` of an exported lock with its hashes."""
    text = (ROOT / lock).read_text().replace("\\\n", " ")
    entries = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return {
        words[0]: {word.removeprefix("--hash=") for word in words if word.startswith("--hash=")} for words in entries
    }


def test_the_locks_that_pip_reads_say_what_uv_lock_says() -> None:
    locked = {
        f"{package['name']}=={package['version']}": {
            file["hash"] for file in [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
        }
        for package in tomllib.loads((ROOT / "uv.lock").read_text())["package"]
        if "registry" in package["source"]
    }

    assert pinned("requirements-dev.lock") == locked
    assert pinned("requirements.lock").items() <= locked.items()
    assert all(pinned("requirements-dev.lock").values())


def test_the_runtime_lock_has_what_the_project_needs_and_no_tools() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    names = {entry.split("==")[0] for entry in pinned("requirements.lock")}
    needed = {re.split(r"[\[<>=~!; ]", line)[0] for line in project["project"]["dependencies"]}

    assert needed <= names
    assert not names & {"pytest", "mypy", "ruff", "import-linter"}


def test_every_lock_of_the_database_has_its_number_in_one_place() -> None:
    """Two that chose the same number would wait for each other, and only in a system that runs both."""
    numbers = {member.value for member in Lock}
    elsewhere = {
        name_of(path)
        for path in PRODUCT
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and node.value in numbers and path.name != "locks.py"
    }

    assert elsewhere == set()
    assert len(numbers) == len(Lock.__members__)
