"""Who may ask: the one place for that. Today: pages of this server, in a browser on this machine.

A page from elsewhere can make a browser send requests to this machine. Two things stop it: the Host of every request
must be this machine (a name that was bent to 127.0.0.1 is not), and the Origin of every write and of every WebSocket
must be the page that this server sent. Users and roles, once there are any, belong here too.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from iceball.errors import IceballError
from iceball.web.answers import Forbidden, answer, fault

MOST_BYTES = 64_000_000
"""Of what is sent, unless it is files (multipart), which go to the disk as they come and have their own limit."""
SAFE = ("GET", "HEAD", "OPTIONS")
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; worker-src 'self' blob:; frame-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
OWN_PAGE = "Use the page that this server shows."
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
}


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine itself."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def must_be_here(host: str) -> str:
    """The address to listen on; raises Forbidden for any but this machine's own."""
    if not is_loopback(host):
        raise Forbidden(
            "is not this machine's own address. The workbench has no users and no passwords: whoever reached it could "
            "read and change every case.",
            where=f"--host {host}",
            remedy="Leave it out (127.0.0.1); from another machine use a tunnel such as ssh -L.",
        )
    return host


def check(kind: str, method: str, headers: Headers) -> None:
    """Refuse what may not be asked; raises Forbidden with the reason.

    Args:
        kind: "http" or "websocket".
        method: of the request.
        headers: of the request.
    """
    host = headers.get("host", "")
    if not is_loopback(urlsplit(f"//{host}").hostname or ""):
        raise Forbidden(
            f"'{host}' is not this machine.", where="Host", remedy="Open http://127.0.0.1 with the port it printed."
        )
    if headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") != "navigate":
        raise Forbidden("a page from elsewhere may not look in here.", where="Sec-Fetch-Site", remedy=OWN_PAGE)
    origin = headers.get("origin")
    if kind == "websocket" or method not in SAFE:
        if origin is None and headers.get("sec-fetch-site", "same-origin") == "same-origin":
            return  # no browser, or one whose page is this server's
        if origin is None or urlsplit(origin).netloc != host:
            raise Forbidden(
                f"a page of '{origin or 'elsewhere'}' may not write here.",
                where="Origin",
                remedy=OWN_PAGE,
            )


class Doors:
    """Lets in what is allowed, and puts the guarding headers on every answer that has none of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return

        begun = False

        async def guarded(message: Message) -> None:
            nonlocal begun
            begun = True
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        headers, sent = Headers(scope=scope), 0

        async def limited() -> Message:
            nonlocal sent
            message = await receive()
            sent += len(message.get("body", b""))
            if sent > MOST_BYTES:
                raise HTTPException(413, f"More than {MOST_BYTES // 1_000_000} MB were sent.")
            return message

        try:
            check(scope["type"], scope.get("method", ""), headers)
        except IceballError as refusal:
            if scope["type"] == "websocket":
                await receive()
                await send({"type": "websocket.close", "code": 4403, "reason": str(refusal)[:120]})
            else:
                await answer(refusal)(scope, receive, guarded)
            return
        files = headers.get("content-type", "").startswith("multipart/")
        try:
            await self.app(scope, receive if files else limited, guarded)
        except Exception as found:
            if begun or scope["type"] == "websocket":
                raise
            await fault(scope["path"], found)(scope, receive, guarded)
