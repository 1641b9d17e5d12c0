"""What the requests of one attempt used, and what they cost where that is known.

A price is known when the list of prices has the service's own address and the model it says it used. A proxy or a
server of one's own has no known price, whatever it calls its models: unknown is left out, never 0.
"""

from decimal import ROUND_CEILING, Decimal
from typing import Any

from genai_prices import calc_price
from pydantic_ai.messages import ModelResponse
from pydantic_ai.usage import RequestUsage


def note_response(usage: dict[str, Any], response: ModelResponse) -> None:
    """Add one response: `input_tokens` (of them `cached_input_tokens`, if any), `output_tokens`, `cost_microusd`.

    The last only while every request's cost is known.

    A response that does not say what it used counts as `unmeasured_requests`.
    """
    used = response.usage
    if used.unmeasured_requests:
        usage["unmeasured_requests"] = usage.get("unmeasured_requests", 0) + used.unmeasured_requests
    else:
        for name in ("input_tokens", "output_tokens"):
            usage[name] = usage.get(name, 0) + getattr(used, name)
        if used.cache_read_tokens:  # among the input tokens
            usage["cached_input_tokens"] = usage.get("cached_input_tokens", 0) + used.cache_read_tokens
    cost = None if used.unmeasured_requests else cost_microusd(used, response.model_name, response.provider_url)
    earlier = usage.pop("cost_microusd", None if usage.get("requests", 0) > 1 else 0)
    if cost is not None and earlier is not None:
        usage["cost_microusd"] = earlier + cost


def cost_microusd(used: RequestUsage, model: str | None, url: str | None) -> int | None:
    """Millionths of a US dollar, rounded up so that what costs anything is never free; None when not known."""
    if not model or not url:
        return None
    try:
        price = calc_price(used, model, provider_api_url=url).total_price
    except (LookupError, ValueError):  # not on the list; or tokens that do not add up
        return None
    return int((price * Decimal(1_000_000)).to_integral_value(ROUND_CEILING))
