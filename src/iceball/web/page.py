"""The built page: a few files, sent packed, kept by the browser for as long as they are the same."""

from __future__ import annotations

import gzip
import hashlib
import html
import mimetypes
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fastapi import FastAPI, Request, Response

from iceball.web.answers import error

STATIC = Path(__file__).parent / "static"
NOT_BUILT = "The page of the workbench is not built. In the checkout, type: cd frontend && npm ci && npm run build"
PACKED = (".js", ".css", ".html", ".svg", ".json", ".map")
TYPES = {".js": "text/javascript", ".woff2": "font/woff2", ".wasm": "application/wasm"}


@dataclass(frozen=True)
class PageFile:
    """One file of the page."""

    content: bytes
    packed: bytes | None
    etag: str
    type: str


def is_built(folder: Path = STATIC) -> bool:
    """Whether there is a page to send."""
    return (folder / "index.html").is_file()


def show(app: FastAPI, folder: Path = STATIC) -> None:
    """Let an app send the page at / and its files beside it."""

    @app.get("/{path:path}", include_in_schema=False)
    def page(request: Request, path: str) -> Response:
        if path.startswith("api/"):
            return error(404, "http-404", "There is nothing here.", where=f"/{path}", remedy="See /api/openapi.json.")
        name = path or "index.html"
        # only what lies there is sent: no path is ever made from what was asked
        files = {f.relative_to(folder).as_posix(): f for f in folder.rglob("*") if f.is_file()}
        if name not in files:
            return error(404, "http-404", "There is nothing here.", where=f"/{path}") if path else _not_built()
        return _sent(request, _load(files[name], files[name].stat().st_mtime_ns))


@lru_cache(maxsize=256)
def _load(file: Path, written: int) -> PageFile:
    content = file.read_bytes()
    kind = TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    packed = gzip.compress(content, 9, mtime=0) if file.suffix in PACKED else None
    return PageFile(content, packed, f'"{hashlib.sha256(content).hexdigest()[:20]}"', kind)


def _sent(request: Request, file: PageFile) -> Response:
    headers = {"ETag": file.etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    body = file.content
    if file.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = file.packed, "gzip"
    return Response(body, media_type=file.type, headers=headers)


def _not_built() -> Response:
    words = html.escape(NOT_BUILT)
    text = f"<!doctype html><meta charset=utf-8><title>Iceball</title><h1>Iceball</h1><p>{words}</p>"
    return Response(text, status_code=503, media_type="text/html")
