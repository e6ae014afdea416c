"""A Content-Security-Policy that allows what this visitor has granted, and no other declared service.

It is the second lock: what a script of the site's own puts together at run time is not in any markup,
but the browser asks the policy before it connects. (Not always: a ``preconnect`` ignores it.)

A site's own policy is changed as little as possible. Of what it says nothing about, a policy of our own
says something beside it: browsers fetch only what every policy of a page allows.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from ..policy.model import Service
from .claims import hosts_of
from .csp_page import allows_ours, ours, page_source
from .csp_source import Source, parse_source
from .csp_terms import ENFORCED, Here, Mode
from .csp_text import KINDS, PolicyText, policies_in

logger = logging.getLogger("consentkit")

Headers = list[tuple[bytes, bytes]]
#: The name under which reports are asked for, in ``Reporting-Endpoints`` and in policies.
ENDPOINT: Final = "consentkit"

_REPORTED: Final = b"content-security-policy-report-only"
_ENDPOINTS: Final = b"reporting-endpoints"

# What a site without a policy of its own can go on doing: everything but talking to strangers.
_OWN: Final = "'self' 'unsafe-inline' 'unsafe-eval' data: blob:"
# Nobody has said of a service what it needs: then its hosts, for all of these.
_FOR_HOSTS: Final = tuple(kind for kind in KINDS if kind not in ("object-src", "worker-src"))
# Where 'strict-dynamic' means something.
_SCRIPTS: Final = frozenset({"script-src", "script-src-elem", "worker-src"})
# Sources that are told of, so that each is told once.
_MAX_TOLD: Final = 100


class _Needs(NamedTuple):
    sources: Mapping[str, tuple[str, ...]]  # by directive
    claimed: Mapping[str, frozenset[Source]]  # the same and every host of the service, by directive


class ContentPolicy:
    """Compiles what each service needs; changes or adds the policies of a response.

    Args:
        services: every service, also the essential ones.
        mode: ``"enforce"`` changes the site's policies and sends one of our own where they are silent;
            ``"report"`` leaves them alone and sends the same beside them, for reports only.
        scripted: whether a script of ours is put into pages.
    """

    def __init__(self, services: Iterable[Service], *, mode: Mode, scripted: bool = False) -> None:
        self._mode = mode
        self._kinds = ours(scripted=scripted)
        self._services = {service.id: _needs(service) for service in services}
        self._allowed = lru_cache(256)(self._find_allowed)
        self._ours = lru_cache(256)(self._write_ours)
        self._judged = lru_cache(8_192)(self._judge)
        self._told: set[str] = set()

    @property
    def enforces(self) -> bool:
        """Whether the site's own policies are changed."""
        return self._mode == "enforce"

    def headers(self, headers: Headers, closed: frozenset[str], here: Here) -> Headers:
        """Return the headers of a page with the policies for one visitor.

        Args:
            headers: of the response.
            closed: the services that are not allowed now.
            here: where the page is.
        """
        own = [text for key, value in headers if key.lower() == ENFORCED for text in policies_in(value)]
        silent = self._silent([PolicyText(text) for text in own])
        ours = [self._ours(silent, closed, here.reports)] if silent else []
        if self.enforces:
            changed = [
                (key, self._header(value, closed, here, reported=key.lower() == ENFORCED))
                if key.lower() in (ENFORCED, _REPORTED)
                else (key, value)
                for key, value in headers
            ]
            return [*_with_endpoint(changed, here), *((ENFORCED, policy) for policy in ours)]
        copies = [
            self._header(text.encode("latin-1"), closed, here, reported=True)
            for text in own
            if PolicyText(text).fetching
        ]
        return [*_with_endpoint(headers, here), *((_REPORTED, policy) for policy in (*copies, *ours))]

    @staticmethod
    def _silent(own: Sequence[PolicyText]) -> tuple[str, ...]:
        """Return what the policies of the site say nothing about."""
        return tuple(kind for kind in KINDS if not any(policy.governing(kind) for policy in own))

    def _write_ours(self, silent: tuple[str, ...], closed: frozenset[str], reports: str) -> bytes:
        """Return a policy for what those of the site say nothing about."""
        names = ["default-src"] if len(silent) == len(KINDS) else silent
        ours = PolicyText("; ".join(f"{name} {_OWN}" for name in names))
        for kind, needed in self._allowed(closed).items():
            _add(ours, kind, needed)
        _ask_for_reports(ours, reports)
        return str(ours).encode("latin-1")

    def _header(self, value: bytes, closed: frozenset[str], here: Here, *, reported: bool) -> bytes:
        """Return one header, which may hold several policies, for one visitor."""
        policies = [PolicyText(text) for text in policies_in(value)]
        for policy in policies:
            self._change(policy, closed, here)
            if reported and policy.fetching:
                _ask_for_reports(policy, here.reports)
        return ",".join(map(str, policies)).encode("latin-1")

    def _change(self, policy: PolicyText, closed: frozenset[str], here: Here) -> None:
        for name in policy.fetching:
            present = policy.sources(name)
            if not _trusts_scripts(name, present):
                kinds = policy.speaks_for(name)
                left = [one for one in present if not self._is_gone(one, name, kinds, closed, here)]
                if left != present:
                    policy.write(name, left)
        for kind, needed in self._allowed(closed).items():
            _add(policy, kind, needed)
        for kind in self._kinds:
            if not allows_ours(policy, kind, here.host, here.assets):
                _add(policy, kind, _ours(here))

    def _is_gone(
        self, text: str, name: str, kinds: tuple[str, ...], closed: frozenset[str], here: Here
    ) -> bool:
        """Return whether a source of the site's own may not stay in a directive.

        It goes for the sake of one kind of thing; where others need it, they get it back one by one.
        """
        if text.startswith("'") or not any(self._judged(text, kind, closed) for kind in kinds):
            return False
        source = parse_source(text)
        assert source is not None  # noqa: S101 # otherwise it would not have been judged so
        page = page_source(here.host)
        if source.is_everybody or (page is not None and source.meets(page)):
            self._tell(
                text,
                "The policy of a page allows %.100r in %.40r. That covers declared services too, and a "
                "browser cannot be told to refuse them there. Name the hosts instead. Said once.",
                name,
            )
            return False
        if source.host.startswith("*."):
            self._tell(
                text,
                "The policy of a page allows %.100r in %.40r. That covers declared services too, so it is "
                "taken out while one of them is not allowed. Name other hosts one by one. Said once.",
                name,
            )
        return True

    def _tell(self, source: str, sentence: str, name: str) -> None:
        if source not in self._told and len(self._told) < _MAX_TOLD:
            self._told.add(source)
            logger.warning(sentence, source, name)

    def _judge(self, text: str, kind: str, closed: frozenset[str]) -> bool:
        """Return whether a source lets something of a closed service through, for one kind of thing.

        Not what lies wholly within what an open service claims: a policy cannot tell whom of the two a
        page means, and what is open must not be lost. A wildcard is more than that, and goes.
        """
        source = parse_source(text)
        if source is None:
            return False
        if not any(source.meets(one) for one in self._claimed(kind, closed)):
            return False
        return not any(one.covers(source) for one in self._claimed(kind, self._services.keys() - closed))

    def _claimed(self, kind: str, names: Iterable[str]) -> Iterator[Source]:
        for name in names:
            if name in self._services:  # and no category
                yield from self._services[name].claimed[kind]

    def _find_allowed(self, closed: frozenset[str]) -> Mapping[str, tuple[str, ...]]:
        """Return what everything that is not closed needs, by directive."""
        open_ = [one.sources for name, one in self._services.items() if name not in closed]
        joined = {kind: [source for sources in open_ for source in sources.get(kind, ())] for kind in KINDS}
        return {kind: tuple(dict.fromkeys(sources)) for kind, sources in joined.items() if sources}


