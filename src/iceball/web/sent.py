"""Boxes and surfaces as they are sent: packed where the browser takes it, and kept by it where the address says all."""

from __future__ import annotations

import gzip
from pathlib import Path

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from iceball.web.boxes import Parts

FOREVER = "private, max-age=31536000, immutable"
KIND = "application/octet-stream"


def packed(request: Request, content: bytes, *, key: str, forever: bool) -> Response:
    """What was packed by gzip, as it is or unpacked.

    Args:
        request: says what the browser takes.
        content: packed.
        key: changes with the content.
        forever: whether the address names the key, so that the browser need never ask again.
    """
    headers = _headers(key, forever=forever)
    if f'"{key}"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(content, media_type=KIND, headers={**headers, "Content-Encoding": "gzip"})
    return Response(gzip.decompress(content), media_type=KIND, headers=headers)


def streamed(request: Request, parts: Parts, *, key: str, forever: bool) -> Response:
    """What is large, part by part and as it is: on one machine packing takes longer than sending."""
    headers = _headers(key, forever=forever)
    if f'"{key}"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    headers["Content-Length"] = str(parts.size)
    return StreamingResponse(parts.content, media_type=KIND, headers=headers)


def _headers(key: str, *, forever: bool) -> dict[str, str]:
    return {"ETag": f'"{key}"', "Cache-Control": FOREVER if forever else "no-cache", "Vary": "Accept-Encoding"}


def file(request: Request, found: Path, *, key: str) -> Response:
    """A packed file whose address names all that it depends on."""
    return packed(request, found.read_bytes(), key=key, forever=True)
