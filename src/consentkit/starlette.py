"""For Starlette: the visitor's consent in endpoints and in Jinja2 templates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2 import Environment, nodes, pass_context
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.runtime import Context, Macro
from markupsafe import Markup
from starlette.requests import HTTPConnection

from .consent.model import Consent
from .errors import ConsentRequiredError, MiddlewareNotInstalledError
from .sight import placeholder, refused, stated
from .visit import SCOPE_KEY, Visit


def consent_from(connection: HTTPConnection) -> Consent:
    """Return the consent of the visitor behind a request or WebSocket.

    Reading it makes the response private to this visitor (``Vary: Cookie``,
    ``Cache-Control: private``), so ask only where the answer matters.

    Raises:
        MiddlewareNotInstalledError: the request did not pass through ``ConsentMiddleware``.
    """
    return _visit(connection).consent


def consent_value(connection: HTTPConnection) -> str:
    """Return the visitor's consent as a text for a job queue, to be read there with ``ConsentReader``.

    It is empty before the first choice. Reading it makes the response private to this visitor.

    Raises:
        MiddlewareNotInstalledError: the request did not pass through ``ConsentMiddleware``.
    """
    return _visit(connection).value


async def save_consent(connection: HTTPConnection, consent: Consent, *, method: str = "api") -> None:
    """Keep ``consent`` with the response to this request, and expire the cookies it denies.

    Args:
        connection: the request.
        consent: what ``consent_from`` returned, after ``grant``, ``deny`` or ``withdraw``.
        method: how the visitor chose, such as ``settings:save``; it appears in the log.

    Raises:
        MiddlewareNotInstalledError: the request did not pass through ``ConsentMiddleware``.
        ResponseStartedError: the response headers have already been sent.
        ValueError: ``consent`` was made under another policy.
    """
    _visit(connection).save(consent, method)


def require_consent(connection: HTTPConnection, name: str) -> Consent:
    """Return the visitor's consent if it allows ``name``.

    Raises:
        ConsentRequiredError: it does not. Unless the application handles it, the middleware
            answers 403 with a problem document.
        UnknownNameError: the policy declares no such name.
    """
    consent = consent_from(connection)
    if not consent.allows(name):
        raise ConsentRequiredError(name)
    return consent


def _visit(connection: HTTPConnection) -> Visit:
    visit = connection.scope.get(SCOPE_KEY)
    if not isinstance(visit, Visit):
        raise MiddlewareNotInstalledError(
            "ConsentMiddleware has not seen this request. Add it to the application: "
            "Middleware(ConsentMiddleware, policy=policy, secret_key=…)."
        )
    return visit


class ConsentExtension(Extension):
    """The Jinja2 side: ``templates.env.add_extension(ConsentExtension)``.

    It gives templates ``consent()``, ``consent_head()``, ``consent_banner()``,
    ``consent_url()`` and ``consent_link()``, and the block
    ``{% gate "name" %}…{% endgate %}``, whose markup is live only where the visitor allows the
    category or service. All of them need ``request`` in the context, where Starlette's
    ``Jinja2Templates`` puts it.
    """

    tags = {"gate"}  # noqa: RUF012 # Jinja2 declares it so

    def __init__(self, environment: Environment) -> None:
        """Register the functions."""
        super().__init__(environment)
        functions: dict[str, Callable[..., Any]] = {
            "consent": _consent,
            "consent_banner": _banner,
            "consent_head": _head,
            "consent_link": _link,
            "consent_url": _url,
        }
        environment.globals.update(functions)

    def parse(self, parser: Parser) -> nodes.Node:
        """Parse ``{% gate "name" %}…{% endgate %}``."""
        line = next(parser.stream).lineno
        name = parser.parse_expression()
        body = parser.parse_statements(("name:endgate",), drop_needle=True)
        call = self.call_method("_gated", [nodes.ContextReference(), name], lineno=line)
        return nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _gated(self, context: Context, name: str, caller: Macro) -> Markup:
        visit = _visit(_request(context))
        fragment = caller()
        if visit.consent.allows(name):
            return Markup(fragment)  # noqa: S704 # the template's own output, escaped as it was written
        # The tokenizer takes 80 ms to load; a site without gates never pays for it.
        from .gate.html import gate_fragment  # noqa: PLC0415

        gated = gate_fragment(str(fragment), name)
        # What it loads, and not what is written: a nonce or a translated title is another with each page.
        source = "\0".join(sorted(gated.addresses))
        mark = visit.embeds.mark(name, source)
        if mark is not None:
            visit.embeds.let_pass(name, gated.addresses)
            return Markup(mark + str(fragment))  # noqa: S704 # as above, and ours
        notice = placeholder(visit, name, source, gated.size) if gated.embeds else ""
        return Markup(notice + gated.html)  # noqa: S704 # ours, and the same markup made inert


def _request(context: Context) -> HTTPConnection:
    request = context.get("request")
    if not isinstance(request, HTTPConnection):
        raise MiddlewareNotInstalledError(
            'The template has no "request". Render it with Starlette\'s Jinja2Templates, or put the '
            "request into its context."
        )
    return request


@pass_context
def _consent(context: Context) -> Consent:
    return consent_from(_request(context))


@pass_context
def _head(context: Context) -> Markup:
    visit = _visit(_request(context))
    visit.placed |= {"head"}
    place, choices = visit.place(), stated(visit)
    return visit.pages.first(place, choices) + visit.pages.head(place, choices)


@pass_context
def _banner(context: Context) -> Markup:
    visit = _visit(_request(context))
    visit.placed |= {"banner"}
    return visit.pages.banner(visit.view())


@pass_context
def _link(context: Context) -> Markup:
    visit = _visit(_request(context))
    visit.placed |= {"link"}
    return visit.pages.link(visit.place(), refused(visit))


@pass_context
def _url(context: Context) -> str:
    visit = _visit(_request(context))
    visit.placed |= {"url"}
    return visit.pages.url(visit.place())
