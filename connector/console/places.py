"""Where a browser may be sent: only to pages of ours."""

from urllib.parse import urlsplit


def local_path(wanted: str) -> str:
    """The path, if it is one of this console; else the first page. `//elsewhere` and `/\\elsewhere` are not ours."""
    if not wanted.startswith("/") or wanted.startswith(("//", "/\\")) or not wanted.isprintable():
        return "/"
    parts = urlsplit(wanted)
    return "/" if parts.scheme or parts.netloc else wanted
