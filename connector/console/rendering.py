"""How a page is made: Jinja2 with everything escaped and nothing undefined, in the reader's language."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from connector.adapters.accounts import Account
from connector.console import cookies, texts
from connector.console.formats import FILTERS
from connector.console.navigation import MENU
from connector.console.statics import static_url
from connector.console.texts import Language
from connector.domain.rights import Right, may
from schemas.values import VIETNAM

HTMX: Final = '{"includeIndicatorStyles":false,"allowEval":false,"selfRequestsOnly":true,"historyCacheSize":0}'
"""No inline styles, no code out of attributes, nothing from elsewhere, and no page kept in the browser's storage."""


def language_of(request: Request) -> Language:
    """The cookie's, else the account's, else Vietnamese."""
    chosen = texts.as_language(cookies.read(request, "language"))
    account = account_of(request)
    return chosen or (texts.as_language(account.language) if account else None) or "vi"


def account_of(request: Request) -> Account | None:
    """Who is logged in, as far as this request has asked."""
    found: Account | None = getattr(request.state, "account", None)
    return found


def render(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """A page, or the piece of one."""
    token, new_secret = cookies.form_token(request)
    context = {**_about(request, token), **values}
    response = HTMLResponse(environment().get_template(template).render(context), status_code=status)
    if new_secret:
        cookies.write(request, response, "form", new_secret)
    return response


def _about(request: Request, token: str) -> Mapping[str, Any]:
    language, account = language_of(request), account_of(request)

    def allowed(right: str) -> bool:
        return account is not None and may(account.holder, Right(right))

    return {
        "language": language,
        "t": translator(language),
        "account": account,
        "may": allowed,
        "csrf": token,
        "path": request.url.path,
        "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "menu": [entry for entry in MENU if allowed(entry.right)],
        "htmx": HTMX,
    }


def translator(language: Language) -> Callable[..., str]:
    def t(key: str, **values: object) -> str:
        return texts.say(language, key, **values)

    return t


@cache
def environment() -> Environment:
    """Made once; a template is read when it is first wanted."""
    made = Environment(
        loader=FileSystemLoader(str(files("connector.console").joinpath("templates"))),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["static"] = static_url
    made.globals["has_text"] = texts.is_text
    made.filters.update(FILTERS)
    made.filters["moment"] = moment
    made.filters["day"] = day
    return made


def moment(instant: datetime | None) -> str:
    """Day and time in Vietnam."""
    return "" if instant is None else instant.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M")


def day(on: date | None) -> str:
    return "" if on is None else f"{on:%d/%m/%Y}"
