"""The Content-Security-Policy of a page, through the middleware."""

from __future__ import annotations

import logging

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from consentkit import ConsentMiddleware, Policy
from consentkit.gate.strangers import MAX_STRANGERS
from consentkit.testing import consent_cookies
from consentkit.ui.reports import MAX_REPORTS

CSP = "content-security-policy"


def client(
    policy: Policy, secret_key: str, *, csp: str = "enforce", own: str | None = None, **cookies: str
) -> TestClient:
    async def page(request: Request) -> Response:
        return HTMLResponse("<!doctype html><body>x", headers={CSP: own} if own else None)

    async def api(request: Request) -> Response:
        return JSONResponse({})

    middleware = [Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key, csp=csp)]
    app = Starlette(routes=[Route("/", page), Route("/api", api)], middleware=middleware)
    return TestClient(app, cookies=cookies)


#
def test_a_page_names_only_what_its_visitor_allows(policy: Policy, secret_key: str) -> None:
    granted = consent_cookies(policy, secret_key, granted=["third-party"])["consent"]
    before = client(policy, secret_key).get("/").headers[CSP]
    after = client(policy, secret_key, consent=granted).get("/").headers[CSP]

    assert "video.example" not in before
    assert "frame-src" in after
    assert "video.example" in after
    assert "counter.example" not in after


#
def test_a_page_whose_policy_is_its_visitor_s_has_a_tag_of_its_own_even_ungated(
    policy: Policy, secret_key: str
) -> None:
    async def page(request: Request) -> Response:
        return HTMLResponse("<!doctype html><body>x", headers={"ETag": '"v1"'})

    def tag(*granted: str) -> str:
        consent = ConsentMiddleware(
            Starlette(routes=[Route("/", page)]),
            policy=policy,
            secret_key=secret_key,
            csp="enforce",
            gate_html=False,
            inject_banner=False,
        )
        cookies = consent_cookies(policy, secret_key, granted=granted)
        found: str = TestClient(consent, cookies=cookies).get("/").headers["etag"]
        return found

    assert len({tag(), tag("third-party"), '"v1"'}) == 3


#
def test_a_304_brings_the_policy_of_this_visitor_and_not_that_of_the_site(
    policy: Policy, secret_key: str
) -> None:
    async def unchanged(request: Request) -> Response:
        return Response(status_code=304, headers={"ETag": '"v1"', CSP: "frame-src video.example"})

    def sent(*granted: str) -> str:
        consent = ConsentMiddleware(
            Starlette(routes=[Route("/", unchanged)]), policy=policy, secret_key=secret_key, csp="enforce"
        )
        cookies = consent_cookies(policy, secret_key, granted=granted)
        found: str = TestClient(consent, cookies=cookies).get("/").headers[CSP]
        return found

    assert "video.example" not in sent()
    assert "frame-src video.example" in sent("third-party")


#
@pytest.mark.parametrize(
    ("own", "csp", "told"),
    [
        ("form-action 'none'", "off", "Add 'self' to form-action"),
        ("form-action 'none'", "enforce", "Add 'self' to form-action"),
        ("style-src 'none'", "off", "to style-src"),
        ("style-src 'none'", "report", "to style-src"),
        ("style-src 'none'", "enforce", ""),
        ("default-src 'self'", "off", ""),
    ],
)
def test_a_policy_that_refuses_the_banner_is_told_of_once(
    policy: Policy, secret_key: str, caplog: pytest.LogCaptureFixture, own: str, *, csp: str, told: str
) -> None:
    site = client(policy, secret_key, csp=csp, own=own)
    for _ in range(3):
        site.get("/")

    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert [told in warning for warning in warnings] == ([True] if told else [])


