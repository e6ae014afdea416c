"""The block ``{% gate "name" %}`` of templates: live markup with consent, inert markup without."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from jinja2 import DictLoader, Environment, TemplateSyntaxError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates
from starlette.testclient import TestClient
from starlette.types import Scope

from consentkit import ConsentMiddleware, Policy, UnknownNameError, parse_policy
from consentkit.starlette import ConsentExtension
from consentkit.testing import consent_cookies

Nonce = Callable[[Scope], str | None] | None
VIDEO = '<iframe src="https://video.example/1" title="A  film"></iframe>'
COUNT = '<script src="https://counter.example/c.js"></script>'
HOSTILE = "\"><script>x('&amp;')</script>"


class Rendered:
    """A template on a site, rendered for visitors who grant different names."""

    def __init__(
        self, policy: Policy, secret_key: str, template: str, nonce: Nonce = None, **context: object
    ) -> None:
        env = Environment(
            loader=DictLoader({"page.html": template, "video.html": VIDEO}),
            autoescape=True,
            extensions=[ConsentExtension],
        )
        templates = Jinja2Templates(env=env)

        async def page(request: Request) -> Response:
            return templates.TemplateResponse(request, "page.html", context)

        stack = [Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key, nonce=nonce)]
        self.app = Starlette(routes=[Route("/", page)], middleware=stack)
        self.policy, self.secret_key = policy, secret_key

    def undecided(self) -> str:
        return TestClient(self.app).get("/").text

    def granting(self, *names: str) -> str:
        cookies = consent_cookies(self.policy, self.secret_key, granted=names)
        return TestClient(self.app, cookies=cookies).get("/").text


#
def test_the_state_that_a_template_places_is_taken_for_nobody_s_script(secret_key: str) -> None:
    policy = parse_policy(
        """
        [site]
        name = "Tides"
        controller = { name = "Harbour Office", contact = "tides@harbour.example" }
        [categories.marketing]
        use = ["microsoft-advertising"]
        """
    )
    page = Rendered(
        policy,
        secret_key,
        "<!doctype html><html><head>{{ consent_head() }}<script>window.uetq = [];</script></head><body>x",
        nonce=lambda _scope: "bm9uY2U",
    )

    ours, theirs = re.findall(r"<script (?![^>]*client\.js)[^>]*>", page.undecided())
    assert "data-modes" in ours
    assert "data-consent" not in ours
    assert 'data-consent="microsoft-advertising"' in theirs


def test_an_open_gate_leaves_its_markup_as_it_was_written(policy: Policy, secret_key: str) -> None:
    page = Rendered(policy, secret_key, f'a {{% gate "video" %}} {VIDEO}<br/>&nbsp;{{% endgate %}} b')

    assert page.granting("video") == f"a  {VIDEO}<br/>&nbsp; b"
    assert page.granting("third-party") == f"a  {VIDEO}<br/>&nbsp; b"


def test_a_closed_gate_leaves_nothing_live_and_a_notice_in_place_of_an_embed(
    policy: Policy, secret_key: str
) -> None:
    page = Rendered(policy, secret_key, f'a {{% gate "video" %}}{VIDEO}{COUNT}{{% endgate %}} b')

    for text in (page.undecided(), page.granting(), page.granting("analytics")):
        assert ' src="' not in text
        assert 'data-consent="video"' in text
        assert 'type="text/plain"' in text
        assert 'class="choices-embed"' in text
        assert "Video Company" in text


def test_a_closed_gate_without_an_embed_shows_no_notice(policy: Policy, secret_key: str) -> None:
    text = Rendered(policy, secret_key, f'{{% gate "counter" %}}{COUNT}{{% endgate %}}').undecided()

    assert "choices-embed" not in text
    assert ' src="' not in text


def test_a_gate_inside_a_gate_needs_both(policy: Policy, secret_key: str) -> None:
    template = f'{{% gate "analytics" %}}{COUNT}{{% gate "video" %}}{VIDEO}{{% endgate %}}{{% endgate %}}'
    page = Rendered(policy, secret_key, template)

    assert page.granting("analytics", "video") == COUNT + VIDEO
    assert page.granting("analytics").startswith(COUNT)
    assert 'src="https://video.example' not in page.granting("analytics").replace("data-consent-src", "")
    for text in (page.granting("video"), page.undecided()):
        assert ' src="' not in text


def test_a_gate_in_a_loop_and_an_include_is_a_gate(policy: Policy, secret_key: str) -> None:
    gate = '{% gate name %}{% include "video.html" %}{% endgate %}'
    template = f'{{% for name in ["video", "counter"] %}}{gate}{{% endfor %}}'
    page = Rendered(policy, secret_key, template)

    assert page.granting("video", "counter") == VIDEO * 2
    assert page.granting("video").startswith(VIDEO)
    assert page.granting("video").count(' src="') == 1
    assert page.undecided().count(' src="') == 0


#
def test_a_variable_in_a_gate_is_escaped_exactly_once(policy: Policy, secret_key: str) -> None:
    template = '{% gate "video" %}<p title="{{ said }}">{{ said }}</p>{% endgate %}'
    escaped = "&#34;&gt;&lt;script&gt;x(&#39;&amp;amp;&#39;)&lt;/script&gt;"
    page = Rendered(policy, secret_key, template, said=HOSTILE)

    assert page.granting("video") == f'<p title="{escaped}">{escaped}</p>'
    closed = page.undecided()
    assert "<script" not in closed
    assert f">{escaped}</p>" in closed


def test_an_essential_gate_is_always_open(policy: Policy, secret_key: str) -> None:
    page = Rendered(policy, secret_key, '{% gate "essential" %}<script src="/own.js"></script>{% endgate %}')

    assert page.undecided() == '<script src="/own.js"></script>'


#
def test_an_open_gate_does_not_open_what_another_service_declares(policy: Policy, secret_key: str) -> None:
    page = Rendered(policy, secret_key, f'{{% gate "essential" %}}{COUNT}{{% endgate %}}')

    assert "<script src=" not in page.undecided()


@pytest.mark.parametrize("name", ['"vidoe"', '""', "nobody", "42"])
def test_a_gate_with_an_undeclared_name_is_an_error_and_shows_nothing(
    policy: Policy, secret_key: str, name: str
) -> None:
    page = Rendered(policy, secret_key, f"{{% gate {name} %}}{VIDEO}{{% endgate %}}", nobody="no-such-name")

    with pytest.raises(UnknownNameError):
        page.undecided()
    with pytest.raises(UnknownNameError):
        page.granting("video")


@pytest.mark.parametrize("template", ['{% gate "video" %}', "{% gate %}{% endgate %}", "{% endgate %}"])
def test_an_unfinished_gate_is_a_fault_of_the_template(template: str) -> None:
    env = Environment(autoescape=True, extensions=[ConsentExtension])

    with pytest.raises(TemplateSyntaxError):
        env.from_string(template)


def test_a_fault_inside_a_gate_is_reported_with_its_line(policy: Policy, secret_key: str) -> None:
    env = Environment(autoescape=True, extensions=[ConsentExtension])

    with pytest.raises(TemplateSyntaxError) as caught:
        env.from_string('one\n{% gate "video" %}\n{% if %}\n{% endgate %}')
    assert caught.value.lineno == 3
