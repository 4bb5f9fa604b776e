"""The doors of the server, one file a room; `ROUTERS` is every one that the app opens (under /api)."""

from fastapi import APIRouter

from iceball.web.routes import cases, draw, events, health, jobs, plan, reference, reports, structures, uploads, verbs

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
    events.router,
    reference.router,
)
