"""What goes wrong on the way to a hosted model, as the engine's errors: a stable code, and whether to try again.

Owns the table and the words. Messages carry what the service said, shortened and with every key struck out.
"""

import logging
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pydantic_ai import exceptions as ai

from orchestration.exceptions import RetryableTaskError, TaskError
from orchestration.providers.hosted.endpoints import Endpoint, secrets

MAX_SAID = 500

logger = logging.getLogger(__name__)

# The first class that fits decides: code, whether another try may help, what does. {key} and {url} are settings.
FAULTS: tuple[tuple[type[Exception], str, bool, str], ...] = (
    (ai.ModelQuotaExceededError, "quota_exceeded", False, "raise the limit or the balance of the account"),
    (ai.ModelRateLimitError, "rate_limited", True, "too many requests"),
    (ai.ModelContextWindowExceededError, "context_too_long", False, "shorten the text, or use a model that takes more"),
    (ai.ModelAuthenticationError, "authentication_failed", False, "check {key} and what it may do"),
    (ai.ModelNotFoundError, "model_not_found", False, "check the name of the model, and {url}"),
    (ai.ModelRequestRejectedError, "bad_request", False, "the request was refused as it stands"),
    (ai.ModelUnavailableError, "service_unavailable", True, "the service is overloaded or away"),
    (ai.ModelServerError, "server_error", True, "the service failed"),
    (ai.ModelRequestTimeout, "model_timeout", True, "no complete answer in time (MODEL_REQUEST_TIMEOUT)"),
    (ai.ModelTimeoutError, "model_timeout", True, "no answer in time (MODEL_REQUEST_TIMEOUT)"),
    (ai.ModelConnectionError, "connection_failed", True, "the connection failed or broke; see {url}"),
    (ai.UnexpectedModelBehavior, "malformed_reply", True, "the reply is not of this protocol; see {url}"),
    (ai.UserError, "unsupported_operation", False, "see {mode}"),
)
# Statuses the library has no class for.
STATUSES: Mapping[int, tuple[str, bool, str]] = {
    408: ("model_timeout", True, "the service waited too long for the request"),
    413: ("context_too_long", False, "shorten the text"),
    425: ("service_unavailable", True, "the service asks to come again"),
}
REFUSED = ("refused", False, "the service's content rules; another wording or another model may do")
REFUSING_CODES = ("content_filter", "content_policy_violation")
BAD_REQUEST = ("bad_request", False, "the request was refused as it stands")
REDIRECTED = ("redirected", False, "redirects are not followed; put the final address into {url}")
MALFORMED = ("malformed_reply", True, "the reply is not of this protocol; see {url}")

# The libraries take much of a reply on trust: one with holes in it fails wherever it is first missed.
HOLES = (LookupError, AttributeError, TypeError, ValueError, AssertionError)


@contextmanager
def named_faults(endpoint: Endpoint, model: str) -> Iterator[None]:
    """Inside, whatever the library raises becomes a `TaskError` with one of the codes."""
    try:
        yield
    except (ai.AgentRunError, ai.UserError) as error:
        raise _named(error, endpoint, model) from error
    except HOLES as error:
        # Where, not what: the message may quote the reply.
        at = traceback.extract_tb(error.__traceback__)[-1]
        kind = type(error).__name__
        logger.warning("a reply of %s could not be read: %s in %s:%s", endpoint, kind, at.filename, at.lineno)
        raise _task_error(MALFORMED, endpoint, model, "", None) from error


def refusal(endpoint: Endpoint, model: str, said: str) -> TaskError:
    """The model, or the service for it, would not answer."""
    return _task_error(REFUSED, endpoint, model, said, None)


def scrubbed(text: str) -> str:
    """The text without any key, shortened."""
    for secret in secrets():
        text = text.replace(secret, "***")
    return text if len(text) <= MAX_SAID else text[: MAX_SAID - 1] + "…"


def _named(error: Exception, endpoint: Endpoint, model: str) -> TaskError:
    after = error.retry_after if isinstance(error, ai.ModelAPIError) else None
    return _task_error(_fault(error), endpoint, model, _said(error), after)


def _fault(error: Exception) -> tuple[str, bool, str]:
    if isinstance(error, ai.ModelAPIError) and error.provider_error_code in REFUSING_CODES:
        return REFUSED
    for kind, code, retryable, hint in FAULTS:
        if isinstance(error, kind):
            return code, retryable, hint
    if isinstance(error, ai.ModelHTTPError):
        return STATUSES.get(error.status_code, BAD_REQUEST)
    # A status that is neither success nor failure: the cause is the service's library's own error.
    return REDIRECTED if 300 <= getattr(error.__cause__, "status_code", 0) < 400 else MALFORMED


def _said(error: Exception) -> str:
    """What the service itself said, out of the error's body if there is one."""
    if isinstance(error, ai.ModelHTTPError):
        body = error.body
        inner = body.get("error", body) if isinstance(body, Mapping) else body
        message = inner.get("message") if isinstance(inner, Mapping) else inner
        return f"{error.status_code}: {message}" if message else str(error.status_code)
    return str(error)


def _task_error(
    fault: tuple[str, bool, str], endpoint: Endpoint, model: str, said: str, retry_after: float | None
) -> TaskError:
    code, retryable, hint = fault
    service = endpoint.service
    settings = {
        "key": service.key_setting,
        "url": service.url_setting,
        "mode": f"{service.name.upper()}_STRUCTURED_OUTPUT",
    }
    detail = f": {scrubbed(said)}" if said else ""
    kind = RetryableTaskError if retryable else TaskError
    message = f'the model "{model}" of {endpoint} gave no answer; {hint.format(**settings)}{detail}'
    return kind(message, code=code, retry_after=retry_after)
