"""Which Content-Security-Policy a response carries: the strict one, or for the admin the one its theme needs.

django-unfold's Alpine build evaluates expressions and its pages have inline parts (unfoldadmin/django-unfold#2129), so
`/admin/` alone is answered with a policy that allows both; everything still comes from this host.
"""

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

ADMIN_POLICY = {
    "default-src": [NONE],
    "script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}


class PolicyMiddleware(CSPMiddleware):
    """django-csp's middleware with a policy of its own for the admin."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path.startswith(reverse("admin:index")):
            parts.replace = ADMIN_POLICY
        return parts
