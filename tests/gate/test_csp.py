"""The policy of a page for one visitor: what it allows, what it no longer allows, and what stays."""

# ruff: noqa: E501, ISC004 # a policy stands on one line

from __future__ import annotations

import pytest

from consentkit import parse_policy
from consentkit.gate.csp import ContentPolicy
from consentkit.gate.csp_terms import Here, Mode

POLICY = parse_policy(
    """
    [site]
    name = "Tide Tables"
    controller = { name = "Harbour Office", contact = "privacy@harbour.example" }

    [categories.essential]
    use = ["map"]

    [categories.analytics]
    use = ["counter"]

    [categories.marketing]
    use = ["video", "shared"]

    [services.map]
    provider = "Maps Ltd"
    reason = "You asked for a map."
    hosts = ["map.example"]
    csp = { img-src = ["tiles.map.example"] }

    [services.counter]
    provider = "Counters Ltd"
    hosts = ["counter.example"]
    csp = { script-src = ["counter.example"], connect-src = ["counter.example", "wss://live.counter.example"] }

    [services.video]
    provider = "Video Ltd"
    hosts = ["*.video.example"]
    csp = { frame-src = ["www.video.example"], script-src = ["www.video.example"] }

    [services.shared]
    provider = "Shared Ltd"
    hosts = ["shared.example"]
    embeds = ["https://big.example/shared/*"]
    """
)
NAMES = frozenset({"counter", "video", "shared"})
OWN = "'self' 'unsafe-inline' 'unsafe-eval' data: blob:"


HERE = Here("tides.example", "/cookies/reports", "/cookies/assets")
ASKING = "; report-uri /cookies/reports; report-to consentkit"


def headers(
    *policies: str, closed: frozenset[str] = NAMES, mode: Mode = "enforce", here: Here = HERE
) -> dict[str, list[str]]:
    sent = [(b"Content-Security-Policy", policy.encode("latin-1")) for policy in policies]
    found: dict[str, list[str]] = {}
    content = ContentPolicy(POLICY.services.values(), mode=mode)
    for key, value in content.headers([(b"a", b"b"), *sent], closed, here):
        found.setdefault(key.decode().lower(), []).append(value.decode("latin-1"))
    return found


def changed(policy: str, closed: frozenset[str] = NAMES, here: Here = HERE) -> str:
    """Return the site's own policy as it leaves."""
    return headers(policy, closed=closed, here=here)["content-security-policy"][0].replace(ASKING, "")


def ours(*policies: str, closed: frozenset[str] = NAMES) -> str | None:
    """Return the policy that is sent beside those of the site, if one is."""
    sent = headers(*policies, closed=closed)["content-security-policy"][len(policies) :]
    assert len(sent) <= 1
    return sent[0] if sent else None


#
def test_a_page_without_a_policy_gets_one_that_refuses_strangers_and_what_is_closed() -> None:
    assert ours() == f"default-src {OWN}; img-src {OWN} tiles.map.example{ASKING}"
    assert headers()["reporting-endpoints"] == ['consentkit="/cookies/reports"']


#
def test_what_the_policies_of_the_site_say_nothing_about_a_policy_beside_them_does() -> None:
    beside = ours("script-src 'self'; frame-ancestors 'none'", "child-src 'self'")
    assert beside is not None
    names = [directive.split()[0] for directive in beside.removesuffix(ASKING).split("; ")]

    assert names == ["connect-src", "img-src", "style-src", "font-src", "media-src", "object-src"]
    assert ours("default-src 'self'") is None
    assert ours("frame-ancestors 'none'") == ours()
    assert ours("") == ours()


#
def test_what_is_granted_is_allowed_for_just_what_it_needs() -> None:
    policy = ours(closed=NAMES - {"counter"}) or ""

    assert f"; script-src {OWN} counter.example;" in policy
    assert f"; connect-src {OWN} counter.example wss://live.counter.example;" in policy
    assert "video.example" not in policy


