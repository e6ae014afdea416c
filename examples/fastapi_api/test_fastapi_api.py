"""The API's own tests: what it answers to visitors who have, or have not, said yes."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from consentkit import SecretKeyError, load_policy
from consentkit.testing import consent_cookies

HERE = Path(__file__).parent
POLICY = load_policy(HERE / "consent.toml")
KEY = "kQ3v9Zt1mW7xB5nD8rJ2pL6sC0fH4gYa"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    monkeypatch.setenv("CONSENT_SECRET_KEY", KEY)
    app = runpy.run_path(str(HERE / "app.py"))["app"]
    assert isinstance(app, FastAPI)
    return app


def visitor(api: FastAPI, *granted: str) -> TestClient:
    return TestClient(api, cookies=consent_cookies(POLICY, KEY, granted=granted))


def test_the_api_does_not_start_without_a_secret_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONSENT_SECRET_KEY", raising=False)
    with pytest.raises(SecretKeyError, match="token_hex"):
        runpy.run_path(str(HERE / "app.py"))


def test_recommendations_are_personal_only_with_consent(api: FastAPI) -> None:
    for client, personal in ((TestClient(api), False), (visitor(api), False)):
        client.cookies.set("last-subject", "maps")
        assert client.get("/recommendations").json()["personal"] is personal
    reader = visitor(api, "personalisation")
    assert reader.get("/recommendations").json()["personal"] is False
    reader.get("/books/maps")
    assert reader.get("/recommendations").json() == {
        "books": ["Contour and Coast", "Where the Road Was"],
        "personal": True,
    }


def test_a_subject_is_remembered_only_with_consent(api: FastAPI) -> None:
    assert "set-cookie" not in visitor(api).get("/books/maps").headers
    assert "last-subject=maps" in visitor(api, "personalisation").get("/books/maps").headers["set-cookie"]


def test_counting_a_search_needs_consent_to_analytics(api: FastAPI) -> None:
    refused = visitor(api, "personalisation").post("/searches", json={"words": "canals"})
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "application/problem+json"
    assert (refused.json()["code"], refused.json()["name"]) == ("consent-required", "analytics")
    assert visitor(api, "analytics").post("/searches", json={"words": "canals"}).status_code == 204


def test_a_client_learns_and_changes_the_choice_in_json(api: FastAPI) -> None:
    client = TestClient(api)
    state = client.get("/cookies/state").json()
    assert (state["needs_prompt"], state["allowed"]) == (True, ["essential"])
    decision = {"decision": "save", "choices": {"personalisation": "granted"}, "notice": state["notice"]}
    answer = client.post("/cookies", json=decision, headers=SAME_ORIGIN)
    assert answer.json()["allowed"] == ["essential", "personalisation"]
    client.get("/books/maps")
    assert client.get("/recommendations").json()["personal"] is True
    client.post("/cookies", json={"decision": "deny-all"}, headers=SAME_ORIGIN)
    assert "last-subject" not in client.cookies
    assert client.get("/recommendations").json()["personal"] is False
