"""A page under watch: what it asks for, what it complains of, and what it must never do."""

import json
import os
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page

COMPLAINTS = """
window.complaints = [];
document.addEventListener("securitypolicyviolation", (e) =>
  window.complaints.push(`${e.violatedDirective}: ${e.blockedURI} ${e.sample}`));
"""
EXPECTED = (
    # the browser's way to say that the server refused, or is away, which some tests want
    "Failed to load resource",
    "WebSocket connection",
    # the script above, which a test puts into every frame, in that of the report, where no script may run
    "sandboxed and the 'allow-scripts' permission is not set",
)


class Watch:
    """Listens to every page of a browser context."""

    def __init__(self, context: BrowserContext, home: str) -> None:
        self.home = home.removeprefix("http://")
        self.abroad: list[str] = []
        self.dialogs: list[str] = []
        self.errors: list[str] = []
        self.sent: list[str] = []
        context.add_init_script(COMPLAINTS)
        context.on("request", lambda request: self._asked(request.url))
        context.on("page", self._opened)

    def _opened(self, page: Page) -> None:
        page.on("dialog", self._dialog)
        page.on("console", lambda told: self._told(told.type, told.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("websocket", lambda socket: self._asked(socket.url))

    def _asked(self, url: str) -> None:
        self.sent.append(url)
        scheme, _, rest = url.partition(":")
        if scheme not in ("data", "blob") and not rest.startswith(f"//{self.home}/"):
            self.abroad.append(url)

    def _dialog(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _told(self, kind: str, text: str) -> None:
        if kind == "error" and not any(words in text for words in EXPECTED):
            self.errors.append(text)

    def nothing_wrong(self, pages: list[Page]) -> None:
        """Fail where a page asked abroad, met its own policy, opened a dialog or threw."""
        reports = [each for page in pages if not page.is_closed() for each in page.evaluate("window.complaints ?? []")]
        wrong = {"abroad": self.abroad, "policy": reports, "dialogs": self.dialogs, "errors": self.errors}
        assert {what: found for what, found in wrong.items() if found} == {}, wrong


def shot(page: Page, name: str) -> None:
    """Keep a picture of the page where $ICEBALL_SHOTS names a folder."""
    folder = os.environ.get("ICEBALL_SHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/{name}.png")


def grave_faults(page: Page, axe: Path) -> list[str]:
    """What axe-core calls serious or critical on the page as it stands, one sentence each."""
    page.evaluate(axe.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{fault['impact']}: {fault['help']}: {json.dumps([node['html'][:160] for node in fault['nodes'][:4]])}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
    ]
