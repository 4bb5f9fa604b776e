"""Whatever is asked of the server, it answers: with what was asked for, or with a refusal in four parts."""

import json
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

pytest.importorskip("httpx", reason="asking the server without a network needs httpx: pip install 'iceball[test]'")

from fastapi.testclient import TestClient

from iceball.web.app import create_app
from iceball.web.workspace import Workspace

EXAMPLES = int(os.environ.get("ICEBALL_INPUTS", "25"))
"""So many requests; `make proof-inputs` asks for more."""
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=30),
    st.sampled_from(["", "..", "../../etc/passwd", "demo", "kidney", "tumour", "0", "-1", "1e400", "nan", "\0"]),
)
JSON = st.recursive(
    ODD,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


class Asker:
    """A served demo case, and every door that the server tells of."""

    def __init__(self, client: TestClient, case: str) -> None:
        self.client, self.case = client, case
        told = client.get("/api/openapi.json").json()
        self.parts = told["components"]["schemas"]
        self.doors = [
            (path, method, operation)
            for path, methods in sorted(told["paths"].items())
            for method, operation in sorted(methods.items())
            if path != "/api/cases/demo"  # makes a whole case each time
        ]
        self.plan = client.get(f"/api/cases/{case}/plan").json()["plan"]

    def value(self, draw: st.DrawFn, schema: dict[str, Any], depth: int = 0) -> Any:
        """Something that looks like what a schema asks for, or in one case of six does not at all."""
        if draw(st.integers(0, 5)) == 0:
            return draw(JSON)
        if "$ref" in schema:
            return self.value(draw, self.parts[schema["$ref"].rsplit("/", 1)[1]], depth)
        for choice in ("anyOf", "oneOf"):
            if choice in schema:
                return self.value(draw, draw(st.sampled_from(schema[choice])), depth)
        if "enum" in schema:
            return draw(st.sampled_from(schema["enum"]))
        kind = schema.get("type")
        if kind == "object":
            known = {
                name: self.value(draw, part, depth + 1)
                for name, part in schema.get("properties", {}).items()
                if name in schema.get("required", ()) or draw(st.booleans())
            }
            return known or (self.changed_plan(draw) if draw(st.booleans()) else draw(JSON))
        if kind == "array":
            return [self.value(draw, schema.get("items", {}), depth + 1) for _ in range(draw(st.integers(0, 4)))]
        plain = {"integer": st.integers(-9, 999), "number": st.floats(-500, 500), "boolean": st.booleans()}
        return draw(plain.get(str(kind), st.text(max_size=20)))

    def changed_plan(self, draw: st.DrawFn) -> Any:
        """The case's plan with something odd somewhere in it."""
        return self._odd_somewhere(draw, self.plan)

    def _odd_somewhere(self, draw: st.DrawFn, value: Any) -> Any:
        if isinstance(value, dict) and value and draw(st.integers(0, 9)):
            name = draw(st.sampled_from(sorted(value)))
            return {**value, name: self._odd_somewhere(draw, value[name])}
        if isinstance(value, list) and value and draw(st.integers(0, 9)):
            at = draw(st.integers(0, len(value) - 1))
            return [*value[:at], self._odd_somewhere(draw, value[at]), *value[at + 1 :]]
        return draw(JSON)


@pytest.fixture(scope="module")
def asker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    space = Workspace(tmp_path_factory.mktemp("asked"))
    # the crew is not started: a job that is asked for waits, and nothing is computed
    client = TestClient(create_app(space), base_url="http://127.0.0.1", raise_server_exceptions=False)
    case = client.post("/api/cases/demo", json={"case": "kidney"}).json()["id"]
    yield Asker(client, case)
    space.close()


@seed(7)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_no_input_makes_the_server_stumble(asker: Asker, data: st.DataObject) -> None:
    path, method, operation = data.draw(st.sampled_from(asker.doors), label="door")
    query: dict[str, str] = {}
    headers: dict[str, str] = {"Content-Type": "application/json"}
    for wanted in operation.get("parameters", []):
        name, place = wanted["name"], wanted["in"]
        if place == "header":
            headers[name] = data.draw(st.sampled_from(['"1"', '"2"', '"999"', "*", "1", ""]), label=name)
            continue
        ours = name == "case" and data.draw(st.integers(0, 7)) > 0
        text = asker.case if ours else str(data.draw(ODD, label=name))
        if place == "path":
            path = path.replace("{" + name + "}", quote(text, safe="") or "x")
        else:
            query[name] = text
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    body = (
        json.dumps(data.draw(st.composite(lambda draw: asker.value(draw, schema))(), label="body")) if schema else None
    )
    answer = asker.client.request(method, path, params=query, headers=headers, content=body)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert set(answer.json()["error"]) == {"code", "what", "where", "remedy"}
