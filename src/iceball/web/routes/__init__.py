"""The doors of the server, one file a room; `ROUTERS` is every one that the app opens (under /api)."""

from fastapi import APIRouter

from iceball.web.routes import (
    cases,
    draw,
    events,
    health,
    images,
    jobs,
    live,
    observed,
    placed,
    plan,
    reference,
    reports,
    results,
    structures,
    uploads,
    verbs,
)

ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    cases.router,
    plan.router,
    jobs.router,
    uploads.router,
    structures.router,
    draw.router,
    verbs.router,
    reports.router,
    placed.router,
    observed.router,
    events.router,
    images.router,
    results.router,
    live.router,
    reference.router,
)
