"""Tokens of programs: `Authorization: Bearer <token>`, by django-rest-knox."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed


class BearerAuthentication(TokenAuthentication):  # type: ignore[misc]  # knox ships no types
    """Asks the database about nothing that cannot be a token: knox would break on NUL and on what is not UTF-8."""

    def authenticate_credentials(self, token: bytes) -> Any:
        if not token.isalnum():
            raise AuthenticationFailed("this is no token; manage.py api_token makes one")
        return super().authenticate_credentials(token)


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # partly typed library
    target_class = BearerAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
