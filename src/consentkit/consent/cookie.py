"""``Consent`` ⇄ the signed cookie.

The value, before signing, is a version, a consent id and one group for each moment at which
answers were given::

    1 . <consent id or nothing> . 6925f0a0 0 <granted digests> ~ <denied digests> . <next group>
                                  │        └ GPC was on (1) or off (0) at that moment
                                  └ the moment, eight hexadecimal digits of UTC seconds

(without the spaces). Each digest stands for a category or service *as it was declared then*,
see ``policy.digest``. A name whose declaration has changed is not found under its old digest,
and so it is undecided again without any list of versions.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from time import time
from types import MappingProxyType
from typing import Final, NamedTuple

from ..policy.digest import LENGTH, material_digests
from ..policy.model import CONSENT_COOKIE_NAMES, Policy
from .candidates import UnusableCookieError, candidates
from .keys import check_keys
from .model import Answer, Choice, Consent
from .signer import CookieSigner

logger = logging.getLogger("consentkit")

SALT: Final = b"consentkit.cookie.v1"
#: Seconds by which the clocks of one site's machines may disagree.
LEEWAY: Final = 300
#: How many verified values are remembered. An entry takes about 2 kB.
REMEMBERED: Final = 4_096

_HOST_NAME, _PLAIN_NAME = (name.encode() for name in CONSENT_COOKIE_NAMES)
_DIGESTS: Final = f"(?:[A-Za-z0-9_-]{{{LENGTH}}})*"
_VALUE: Final = re.compile(
    rf"1\.([A-Za-z0-9_-]{{22}})?((?:\.[0-9a-f]{{8}}[01]{_DIGESTS}~{_DIGESTS})+)\.[A-Za-z0-9_-]{{43}}"
)


class _Opened(NamedTuple):
    """A genuine value: what it says and the span of moments at which that was answered."""

    consent: Consent
    oldest: int
    newest: int


class ConsentCookie:
    """Reads and writes the consent cookie of one policy; holds no state about any visitor."""

    def __init__(
        self,
        policy: Policy,
        secret_key: str | bytes | Sequence[str | bytes],
        *,
        clock: Callable[[], float] = time,
    ) -> None:
        """Compile the codec.

        Args:
            policy: names that it does not declare, or declares differently now, are undecided.
            secret_key: one key, or several for rotation: oldest first, the last one signs.
            clock: returns the time in UTC seconds.

        Raises:
            SecretKeyError: a key is missing, under 32 bytes, or well known.
        """
        self._policy = policy
        self._clock = clock
        self._lifetime = policy.expires_after.seconds
        self._digests = material_digests(policy)
        self._names = {digest: name for name, digest in self._digests.items()}
        self._signer = CookieSigner(check_keys(secret_key), SALT)
        self._undecided = {gpc: Consent(policy, gpc=gpc) for gpc in (False, True)}
        self._said: set[str] = set()
        # lru_cache keeps no exceptions, so a flood of forged values evicts nobody.
        self._open = lru_cache(REMEMBERED)(self._verify)
        # Visitors differ in little but id and time: most have granted all, or denied all.
        self._named = lru_cache(REMEMBERED)(self._find_names)

    def read(self, headers: Iterable[tuple[bytes, bytes]], *, secure: bool, gpc: bool = False) -> Consent:
        """Return the consent that request ``headers`` carry. Never raises for what a client sent.

        Absent, malformed, unsigned, expired, future or contradictory cookies mean undecided.

        Args:
            headers: raw ASGI header pairs.
            secure: whether the request came over https, where only the ``__Host-`` name counts.
            gpc: whether the request carries ``Sec-GPC: 1``.
        """
        try:
            values = candidates(headers, _HOST_NAME if secure else _PLAIN_NAME)
            one = len(values) == 1
            consent = self._in_force(self._open(values[0])) if one else self._agreed(values)
        except UnusableCookieError as reason:
            self._say_once(str(reason))
            consent = None
        if consent is None:
            return self._undecided[gpc]
        return replace(consent, gpc=True) if gpc else consent

    def from_value(self, value: str) -> Consent:
        """Return the consent held by a bare cookie value, for code outside a request.

        Like ``read``, it answers "undecided" for whatever is not genuine and current.
        """
        return self._agreed([value.encode("utf-8", "replace")]) or self._undecided[False]

    def seal(self, consent: Consent) -> Consent:
        """Return ``consent`` with the present moment on every answer that has none yet."""
        now = int(self._clock())
        return replace(
            consent,
            answers=MappingProxyType(
                {
                    name: answer._replace(at=now) if answer.at is None else answer
                    for name, answer in consent.answers.items()
                }
            ),
        )

    def value(self, consent: Consent) -> str:
        """Return the signed value for a sealed ``consent``; alphabet ``[A-Za-z0-9._~-]``.

        Raises:
            ValueError: an answer has no moment yet; see ``seal``.
        """
        groups: dict[tuple[int, bool], dict[Choice, str]] = {}
        for name, answer in consent.answers.items():
            if answer.at is None:
                raise ValueError(f"the answer for {name!r} has no moment; seal the consent first")
            group = groups.setdefault((answer.at, answer.gpc), dict.fromkeys(Choice, ""))
            group[answer.choice] += self._digests[name]
        body = "".join(
            f".{at:08x}{gpc:d}{group[Choice.GRANTED]}~{group[Choice.DENIED]}"
            for (at, gpc), group in sorted(groups.items())
        )
        return self._signer.sign(f"1.{consent.consent_id or ''}{body}").decode()

    def set_cookie(self, consent: Consent, *, secure: bool) -> bytes:
        """Return the ``Set-Cookie`` value that keeps a sealed ``consent``.

        Built by hand: ``http.cookies`` quotes and escapes what it does not expect. The browser
        keeps the cookie as long as its newest answer holds; what really counts is the signed
        moment of each answer.
        """
        name = CONSENT_COOKIE_NAMES[0 if secure else 1]
        age = max(0, (consent.decided_at or 0) + self._lifetime - int(self._clock()))
        header = f"{name}={self.value(consent)}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax"
        return (header + "; Secure" if secure else header).encode("ascii")

    def _agreed(self, values: Iterable[bytes]) -> Consent | None:
        """Return what the genuine values say together; a bad one hides no good one.

        Raises:
            UnusableCookieError: two genuine values contradict each other, so one was planted.
        """
        found: Consent | None = None
        for value in dict.fromkeys(values):
            try:
                consent = self._in_force(self._open(value))
            except UnusableCookieError as reason:
                self._say_once(str(reason))
                continue
            if found and consent and found.answers != consent.answers:
                raise UnusableCookieError("several genuine ones disagree")
            found = found or consent
        return found

    def _in_force(self, opened: _Opened) -> Consent | None:
        """Return what ``opened`` says now without the answers whose time is over; ``None`` if all are.

        Raises:
            UnusableCookieError: an answer was given in the future.
        """
        now = int(self._clock())
        if opened.newest > now + LEEWAY:
            raise UnusableCookieError("it comes from the future")
        if opened.oldest + self._lifetime > now:
            return opened.consent
        if opened.newest + self._lifetime <= now:
            return None
        answers = {
            name: answer
            for name, answer in opened.consent.answers.items()
            if answer.at is not None and answer.at + self._lifetime > now
        }
        return replace(opened.consent, answers=MappingProxyType(answers))

    def _verify(self, value: bytes) -> _Opened:
        """Check signature and form of ``value`` and read it.

        Raises:
            UnusableCookieError: it was not signed by one of our keys, or not for this purpose.
        """
        match = _VALUE.fullmatch(value.decode("latin-1"))
        if match is None:
            raise UnusableCookieError("its format is not ours")
        payload, _, signature = value.rpartition(b".")
        if not self._signer.is_genuine(payload, signature):
            raise UnusableCookieError("its signature is not ours")
        answers: dict[str, Answer] = {}
        moments = []
        for group in match[2].split(".")[1:]:
            at, gpc = int(group[:8], 16), group[8] == "1"
            moments.append(at)
            granted, _, denied = group[9:].partition("~")
            # Denials come last: were a name in both lists, the denial would stand.
            if granted:
                answers |= dict.fromkeys(self._named(granted), Answer(Choice.GRANTED, at, gpc))
            if denied:
                answers |= dict.fromkeys(self._named(denied), Answer(Choice.DENIED, at, gpc))
        consent = Consent(self._policy, MappingProxyType(answers), match[1])
        return _Opened(consent, min(moments), max(moments))

    def _find_names(self, digests: str) -> tuple[str, ...]:
        """Return the names that ``digests`` stand for; those of older declarations are left out."""
        cut = (digests[start : start + LENGTH] for start in range(0, len(digests), LENGTH))
        return tuple(self._names[digest] for digest in cut if digest in self._names)

    def _say_once(self, reason: str) -> None:
        if reason not in self._said:
            self._said.add(reason)
            logger.warning("A consent cookie was ignored and its visitor counts as undecided: %s.", reason)
