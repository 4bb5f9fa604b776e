"""The verb `serve`: the workbench in a browser on this machine."""

from __future__ import annotations

import os
import socket
import sys
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from iceball.cli.shell import app, stderr
from iceball.errors import CaseError

PORT = 8642
TRIED = 100


@app.command()
def serve(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="The folder that holds the cases.")] = Path(),
    port: Annotated[
        int | None, typer.Option("--port", help=f"Port (default: {PORT}, or the next free one).", min=1, max=65535)
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
    host: Annotated[str, typer.Option("--host", help="Address of this machine; no other is taken.")] = "127.0.0.1",
) -> None:
    """Open the workbench on a folder of cases: a page in the browser, for one person on this machine."""
    from iceball.web.allowed import must_be_here

    must_be_here(host)
    stderr.print("Starting …")
    import uvicorn

    from iceball.kernels import are_prepared
    from iceball.web.app import create_app
    from iceball.web.page import NOT_BUILT, is_built
    from iceball.web.workspace import Workspace

    listening = _listen(host, port)
    address = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
    space = Workspace(folder, compile_first=not are_prepared())
    if not is_built():
        stderr.print(NOT_BUILT)
    server = uvicorn.Server(
        uvicorn.Config(create_app(space), log_level="warning", server_header=False, timeout_graceful_shutdown=3)
    )
    print(f"Iceball workbench: {address} ({space.folder}). Research use only. Ctrl-C ends it.", flush=True)
    if browser and _has_screen():
        webbrowser.open(address)
    with suppress(KeyboardInterrupt):  # how a server is ended; all that was acknowledged is saved
        server.run(sockets=[listening])
    stderr.print("Ended. What was still running goes on at the next start.")


def _has_screen() -> bool:
    """Whether a page can be shown: without a screen a text browser would take the terminal over."""
    return sys.platform in ("win32", "darwin") or any(os.environ.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY"))


def _listen(host: str, port: int | None) -> socket.socket:
    """A socket on the port, or on the first free one from the default on."""
    for one in range(PORT, PORT + TRIED) if port is None else (port,):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # TCP by name: else the event loop does not know it for TCP, and answers wait 40 ms to be sent
        made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((host, one))
            made.listen()  # whoever comes before the server is ready waits instead of being turned away
        except OSError:
            made.close()
            continue
        return made
    where = f"--port {port}" if port is not None else "--port"
    raise CaseError("is taken by another program.", where=where, remedy="Choose another one, or leave it out.")
