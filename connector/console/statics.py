"""The console's own files: scripts, styles, pictures. All of them are shipped; nothing comes from elsewhere."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

_KINDS: Final = {
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
}
_FOR_EVER: Final = "public, max-age=31536000, immutable"

router: Final = APIRouter()


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file in memory, compressed as well; `version` is the beginning of its SHA-256."""

    content: bytes
    compressed: bytes
    version: str
    kind: str


@cache
def static_files() -> Mapping[str, StaticFile]:
    """Every file of `static/` of a kind that browsers are given."""
    found = {}
    for file in files("connector.console").joinpath("static").iterdir():
        kind = _KINDS.get(file.name.rpartition(".")[2])
        if kind:
            content = file.read_bytes()
            version = hashlib.sha256(content).hexdigest()[:16]
            found[file.name] = StaticFile(content, gzip.compress(content, mtime=0), version, kind)
    return found


def static_url(name: str) -> str:
    """The address of a file's present version, which a browser may keep for ever. Raises KeyError."""
    return f"/static/{name}?v={static_files()[name].version}"


@router.get("/static/{name}", name="public")
def static_file(request: Request, name: str, v: str = "") -> Response:
    """One file. Without its version in the address it is asked for again each time, by its ETag."""
    file = static_files().get(name)
    if file is None:
        return PlainTextResponse("404", status_code=404)
    headers = {
        "ETag": f'"{file.version}"',
        "Cache-Control": _FOR_EVER if v == file.version else "no-cache",
        "Vary": "Accept-Encoding",
    }
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.compressed, media_type=file.kind, headers=headers | {"Content-Encoding": "gzip"})
    return Response(file.content, media_type=file.kind, headers=headers)
