"""Refusals as answers: {"error": {code, what, where, remedy}}, each with the status that fits."""

from __future__ import annotations

import errno
import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from iceball.errors import CaseError, IceballError, StaleError

log = logging.getLogger("iceball.web")
FULL = "Make room on the disk and do it again: what was saved before is there as it was."


class Missing(CaseError):
    """Something that is not there: a case, a job, a result."""

    status = 404


class Forbidden(IceballError):
    """Something that may not be done from there."""

    code = "forbidden"
    status = 403


class Unguarded(IceballError):
    """A change that does not say what it was made from."""

    code = "unguarded"
    status = 428


class Conflict(IceballError):
    """A change that was made from a plan that stands no more."""

    code = "conflict"
    status = 412

    def __init__(self, what: str, *, where: str = "", remedy: str = "", told: dict[str, Any] | None = None) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.told = told or {}


def answer(refusal: IceballError) -> JSONResponse:
    """A refusal as it is sent."""
    status = getattr(refusal, "status", 409 if isinstance(refusal, StaleError) else 422)
    return JSONResponse({"error": refusal.as_json(), **getattr(refusal, "told", {})}, status)


def error(status: int, code: str, what: str, *, where: str = "", remedy: str = "") -> JSONResponse:
    """An error that is nobody's refusal of a value."""
    return JSONResponse({"error": {"code": code, "what": what, "where": where, "remedy": remedy}}, status)


def of_disk(fault: OSError) -> JSONResponse:
    """What the disk said, in a sentence."""
    where = str(fault.filename or "")
    if fault.errno in (errno.ENOSPC, errno.EDQUOT):
        return error(507, "disk-full", "There is no room on the disk: nothing was changed.", where=where, remedy=FULL)
    remedy = "Check that the folder exists and may be written."
    return error(500, "file", f"{fault.strerror or fault}.", where=where, remedy=remedy)


def speak(app: FastAPI) -> None:
    """Let an app answer every error in this one form."""

    @app.exception_handler(IceballError)
    async def refused(request: Request, refusal: IceballError) -> JSONResponse:
        return answer(refusal)

    @app.exception_handler(OSError)
    async def disk(request: Request, fault: OSError) -> JSONResponse:
        return of_disk(fault)

    @app.exception_handler(OperationalError)
    async def database(request: Request, fault: OperationalError) -> JSONResponse:
        if "full" in str(fault.orig):
            return of_disk(OSError(errno.ENOSPC, "full", "the workbench's database"))
        log.error("The database said: %s (%s)", fault.orig, getattr(fault.orig, "sqlite_errorname", ""))
        return error(500, "store", f"The database cannot be used: {fault.orig}.", remedy="Stop and start the server.")

    @app.exception_handler(RequestValidationError)
    async def unreadable(request: Request, fault: RequestValidationError) -> JSONResponse:
        first = fault.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return error(422, "request", f"{first['msg']}.", where=where, remedy="See /api/openapi.json.")

    @app.exception_handler(HTTPException)
    async def plain(request: Request, fault: HTTPException) -> JSONResponse:
        what = {404: "There is nothing here.", 405: "That cannot be done here."}.get(fault.status_code, fault.detail)
        return error(fault.status_code, f"http-{fault.status_code}", what, where=request.url.path)


def fault(path: str, found: Exception) -> JSONResponse:
    """A fault of ours: nobody foresaw it."""
    log.exception("A fault in %s", path, exc_info=found)
    remedy = "This is a fault of Iceball, not of your input. Please report what `iceball serve` printed."
    return error(500, "fault", f"{type(found).__name__}: {found}", where=path, remedy=remedy)
