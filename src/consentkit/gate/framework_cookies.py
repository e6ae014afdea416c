"""Cookies without which logging in, forms and flash messages break on the first day.

These are what the frameworks of our users set for a service that the visitor asked for. They pass
although nobody has declared them. A declaration of the site's own comes first.
"""

from __future__ import annotations

from typing import Final

FRAMEWORK_COOKIES: Final = (
    # Starlette, Quart, Flask: the session; Flask-Login: staying signed in
    "session", "__Host-session", "__Secure-session", "remember_token",
    # Django: session, messages, language chosen by the visitor
    "sessionid", "messages", "django_language",
    # forms: Django, starlette-csrf, asgi-csrf, fastapi-csrf-protect, Angular, Tornado, Litestar
    "csrftoken", "csrf_token", "_csrf_token", "_csrf", "__Host-csrf*", "fastapi-csrf-token", "XSRF-TOKEN",
    "_xsrf", "csrf",
    # fastapi-users, and its OAuth login
    "fastapiusersauth", "fastapiusersoauthcsrf",
    # JWT in cookies: Flask-JWT-Extended and those that followed it
    "access_token", "refresh_token", "access_token_cookie", "refresh_token_cookie", "csrf_access_token",
    "csrf_refresh_token",
    # the way back from a login elsewhere: OAuth, OpenID Connect, SAML. One for each attempt, or in chunks.
    "_state_*", "oauth_state*", "oauth2_state*", "oauth_nonce*", "oidc_state*", "oidc_nonce*",
    "saml_session*", "saml_request*", "_oauth2_proxy*",
)  # fmt: skip
