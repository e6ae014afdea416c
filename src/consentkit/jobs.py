"""For background jobs: consent read again at the moment something is about to be sent.

Inside the request, ``consent_value`` of ``consentkit.starlette`` gives the value to put into the queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from .consent.cookie import ConsentCookie
from .consent.model import Answer, Choice, Consent
from .errors import ConsentRequiredError
from .policy.model import Policy

__all__ = ["ConsentReader"]


class ConsentReader:
    """Reads the values that jobs carry. It holds no state about any visitor."""

    def __init__(self, policy: Policy, secret_key: str | bytes | Sequence[str | bytes]) -> None:
        """Compile the reader, once for each process.

        Args:
            policy: what the site declares now; an answer about something that was declared differently
                does not count.
            secret_key: the middleware's keys.

        Raises:
            SecretKeyError: a key is missing, under 32 bytes, or well known.
        """
        self._codec = ConsentCookie(policy, secret_key)
        self._undecided = Consent(policy)
        self._unread = self._undecided.deny(*(category.id for category in policy.objectable))

    def read(self, value: str | None, *, latest: str | None = None) -> Consent:
        """Return what the visitor allows now, as far as it can be known here.

        A value that is absent, not genuine or over its time allows nothing optional; it never raises.
        What a visitor can object to is allowed where it is absent, and not where it cannot be read: it
        may have held an objection.

        Args:
            value: what was put into the queue.
            latest: the newest value that the site knows of the same visitor, which tells of a withdrawal
                since. Then only what both allow is allowed, and a value that cannot be read allows
                nothing. ``None`` means that the site knows of none.
        """
        queued = self._opened(value)
        return queued if latest is None else _both(queued, self._opened(latest))

    def require(self, value: str | None, name: str, *, latest: str | None = None) -> Consent:
        """Return what ``read`` returns if it allows ``name``.

        Raises:
            ConsentRequiredError: it does not.
            UnknownNameError: the policy declares no such name.
        """
        consent = self.read(value, latest=latest)
        if not consent.allows(name):
            raise ConsentRequiredError(name)
        return consent

    def _opened(self, value: str | None) -> Consent:
        if not value:
            return self._undecided
        opened = self._codec.from_value(value)
        return opened if opened.answers else self._unread


def _both(queued: Consent, latest: Consent) -> Consent:
    """Return ``latest`` without what ``queued`` does not allow.

    Not simply the newer one of the two: what was refused when the job was made is not made good by a
    later yes, and an answer that no longer counts cannot say when it was given.
    """
    answers = dict(latest.answers)
    for name in latest.policy.refusable_names:
        if not latest.allows(name):
            continue
        # Written down for each name: what is denied here must not take a service along that both allow.
        if not queued.allows(name):
            answers[name] = Answer(Choice.DENIED, queued.decided_at)
        elif settled := _settled(latest, name) or _settled(queued, name):
            answers[name] = settled
    return Consent(latest.policy, MappingProxyType(answers), latest.consent_id or queued.consent_id)


def _settled(consent: Consent, name: str) -> Answer | None:
    """Return the answer that settles ``name``; there is none where nobody has objected."""
    return consent.answers.get(consent.explain(name).decided_by)
