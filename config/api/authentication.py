"""Tokens of programs: `Authorization: Bearer <token>`, by django-rest-knox."""

from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed


class BearerAuthentication(TokenAuthentication):  # type: ignore[misc]  # knox ships no types
    """One query for each request, none for what cannot be a token: knox would break on NUL and what is not UTF-8.

    Knox also reads all tokens of the user each time, to delete those that have ended; the ticker does that.
    """

    def authenticate_credentials(self, token: bytes) -> Any:
        if not token.isalnum():
            raise AuthenticationFailed("this is no token; manage.py api_token makes one")
        return super().authenticate_credentials(token)

    def _cleanup_token(self, auth_token: AuthToken) -> bool:
        """True: it has ended and is no longer good."""
        return auth_token.expiry is not None and auth_token.expiry < timezone.now()


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # partly typed library
    target_class = BearerAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