def test_a_service_of_which_nobody_has_said_what_it_needs_gets_its_hosts_for_everything() -> None:
    policy = ours(closed=NAMES - {"shared"}) or ""

    for directive in (
        "script-src",
        "connect-src",
        "img-src",
        "frame-src",
        "style-src",
        "font-src",
        "media-src",
    ):
        assert f"{directive} {OWN}" in policy
    assert policy.count("shared.example big.example") == 7


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("script-src 'self'", "script-src 'self' counter.example"),
        ("Script-Src  'self' ; img-src *", "script-src 'self' counter.example; img-src *"),
        ("script-src 'none'", "script-src counter.example"),
        ("script-src counter.example", "script-src counter.example"),
        ("script-src https://counter.example/", "script-src https://counter.example/"),
        ("script-src https:", "script-src https:"),
        ("script-src *.example", "script-src *.example"),
        ("connect-src *", "connect-src * wss://live.counter.example"),
        ("script-src 'nonce-abcdefgh' 'strict-dynamic'", "script-src 'nonce-abcdefgh' 'strict-dynamic'"),
        ("script-src-elem 'self'; script-src x.example", "script-src-elem 'self' counter.example; script-src x.example"),
        ("script-src 'self'; script-src 'none'", "script-src 'self' counter.example; script-src 'none'"),
        ("base-uri 'none';;form-action 'self'", "base-uri 'none';;form-action 'self'"),
        ("", ""),
        ("style-src x.example", "style-src x.example tides.example/cookies/assets/"),
        ("style-src tides.example", "style-src tides.example"),
        ("style-src 'nonce-abcdefgh'", "style-src 'nonce-abcdefgh'"),
        ("script-src 'self', script-src x.example", "script-src 'self' counter.example, script-src x.example counter.example"),
        (
            "default-src 'self'",
            "default-src 'self'; script-src 'self' counter.example; "
            "connect-src 'self' counter.example wss://live.counter.example; img-src 'self' tiles.map.example",
        ),
        ("default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'",
         "default-src 'none'; script-src 'self' counter.example; connect-src 'self' counter.example "
         "wss://live.counter.example; img-src 'self' tiles.map.example; style-src tides.example/cookies/assets/"),
    ],
)  # fmt: skip
def test_a_policy_of_the_site_is_widened_by_what_is_granted_and_by_nothing_else(
    policy: str, expected: str
) -> None:
    assert changed(policy, NAMES - {"counter"}) == expected


#
@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("script-src 'self' counter.example", "script-src 'self'"),
        ("script-src https://counter.example", "script-src 'none'"),
        ("frame-src www.video.example x.example", "frame-src x.example"),
        ("frame-src *.video.example x.example", "frame-src x.example"),
        ("script-src *.video.example/js/", "script-src 'none'"),
        ("script-src counter.example. x.example", "script-src x.example"),
        ("script-src counter.example:8443 x.example", "script-src x.example"),
        ("script-src-elem counter.example; script-src x.example counter.example",
         "script-src-elem 'none'; script-src x.example"),
        ("child-src *.video.example x.example", "child-src x.example"),
        ("manifest-src counter.example x.example", "manifest-src x.example"),
        ("default-src 'self' counter.example", "default-src 'self'; img-src 'self' tiles.map.example"),
        ("connect-src wss://live.counter.example 'self'", "connect-src 'self'"),
        ("worker-src counter.example 'self'", "worker-src 'self'"),
        ("font-src shared.example", "font-src 'none'"),
        ("script-src notcounter.example", "script-src notcounter.example"),
        ("form-action counter.example", "form-action counter.example"),
        ("script-src 'nonce-abcdefgh' 'strict-dynamic' counter.example",
         "script-src 'nonce-abcdefgh' 'strict-dynamic' counter.example"),
        ("worker-src 'strict-dynamic' counter.example", "worker-src 'strict-dynamic' counter.example"),
        ("font-src 'strict-dynamic' shared.example", "font-src 'strict-dynamic'"),
    ],
)  # fmt: skip
def test_what_is_closed_is_taken_out_of_what_the_site_allows_itself(policy: str, expected: str) -> None:
    assert changed(policy) == expected