def _needs(service: Service) -> _Needs:
    sources = service.csp or dict.fromkeys(_FOR_HOSTS, hosts_of(service))
    hosts = service.hosts if service.csp else hosts_of(service)
    claimed = {kind: frozenset(_claims([*hosts, *sources.get(kind, ())])) for kind in KINDS}
    return _Needs(sources, claimed)


def _claims(sources: Iterable[str]) -> Iterator[Source]:
    for source in filter(None, map(parse_source, sources)):
        # As for addresses in a page: who claims a host claims it wherever it listens.
        yield source._replace(port=source.port or "*")


def _trusts_scripts(name: str, sources: Iterable[str]) -> bool:
    """Return whether in a directive hosts are ignored, and trust comes from a nonce alone."""
    return name in _SCRIPTS and "'strict-dynamic'" in map(str.lower, sources)


def _add(policy: PolicyText, kind: str, needed: Iterable[str]) -> None:
    """Add what is needed to the directive that governs it, unless it is allowed already."""
    name = policy.governing(kind)
    if name is None:
        return
    present = policy.sources(name)
    parsed = [source for source in map(parse_source, present) if source is not None]
    missing = [one for one in needed if not _is_known(one, parsed)]
    if missing and not _trusts_scripts(kind, present):
        # Where the default speaks, only this kind of thing is to be allowed more than the rest.
        policy.write(kind if name == "default-src" else name, [*present, *missing])


def _is_known(needed: str, present: Iterable[Source]) -> bool:
    source = parse_source(needed)
    return source is not None and any(one.is_live == source.is_live and one.covers(source) for one in present)


def _ours(here: Here) -> tuple[str, ...]:
    """Return the source for our own files: their own path, so that nothing else is let in."""
    return (f"{here.host}{here.assets}/",) if page_source(here.host) is not None else ()


def _ask_for_reports(policy: PolicyText, reports: str) -> None:
    if "report-uri" not in policy and "report-to" not in policy:
        policy.append(f"report-uri {reports}")
        policy.append(f"report-to {ENDPOINT}")


def _with_endpoint(headers: Headers, here: Here) -> Headers:
    """Return the headers with the address for reports, beside those that the site has."""
    own = f'{ENDPOINT}="{here.reports}"'.encode("latin-1")
    present = [value for key, value in headers if key.lower() == _ENDPOINTS]
    others = [pair for pair in headers if pair[0].lower() != _ENDPOINTS]
    return [*others, (_ENDPOINTS, b", ".join([*present, own]))]
