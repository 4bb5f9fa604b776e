"""Nobody but this server's own page on this machine may ask."""

import pytest
from fastapi.testclient import TestClient
from starlette.datastructures import Headers
from starlette.websockets import WebSocketDisconnect

from iceball.errors import IceballError
from iceball.web.allowed import check, is_loopback, must_be_here

HERE = "127.0.0.1:8642"


@pytest.mark.parametrize(
    ("headers", "method", "allowed"),
    [
        ({"host": HERE}, "GET", True),
        ({"host": "localhost:1"}, "GET", True),
        ({"host": "[::1]:1"}, "GET", True),
        ({"host": "iceball.example"}, "GET", False),
        ({"host": "127.0.0.1.example"}, "GET", False),
        ({"host": ""}, "GET", False),
        ({"host": "user@example:1"}, "GET", False),
        ({"host": HERE, "origin": f"http://{HERE}"}, "PUT", True),
        ({"host": HERE}, "PUT", True),
        ({"host": HERE, "origin": "http://example"}, "PUT", False),
        ({"host": HERE, "origin": "http://127.0.0.1:9"}, "POST", False),
        ({"host": HERE, "origin": "null"}, "DELETE", False),
        ({"host": HERE, "sec-fetch-site": "cross-site"}, "POST", False),
        ({"host": HERE, "origin": "http://example"}, "GET", True),
        ({"host": HERE, "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, "GET", False),
        ({"host": HERE, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, "GET", True),
    ],
)
def test_host_must_be_this_machine_and_a_write_must_come_from_its_page(
    headers: dict[str, str], method: str, allowed: bool
) -> None:
    if allowed:
        check("http", method, Headers(headers))
    else:
        with pytest.raises(IceballError):
            check("http", method, Headers(headers))


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "example.org", ""])
def test_the_server_listens_on_no_other_address(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(IceballError, match="no users and no passwords"):
        must_be_here(host)


def test_every_answer_carries_the_guarding_headers(client: TestClient) -> None:
    for path in ("/api/health", "/api/nothing", "/", "/nothing", "/api/openapi.json"):
        headers = client.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
    refused = client.get("/api/health", headers={"Host": "example.org"})
    assert refused.status_code == 403
    assert "content-security-policy" in refused.headers


def test_every_error_has_one_form(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from iceball.web.workspace import Workspace

    answers = [
        client.get("/api/nothing"),
        client.get("/api/cases/nowhere"),
        client.get("/api/cases/..%2f..%2fetc/plan"),
        client.get("/api/cases/.iceball"),
        client.delete("/api/health"),
        client.get("/api/jobs/x"),
        client.get("/api/jobs/7"),
        client.post("/api/cases/demo", json={"case": "elbow"}),
        client.put("/api/cases/block/plan", content=b"{", headers={"If-Match": '"1"'}),
        client.post("/api/cases/demo", json={}, headers={"Origin": "http://example.org"}),
    ]
    assert [a.status_code for a in answers] == [404, 404, 404, 404, 405, 422, 404, 422, 422, 403]

    def fault(self: Workspace) -> None:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(Workspace, "names", fault)
    answers.append(client.get("/api/cases"))
    assert answers[-1].status_code == 500
    for answer in answers:
        assert set(answer.json()["error"]) == {"code", "what", "where", "remedy"}, answer.text
        assert "content-security-policy" in answer.headers


def test_a_feed_for_a_page_from_elsewhere_is_refused(client: TestClient) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("ws://127.0.0.1/api/events", headers={"Origin": "http://example.org"}),
    ):
        raise AssertionError("was let in")
