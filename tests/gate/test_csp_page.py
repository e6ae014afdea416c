"""What a page's own policy says of what is put into it."""

from __future__ import annotations

import pytest

from consentkit.gate.csp_page import nonce_of, page_source, policies_of, refusals

ASSETS = "/cookies/assets"


def refused(policy: str, host: str = "tides.example") -> set[str]:
    return refusals(policies_of([(b"Content-Security-Policy", policy.encode())]), host, ASSETS)


#
@pytest.mark.parametrize(
    ("policy", "nonce"),
    [
        ("style-src 'nonce-abcdefgh='", "abcdefgh="),
        ("STYLE-SRC 'self' 'NONCE-abcdefgh'", "abcdefgh"),
        ("default-src 'nonce-abcdefgh'", "abcdefgh"),
        ("style-src-elem 'nonce-abcdefgh'; style-src 'nonce-ijklmnop'", "abcdefgh"),
        ("img-src 'self', style-src 'nonce-abcdefgh'", "abcdefgh"),
        ("default-src 'nonce-abcdefgh'; style-src 'self'", None),
        ("style-src 'self'; style-src 'nonce-abcdefgh'", None),
        ("script-src 'nonce-abcdefgh'", None),
        ("style-src 'nonce-a\"><script>'", None),
        ("style-src 'nonce-'", None),
        ("style-src 'nonce-abcdefgh'\xa0'self'", None),
        ("", None),
    ],
)
def test_a_nonce_is_taken_from_what_governs_style_sheets(policy: str, nonce: str | None) -> None:
    sent = policy.encode("latin-1")

    assert nonce_of(policies_of([(b"content-security-policy", sent)]), "style-src") == nonce
    assert nonce_of(policies_of([(b"content-security-policy-report-only", sent)]), "style-src") is None


#
@pytest.mark.parametrize(
    ("policy", "refusing"),
    [
        ("", set()),
        ("default-src 'self'", set()),
        ("img-src 'none'", set()),
        ("default-src 'none'", {"style-src"}),
        ("default-src 'none'; style-src 'nonce-abcdefgh'", set()),
        ("default-src 'none'; style-src 'SELF'", set()),
        ("style-src *", set()),
        ("style-src https:", set()),
        ("style-src tides.example", set()),
        ("style-src tides.example/cookies/", set()),
        ("style-src tides.example/other/", {"style-src"}),
        ("style-src tides.example:8443", {"style-src"}),
        ("style-src *.example", set()),
        ("form-action 'self'", set()),
        ("form-action 'none'", {"form-action"}),
        ("form-action https://tides.example", set()),
        ("form-action https://pay.example", {"form-action"}),
        ("default-src 'self', form-action 'none'", {"form-action"}),
        ("default-src 'none'; form-action 'none'", {"style-src", "form-action"}),
    ],
)
def test_what_a_policy_refuses_of_ours_is_named(policy: str, refusing: set[str]) -> None:
    assert refused(policy) == refusing


def test_where_the_host_of_the_page_is_not_known_nothing_is_told_without_need() -> None:
    assert refused("style-src other.example; form-action other.example", host="") == set()
    assert refused("style-src 'none'; form-action 'none'", host="") == {"style-src", "form-action"}


@pytest.mark.parametrize("host", ["", "*", "*.example", "a/b", "a b", "a;b", "[::1]:8000", "https:"])
def test_a_host_that_no_policy_could_name_is_none(host: str) -> None:
    assert page_source(host) is None


@pytest.mark.parametrize("host", ["tides.example", "tides.example:8443", "127.0.0.1:8000", "localhost"])
def test_a_host_of_a_page_is_read_with_its_port(host: str) -> None:
    source = page_source(host)

    assert source is not None
    assert (source.host, source.port) == (host.partition(":")[0], host.partition(":")[2])
