from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.errors import DecisionError
from consentkit.ui.csrf import require_same_origin

HOST = "water.example"


def accepted(scheme: str = "https", **headers: str) -> bool:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        require_same_origin({"type": "http", "scheme": scheme}, named)
    except DecisionError as error:
        refusal = (error.code, error.status)
    else:
        return True
    assert refusal == ("cross-site", 403)
    return False


#
@pytest.mark.parametrize(
    ("site", "genuine"),
    [
        ("same-origin", True),
        ("none", True),
        ("same-site", False),
        ("cross-site", False),
        ("", False),
        ("SAME-ORIGIN", False),
        ("same-origin, cross-site", False),
    ],
)
def test_what_the_browser_says_of_the_request_decides(site: str, genuine: bool) -> None:
    assert accepted(sec_fetch_site=site, host=HOST) is genuine


@pytest.mark.parametrize("site", ["same-site", "cross-site"])
def test_an_origin_that_fits_does_not_outweigh_what_the_browser_says(site: str) -> None:
    assert not accepted(sec_fetch_site=site, host=HOST, origin=f"https://{HOST}")


def test_the_hidden_origin_of_a_genuine_request_is_no_reason_to_refuse_it() -> None:
    assert accepted(sec_fetch_site="same-origin", host=HOST, origin="null")


#
@pytest.mark.parametrize(
    ("origin", "host", "scheme", "genuine"),
    [
        (f"https://{HOST}", HOST, "https", True),
        (f"http://{HOST}", HOST, "http", True),
        (f"https://{HOST}:443", HOST, "https", True),
        (f"https://{HOST}", f"{HOST}:443", "https", True),
        (f"http://{HOST}:8000", f"{HOST}:8000", "http", True),
        (f"https://{HOST.upper()}", HOST, "https", True),
        ("http://[::1]:8000", "[::1]:8000", "http", True),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", "http", True),
        ("https://evil.example", HOST, "https", False),
        (f"https://www.{HOST}", HOST, "https", False),
        (f"https://{HOST}.evil.example", HOST, "https", False),
        (f"https://{HOST}@evil.example", HOST, "https", False),
        (f"https://{HOST}:8443", HOST, "https", False),
        (f"http://{HOST}:8001", f"{HOST}:8000", "http", False),
        ("null", HOST, "https", False),
        ("", HOST, "https", False),
        (HOST, HOST, "https", False),
        ("null", "null", "https", False),
        (f"https://{HOST}:port", HOST, "https", False),
        (f"https://{HOST}:99999999", HOST, "https", False),
        ("https://[", HOST, "https", False),
        (f"https://{HOST}", "", "https", False),
        (f"https://{HOST}", "[", "https", False),
        (f"file://{HOST}", HOST, "https", False),
    ],
)
def test_without_that_the_origin_must_be_the_site_s_own(
    origin: str, host: str, scheme: str, genuine: bool
) -> None:
    assert accepted(scheme, origin=origin, host=host) is genuine


def test_a_proxy_may_end_tls_without_telling_and_nothing_may_take_it_away() -> None:
    assert accepted("http", origin=f"https://{HOST}", host=HOST)
    assert not accepted("https", origin=f"http://{HOST}", host=HOST)


@pytest.mark.parametrize("headers", [{}, {"host": HOST}, {"origin": f"https://{HOST}"}])
def test_a_request_that_says_nothing_of_its_origin_is_refused(headers: dict[str, str]) -> None:
    assert not accepted(**headers)


def test_a_server_that_leaves_the_scheme_out_means_http() -> None:
    require_same_origin({"type": "http"}, {"origin": f"http://{HOST}", "host": HOST})
    with pytest.raises(DecisionError):
        require_same_origin({"type": "http"}, {"origin": "http://evil.example", "host": HOST})


@given(st.text(), st.text(), st.sampled_from(["http", "https"]))
def test_no_text_in_the_headers_raises_or_lets_another_host_in(origin: str, host: str, scheme: str) -> None:
    accepted(scheme, origin=origin, host=host)
    assert not accepted(scheme, origin=f"{scheme}://evil.example", host=f"{HOST}{host}".replace("@", ""))
