"""The feed of previews: a page sends where the needles are held, and gets what the ice would be."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from starlette.concurrency import run_in_threadpool

from iceball.web.live_wishes import Wishes, live_of
from iceball.web.workspace import workspace

router = APIRouter(tags=["live"])


@router.websocket("/live/{case}")
async def live(socket: WebSocket, case: str) -> None:
    """Takes {seq, probes, protocol?}; answers one binary box whose header holds {seq, numbers, seconds, by}, or
    {seq, error} as text. Only the newest wish is answered.
    """
    await socket.accept()
    wishes = Wishes(workspace(socket), live_of(socket), case)
    sending = asyncio.create_task(_send(socket, wishes))
    try:
        await run_in_threadpool(wishes.warm)
        while True:
            asked: dict[str, Any] = await socket.receive_json()
            await run_in_threadpool(wishes.ask, asked)
    except (WebSocketDisconnect, RuntimeError, json.JSONDecodeError):
        return
    finally:
        wishes.leave()
        sending.cancel()


async def _send(socket: WebSocket, wishes: Wishes) -> None:
    while True:
        content = await wishes.next()
        try:
            await (socket.send_text(content) if isinstance(content, str) else socket.send_bytes(content))
        except (WebSocketDisconnect, RuntimeError):
            return
