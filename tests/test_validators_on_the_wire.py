"""ETags of gated pages, from the application to the browser and back."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from consentkit import ConsentMiddleware, Policy, parse_policy
from consentkit.testing import consent_cookies

OWN = '"tides-1"'
STORY = """<!DOCTYPE html>
<html lang="en"><head><title>Tides</title></head>
<body><h1>Tides</h1><iframe src="https://video.example/1" title="A film"></iframe></body></html>
"""
PAGE = {"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Dest": "document"}
LIVE = ' src="https://video.example/1"'


async def story(request: Request) -> Response:
    if OWN in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers={"ETag": OWN})
    return HTMLResponse(STORY, headers={"ETag": OWN})


async def change(request: Request) -> Response:
    conditions = ("if-match", "if-none-match", "if-unmodified-since")
    return JSONResponse({name: request.headers[name] for name in conditions if name in request.headers})


def site(policy: Policy, secret_key: str) -> Starlette:
    return Starlette(
        routes=[Route("/story", story), Route("/story", change, methods=["PUT"])],
        middleware=[Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)],
    )


def visitor(policy: Policy, secret_key: str, *granted: str) -> TestClient:
    cookies = consent_cookies(policy, secret_key, granted=granted)
    return TestClient(site(policy, secret_key), cookies=cookies, headers=PAGE)


#
def test_a_confirmed_copy_keeps_the_tag_it_was_given(policy: Policy, secret_key: str) -> None:
    client = visitor(policy, secret_key, "third-party")
    tag = client.get("/story").headers["etag"]
    assert tag != OWN

    for _ in range(2):
        answer = client.get("/story", headers={"If-None-Match": tag})
        assert (answer.status_code, answer.headers["etag"]) == (304, tag)
        assert answer.headers["cache-control"] == "private"


#
def test_a_script_that_fetches_the_page_is_confirmed_the_same_and_no_other(
    policy: Policy, secret_key: str
) -> None:
    fetching = {"Accept": "*/*", "Sec-Fetch-Dest": "empty"}
    client = visitor(policy, secret_key, "third-party")
    tag = client.get("/story", headers=fetching).headers["etag"]
    other = visitor(policy, secret_key)

    assert client.get("/story", headers={**fetching, "If-None-Match": tag}).status_code == 304
    assert other.get("/story", headers={**fetching, "If-None-Match": tag}).status_code == 200


#
def test_a_page_that_tells_of_the_signal_is_another_page(policy: Policy, secret_key: str) -> None:
    client = TestClient(site(policy, secret_key), headers=PAGE)
    tag = client.get("/story").headers["etag"]
    answer = client.get("/story", headers={"If-None-Match": tag, "Sec-GPC": "1"})

    assert answer.status_code == 200
    assert answer.headers["etag"] != tag


def test_loading_an_embed_once_is_not_answered_with_the_closed_copy(policy: Policy, secret_key: str) -> None:
    client = visitor(policy, secret_key)
    page = client.get("/story")
    tag = page.headers["etag"]
    form = page.text.partition('class="choices-embed"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    said = client.post(
        "/cookies",
        data={**fields, "decision": "load-once"},
        headers={"Sec-Fetch-Site": "same-origin"},
        follow_redirects=False,
    )
    assert said.status_code == 303

    answer = client.get("/story", headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert LIVE in answer.text
    assert client.get("/story", headers={"If-None-Match": tag}).status_code == 304


#
@pytest.mark.parametrize(
    "addition", ['markers = ["film("]', 'purpose = "Shows films."', 'hosts = ["video.example", "v.example"]']
)
def test_after_a_change_of_the_declaration_no_older_copy_is_confirmed(secret_key: str, addition: str) -> None:
    text = """
        [site]
        name = "Tide Tables"
        controller = {{ name = "Harbour Office", contact = "privacy@harbour.example" }}
        languages = ["en"]
        [categories.third-party]
        [services.video]
        category = "third-party"
        provider = "Video Company"
        {}
    """
    plain = 'hosts = ["video.example"]'
    before = parse_policy(text.format(plain))
    after = parse_policy(text.format(addition if "hosts" in addition else f"{plain}\n{addition}"))
    tag = TestClient(site(before, secret_key)).get("/story", headers=PAGE).headers["etag"]

    def again(policy: Policy) -> int:
        headers = {**PAGE, "If-None-Match": tag}
        return TestClient(site(policy, secret_key)).get("/story", headers=headers).status_code

    assert again(before) == 304
    assert again(after) == 200


#
def test_after_a_change_of_a_template_no_older_copy_is_confirmed(
    policy: Policy, secret_key: str, tmp_path: Path
) -> None:
    def asked(tag: str = "", templates: Path | None = None) -> Any:  # noqa: ANN401
        consent = ConsentMiddleware(
            Starlette(routes=[Route("/story", story)]),
            policy=policy,
            secret_key=secret_key,
            templates=templates,
        )
        return TestClient(consent).get("/story", headers={**PAGE, "If-None-Match": tag})

    tag = asked().headers["etag"]
    (tmp_path / "banner.html").write_text("<p>Cookies?</p>")

    assert asked(tag).status_code == 304
    assert asked(tag, tmp_path).status_code == 200


@pytest.mark.parametrize("headers", [PAGE, {"Accept": "application/json"}])
@pytest.mark.parametrize("names", [("third-party",), ()])
def test_a_guarded_change_names_the_version_that_the_application_knows(
    policy: Policy, secret_key: str, headers: dict[str, str], names: tuple[str, ...]
) -> None:
    tag = visitor(policy, secret_key).get("/story").headers["etag"]
    client = visitor(policy, secret_key, *names)

    answer = client.put("/story", headers={**headers, "If-Match": tag, "If-Unmodified-Since": "x"})
    assert answer.json() == {"if-match": OWN, "if-unmodified-since": "x"}
    assert client.put("/story", headers={**headers, "If-None-Match": "*"}).json() == {"if-none-match": "*"}


def test_what_is_no_page_keeps_its_validators(declare: Callable[..., Policy], secret_key: str) -> None:
    async def tides(request: Request) -> Response:
        status = 304 if request.headers.get("if-none-match") == OWN else 200
        headers = {"ETag": OWN, "Last-Modified": "Sat, 03 Jun 2023 08:00:00 GMT", "Accept-Ranges": "bytes"}
        return Response(b"" if status == 304 else b"{}", status, headers, "application/json")

    app = Starlette(
        routes=[Route("/tides.json", tides)],
        middleware=[Middleware(ConsentMiddleware, policy=declare(), secret_key=secret_key)],
    )
    first = TestClient(app).get("/tides.json")
    again = TestClient(app).get("/tides.json", headers={"If-None-Match": OWN})

    assert (first.headers["etag"], first.headers["accept-ranges"]) == (OWN, "bytes")
    assert "last-modified" in first.headers
    assert (again.status_code, again.headers["etag"]) == (304, OWN)
    assert "vary" not in again.headers
