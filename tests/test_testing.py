from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from consentkit import ConsentMiddleware, Policy, SecretKeyError, UnknownNameError
from consentkit.starlette import consent_from
from consentkit.testing import consent_cookies


def site(policy: Policy, secret_key: str) -> Starlette:
    async def page(request: Request) -> Response:
        consent = consent_from(request)
        return JSONResponse({"prompt": consent.needs_prompt, "counter": consent.allows("counter")})

    stack = [Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)]
    return Starlette(routes=[Route("/", page)], middleware=stack)


@pytest.mark.parametrize("origin", ["http://testserver", "https://testserver"])
@pytest.mark.parametrize(
    "case",
    [
        (["analytics"], [], True),
        (["counter"], [], True),
        ([], [], False),
        (["analytics"], ["counter"], False),
    ],
)
def test_a_client_with_these_cookies_is_a_visitor_who_has_chosen(
    policy: Policy, secret_key: str, origin: str, case: tuple[list[str], list[str], bool]
) -> None:
    granted, denied, counter = case
    cookies = consent_cookies(policy, secret_key, granted=granted, denied=denied)
    client = TestClient(site(policy, secret_key), base_url=origin, cookies=cookies)

    assert client.get("/").json() == {"prompt": False, "counter": counter}


def test_a_client_without_them_is_a_visitor_who_has_not_chosen(policy: Policy, secret_key: str) -> None:
    assert TestClient(site(policy, secret_key)).get("/").json() == {"prompt": True, "counter": False}


#
@pytest.mark.parametrize(
    ("origin", "name", "read"),
    [
        ("https://testserver", "__Host-consent", True),
        ("https://testserver", "consent", False),
        ("http://testserver", "consent", True),
        ("http://testserver", "__Host-consent", False),
    ],
)
def test_https_reads_only_the_name_that_no_other_host_can_set(
    policy: Policy, secret_key: str, origin: str, name: str, read: bool
) -> None:
    value = consent_cookies(policy, secret_key, granted=["analytics"])[name]
    client = TestClient(site(policy, secret_key), base_url=origin, cookies={name: value})

    assert client.get("/").json() == {"prompt": not read, "counter": read}


def test_the_cookies_of_another_key_grant_nothing(policy: Policy, secret_key: str) -> None:
    cookies = consent_cookies(policy, secret_key[::-1], granted=["analytics"])

    client = TestClient(site(policy, secret_key), cookies=cookies)
    assert client.get("/").json() == {"prompt": True, "counter": False}


def test_with_several_keys_the_last_signs_and_all_verify(policy: Policy, secret_key: str) -> None:
    other = secret_key[::-1]
    rotated = consent_cookies(policy, [other, secret_key], granted=["analytics"])

    assert TestClient(site(policy, secret_key), cookies=rotated).get("/").json()["counter"] is True
    assert TestClient(site(policy, other), cookies=rotated).get("/").json()["counter"] is False


@pytest.mark.parametrize("names", [{"granted": ["analitics"]}, {"denied": ["nobody"]}])
def test_a_name_that_is_not_declared_is_an_error_in_the_test(
    policy: Policy, secret_key: str, names: dict[str, list[str]]
) -> None:
    with pytest.raises(UnknownNameError):
        consent_cookies(policy, secret_key, **names)


def test_a_weak_key_is_an_error_as_in_the_middleware(policy: Policy) -> None:
    with pytest.raises(SecretKeyError):
        consent_cookies(policy, "short")


def test_a_choice_outlives_an_editorial_change_and_not_a_material_one(
    declare: Callable[..., Policy], secret_key: str
) -> None:
    cookies = consent_cookies(declare(languages=("en",)), secret_key, granted=["analytics"])

    again = TestClient(site(declare(languages=("de", "en")), secret_key), cookies=cookies)
    assert again.get("/").json() == {"prompt": False, "counter": True}
