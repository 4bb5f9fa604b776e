"""The server: FastAPI over one workspace, for one person on this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

import iceball
from iceball.web import page
from iceball.web.allowed import Doors
from iceball.web.answers import speak
from iceball.web.routes import ROUTERS
from iceball.web.workspace import Workspace


def create_app(space: Workspace, *, static: Path = page.STATIC) -> FastAPI:
    """The app that serves a workspace.

    While it runs, the crew works and the folder is watched; when it ends, the workspace is closed.

    Args:
        space: the folder of cases, opened.
        static: where the built page lies.
    """

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        space.start()
        try:
            yield
        finally:
            space.close()

    app = FastAPI(
        title="Iceball",
        version=iceball.__version__,
        description="Plan and simulate cryoablation with physics. RESEARCH USE ONLY.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=life,
    )
    app.state.workspace = space
    app.add_middleware(Doors)
    speak(app)
    for router in ROUTERS:
        app.include_router(router, prefix="/api")
    page.show(app, static)
    return app