#
def test_a_host_that_no_policy_can_name_is_told_that_the_stylesheet_is_refused(
    policy: Policy, secret_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    site = client(policy, secret_key, own="style-src 'none'")
    site.get("/", headers={"Host": "tides.example"})
    assert not caplog.records

    answer = site.get("/", headers={"Host": "[::1]:8000"})
    assert "style-src 'none';" in answer.headers[CSP]
    assert "to style-src" in caplog.text


@pytest.mark.parametrize(
    "host", ["a;b.example", "a,b.example", "x y", "*", "*.example", "'unsafe-eval'", "a/b"]
)
def test_a_forged_host_gets_into_no_policy(policy: Policy, secret_key: str, host: str) -> None:
    site = client(policy, secret_key, own="style-src x.test; default-src 'self'")
    sent = site.get("/", headers={"Host": host}).headers[CSP]

    assert sent.startswith("style-src x.test; default-src 'self';")
    assert host not in sent


def test_off_sends_nothing_and_takes_no_reports(policy: Policy, secret_key: str) -> None:
    off = client(policy, secret_key, csp="off")

    assert CSP not in off.get("/").headers
    assert off.post("/cookies/reports", json=[]).status_code == 404


def test_what_is_no_page_gets_no_policy(policy: Policy, secret_key: str) -> None:
    answer = client(policy, secret_key).get("/api")

    assert CSP not in answer.headers
    assert "cache-control" not in answer.headers


def test_the_cookies_page_works_under_its_own_policy(policy: Policy, secret_key: str) -> None:
    page = client(policy, secret_key).get("/cookies")

    assert page.headers[CSP].startswith("default-src 'self'")
    assert "form-action" not in page.headers[CSP]


#
def test_what_is_put_into_a_page_carries_the_nonce_of_its_policy(policy: Policy, secret_key: str) -> None:
    own = "default-src 'self'; style-src 'nonce-abcdefgh'"
    for csp in ("off", "report", "enforce"):
        assert '<style nonce="abcdefgh">' in client(policy, secret_key, csp=csp, own=own).get("/").text
    assert "<link rel=" in client(policy, secret_key, own="default-src 'self'").get("/").text


def test_reports_are_taken_from_anybody_change_nothing_and_name_strangers(
    policy: Policy, secret_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    site = client(policy, secret_key, csp="report")
    report = {
        "csp-report": {"effective-directive": "img-src", "blocked-uri": "https://spy.example/p.gif?id=4711"}
    }
    with caplog.at_level(logging.WARNING, "consentkit"):
        answer = site.post(
            "/cookies/reports",
            json=report,
            headers={"Content-Type": "application/csp-report", "Sec-Fetch-Site": "cross-site"},
        )

    assert answer.status_code == 204
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    assert "spy.example" in caplog.text
    assert "4711" not in caplog.text


def test_a_report_of_the_site_s_own_host_is_dropped(
    policy: Policy, secret_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    site = client(policy, secret_key, csp="report")

    def send(host: str) -> int:
        report = {
            "document-uri": "https://tides.example/",
            "effective-directive": "script-src-elem",
            "blocked-uri": f"https://{host}/a.js",
        }
        kind = {"Content-Type": "application/csp-report"}
        return site.post("/cookies/reports", json={"csp-report": report}, headers=kind).status_code

    assert send("tides.example") == 204
    assert not caplog.records
    assert send("cdn.tides.example") == 204
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_more_strangers_than_are_remembered_are_told_of_once(
    policy: Policy, secret_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    site = client(policy, secret_key, csp="report")
    rounds = MAX_STRANGERS // MAX_REPORTS + 2
    for first in range(0, rounds * MAX_REPORTS, MAX_REPORTS):
        reports = [
            {
                "type": "csp-violation",
                "body": {"effectiveDirective": "img-src", "blockedURL": f"https://h{number}.example/"},
            }
            for number in range(first, first + MAX_REPORTS)
        ]
        kind = {"Content-Type": "application/reports+json"}
        assert site.post("/cookies/reports", json=reports, headers=kind).status_code == 204

    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert sum("further ones are not told" in one for one in told) == 1
    assert len(told) == MAX_STRANGERS + 1


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/csp-report", 422),
        (b"{}", "text/plain", 415),
        (b" " * 20_000, "application/reports+json", 413),
    ],
)
def test_a_bad_report_is_refused_with_a_code(
    policy: Policy, secret_key: str, body: bytes, kind: str, status: int
) -> None:
    answer = client(policy, secret_key).post("/cookies/reports", content=body, headers={"Content-Type": kind})

    assert answer.status_code == status
    assert answer.json()["code"]
    assert client(policy, secret_key).get("/cookies/reports").status_code == 405


def test_an_unknown_mode_is_refused(policy: Policy, secret_key: str) -> None:
    with pytest.raises(ValueError, match="csp must be 'off' or 'report' or 'enforce', not 'on'"):
        ConsentMiddleware(Starlette(), policy=policy, secret_key=secret_key, csp="on")
