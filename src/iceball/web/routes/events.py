"""The feed of what happens."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from iceball.web.workspace import workspace

router = APIRouter(tags=["server"])


@router.websocket("/events")
async def events(socket: WebSocket) -> None:
    """Every event as one JSON message; the first one is {"type": "hello"}."""
    feed = workspace(socket).events
    await socket.accept()
    queue = feed.follow()
    gone = asyncio.create_task(_until_gone(socket))
    try:
        await socket.send_json({"type": "hello"})
        while True:
            waiting = asyncio.create_task(queue.get())
            done, _ = await asyncio.wait({waiting, gone}, return_when=asyncio.FIRST_COMPLETED)
            if waiting not in done:
                waiting.cancel()
                return
            event = waiting.result()
            if event is None:
                await socket.close(1001)
                return
            await socket.send_json(event)
    except (WebSocketDisconnect, RuntimeError):
        return
    finally:
        feed.leave(queue)
        gone.cancel()


async def _until_gone(socket: WebSocket) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await socket.receive_text()
