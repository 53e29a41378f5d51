"""The console's files are shipped, unaltered, and nothing is fetched from elsewhere."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from connector.console import statics
from connector.console.headers import CONTENT_POLICY, Address
from connector.console.places import local_path

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "connector" / "console" / "static"
MANIFEST = json.loads((STATIC / "manifest.json").read_text())
OURS = {"console.css", "pages.css", "icon.svg", "manifest.json"}


def test_every_file_is_ours_or_in_the_manifest() -> None:
    scripts = {path.name for path in STATIC.glob("*.js") if "/* lienthong" in path.read_text(encoding="utf-8")[:40]}

    assert {path.name for path in STATIC.iterdir()} - scripts == OURS | MANIFEST.keys()


@pytest.mark.parametrize("name", MANIFEST)
def test_a_part_by_others_is_what_its_package_had(name: str) -> None:
    assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == MANIFEST[name]["sha256"]


@pytest.mark.parametrize("package", sorted({part["package"] for part in MANIFEST.values()}))
def test_a_part_by_others_has_its_licence_in_the_notice(package: str) -> None:
    name, _, version = package.partition("@")

    assert re.search(rf"{re.escape(name)} {re.escape(version)}", (ROOT / "NOTICE").read_text(encoding="utf-8"))


def test_the_console_s_own_style_fetches_nothing_and_is_small() -> None:
    for name in ("console.css", "pages.css"):
        style = (STATIC / name).read_text(encoding="utf-8")

        assert "url(" not in style
        assert "@import" not in style
        assert len(statics.static_files()[name].compressed) < 4096


def test_the_policy_allows_our_own_files_only() -> None:
    directives = dict(part.strip().split(" ", 1) for part in CONTENT_POLICY.split(";"))

    assert set(directives.values()) == {"'none'", "'self'"}
    assert {name for name, value in directives.items() if value == "'none'"} == {
        "default-src",
        "frame-ancestors",
        "base-uri",
    }


@pytest.mark.parametrize(
    ("host", "mine"),
    [
        ("127.0.0.1:8800", True),
        ("[::1]:8800", True),
        ("localhost:8800", True),
        ("10.1.2.3", True),
        ("may-1:8800", True),
        ("evil.example:8800", False),
        ("", False),
        ("localhost.evil.example", False),
        ("[::1", False),
    ],
)
def test_without_a_public_address_only_numbers_and_this_machine_s_names_are_ours(host: str, mine: bool) -> None:
    address = Address(None, frozenset({"localhost", "may-1"}))
    try:
        accepted = address.accepts(host)
    except ValueError:
        accepted = False

    assert accepted == mine


def test_with_a_public_address_only_that_is_ours() -> None:
    address = Address("https://lienthong.example")

    assert address.secure
    assert address.accepts("LienThong.example")
    assert not address.accepts("127.0.0.1:8800")
    assert not address.accepts("lienthong.example:8443")


@pytest.mark.parametrize(
    ("wanted", "goes"),
    [
        ("/me", "/me"),
        ("/messages?state=invalid&after=3", "/messages?state=invalid&after=3"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("", "/"),
        ("/a\r\nSet-Cookie: x", "/"),
    ],
)
def test_a_browser_is_sent_to_our_own_pages_only(wanted: str, goes: str) -> None:
    assert local_path(wanted) == goes


def luminance(colour: str) -> float:
    """As WCAG defines it."""
    digits = colour.removeprefix("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    channels = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


PAIRS = [
    *((text, ground) for text in ("ink", "quiet", "brand", "stop") for ground in ("paper", "ground")),
    *((text, f"{text}-ground") for text in ("go", "warn", "stop")),
    ("paper", "brand"),
    ("paper", "stop"),
]


@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_what_is_written_can_be_read(text: str, ground: str) -> None:
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+)", (STATIC / "console.css").read_text(encoding="utf-8")))
    light, dark = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)

    assert (light + 0.05) / (dark + 0.05) >= 4.5