#
@pytest.mark.parametrize(
    "source", ["*", "https:", "*.example", "*.example/js/", "tides.example", "http://tides.example:80"]
)
def test_what_covers_the_site_itself_stays_and_is_told_of(
    source: str, caplog: pytest.LogCaptureFixture
) -> None:
    content = ContentPolicy(POLICY.services.values(), mode="enforce")
    sent = [(b"content-security-policy", f"script-src {source}".encode())]

    for _ in range(3):
        assert content.headers(sent, NAMES, HERE)[0][1].startswith(sent[0][1])
    told = [record for record in caplog.records if source in record.getMessage()]
    assert len(told) == (0 if "tides" in source else 1)


@pytest.mark.parametrize("source", ["*", "https:"])
def test_everybody_is_the_site_itself_whatever_it_is_called(source: str) -> None:
    assert changed(f"img-src {source}", here=HERE._replace(host="[::1]:8000")) == f"img-src {source}"


@pytest.mark.parametrize("host", ["tides.example:8443", "[::1]:8000", ""])
def test_a_wildcard_stays_for_the_site_s_own_sake_alone(host: str) -> None:
    assert changed("script-src *.example x.test", here=HERE._replace(host=host)) == "script-src x.test"


def test_a_name_in_the_log_is_short_and_without_control_characters(caplog: pytest.LogCaptureFixture) -> None:
    changed(
        "img-src *.video.example/\x1b[31m" + "a" * 1_000 + "; \x1b" + "b" * 1_000 + "-src *.video.example"
    )

    assert len(caplog.records) == 2
    assert all(len(record.getMessage()) < 500 for record in caplog.records)
    assert "\x1b" not in caplog.text


def test_only_so_many_sources_are_told_of(caplog: pytest.LogCaptureFixture) -> None:
    changed("img-src " + " ".join(f"*.video.example/{number}" for number in range(500)))

    assert len(caplog.records) == 100


def test_a_wildcard_that_is_taken_out_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    changed("frame-src *.video.example")

    assert "'*.video.example' in 'frame-src'" in caplog.text
    assert "taken out" in caplog.text


#
def test_what_something_open_needs_stays_although_it_belongs_to_something_closed_as_well() -> None:
    both = parse_policy(
        """
        [site]
        name = "S"
        controller = { name = "C", contact = "c@c.example" }
        [categories.analytics]
        use = ["one"]
        [categories.marketing]
        use = ["two"]
        [services.one]
        provider = "P"
        hosts = ["cdn.example"]
        [services.two]
        provider = "P"
        hosts = ["*.example"]
        """
    )
    content = ContentPolicy(both.services.values(), mode="enforce")

    def kept(*closed: str) -> bool:
        sent = [(b"content-security-policy", b"script-src cdn.example 'self'")]
        return b"cdn.example" in content.headers(sent, frozenset(closed), HERE)[0][1]

    assert kept("two")
    assert not kept("one", "two")


#
def test_where_several_services_share_a_host_what_one_needs_of_it_is_its_own() -> None:
    maps = parse_policy(
        """
        [site]
        name = "S"
        controller = { name = "C", contact = "c@c.example" }
        [categories.marketing]
        use = ["maps"]
        [services.maps]
        provider = "P"
        embeds = ["https://big.example/maps/*"]
        csp = { frame-src = ["big.example/maps/"] }
        """
    )
    content = ContentPolicy(maps.services.values(), mode="enforce")
    sent = [
        (b"content-security-policy", b"frame-src big.example/maps/ big.example/pay/; script-src big.example")
    ]
    left = content.headers(sent, frozenset({"maps", "marketing"}), HERE)[0][1].decode()

    assert left == f"frame-src big.example/pay/; script-src big.example{ASKING}"


#
def test_a_default_that_lets_something_closed_through_is_narrowed_to_what_something_open_needs() -> None:
    content = ContentPolicy(
        parse_policy(
            """
            [site]
            name = "S"
            controller = { name = "C", contact = "c@c.example" }
            [categories.essential]
            use = ["pictures"]
            [categories.analytics]
            use = ["counter"]
            [services.pictures]
            provider = "P"
            reason = "R"
            csp = { img-src = ["cdn.example"], worker-src = ["cdn.example/w/"] }
            [services.counter]
            provider = "P"
            csp = { script-src = ["cdn.example"] }
            """
        ).services.values(),
        mode="enforce",
    )

    def sent(policy: str, *closed: str) -> str:
        own = [(b"content-security-policy", policy.encode())]
        return content.headers(own, frozenset(closed), HERE)[0][1].decode().replace(ASKING, "")

    assert sent("default-src 'self' cdn.example", "counter") == (
        "default-src 'self'; worker-src 'self' cdn.example/w/; img-src 'self' cdn.example"
    )
    assert sent("default-src 'self' cdn.example") == "default-src 'self' cdn.example"
    # Where another directive speaks of scripts, the default lets nothing of the closed one through.
    own = "default-src 'self' cdn.example; script-src 'self'; worker-src 'self' cdn.example/w/"
    assert sent(own, "counter") == own


def test_a_worker_that_is_granted_gets_no_script_allowed_where_the_site_says_nothing() -> None:
    recorder = parse_policy(
        """
        [site]
        name = "S"
        controller = { name = "C", contact = "c@c.example" }
        [categories.analytics]
        use = ["recorder"]
        [services.recorder]
        provider = "P"
        csp = { script-src = ["rec.example/js/"], worker-src = ["work.example"] }
        """
    )
    content = ContentPolicy(recorder.services.values(), mode="enforce")

    def sent(*own: bytes) -> str:
        found = content.headers([(b"content-security-policy", one) for one in own], frozenset(), HERE)
        return ";".join(value.decode() for key, value in found if key == b"content-security-policy")

    for policy in (sent(), sent(b"img-src *")):
        assert f"script-src {OWN} rec.example/js/;" in policy
        assert f"worker-src {OWN} work.example;" in policy
    # A browser asks script-src where nothing is said of workers, and workers are to work.
    assert "script-src 'self' work.example rec.example/js/;" in sent(b"default-src 'none'; script-src 'self'")


@pytest.mark.parametrize("host", ["", "a b", "x;y", "evil.example/path", "*.example", "tides.example\n"])
def test_a_host_that_is_none_gets_into_no_policy(host: str) -> None:
    assert changed("style-src x.example", here=HERE._replace(host=host)) == "style-src x.example"


def test_to_report_alone_the_site_s_policy_stays_and_a_copy_is_sent_beside_it() -> None:
    found = headers("script-src 'self' counter.example", "frame-ancestors 'none'", mode="report")

    assert found["content-security-policy"] == ["script-src 'self' counter.example", "frame-ancestors 'none'"]
    copy, beside = found["content-security-policy-report-only"]
    assert copy == f"script-src 'self'{ASKING}"
    assert beside.startswith("connect-src ")
    alone = headers(mode="report")
    assert "content-security-policy" not in alone
    assert alone["content-security-policy-report-only"] == [ours()]


def test_a_policy_that_only_reports_is_kept_to_what_is_granted_too() -> None:
    content = ContentPolicy(POLICY.services.values(), mode="enforce")
    sent = [(b"content-security-policy-report-only", b"default-src counter.example; report-uri /own")]
    (own, *_) = content.headers(sent, NAMES, HERE)

    assert own == (
        sent[0][0],
        b"default-src 'none'; report-uri /own; img-src tiles.map.example; style-src tides.example/cookies/assets/",
    )


def test_a_policy_that_only_reports_says_itself_where_to() -> None:
    content = ContentPolicy(POLICY.services.values(), mode="enforce")
    sent = (b"content-security-policy-report-only", b"img-src *")

    assert content.headers([sent], NAMES, HERE)[0] == sent


def test_reports_go_where_the_site_wants_them_if_it_says_so() -> None:
    for mode in ("report", "enforce"):
        found = headers("default-src 'self'; report-uri /own", mode=mode)
        sent = [*found["content-security-policy"], *found.get("content-security-policy-report-only", [])]
        assert all(policy.count("report-") == 1 for policy in sent)


def test_the_site_s_own_places_for_reports_stay() -> None:
    content = ContentPolicy(POLICY.services.values(), mode="enforce")
    found = content.headers([(b"Reporting-Endpoints", b'main="/r"')], NAMES, HERE)

    assert (b"reporting-endpoints", b'main="/r", consentkit="/cookies/reports"') in found
