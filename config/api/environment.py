"""The environment variables of the REST interface."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from orchestration.conf import EnvironmentModel, PositiveInt, Size

PERIODS = ("second", "minute", "hour", "day")


def _check_rate(value: str) -> str:
    count, _, period = value.partition("/")
    if value != "off" and not (count.isascii() and count.isdigit() and int(count) and period in PERIODS):
        raise ValueError("a number of requests per second, minute, hour or day such as 600/minute, or off")
    return value


Rate = Annotated[str, BeforeValidator(str.strip), AfterValidator(_check_rate)]


class ApiConfig(EnvironmentModel):
    """Limits of the REST interface; sizes in bytes."""

    api_throttle_user: Rate = "600/minute"
    """Requests of one user."""
    api_throttle_anonymous: Rate = "30/minute"
    """Requests of one address without a login; they are refused anyway."""
    api_max_body_bytes: Size = 32 * 1024 * 1024
    """The largest JSON body; a pipeline's definition has its own, smaller limit."""
    api_max_streams: PositiveInt = 4
    """Event streams one web process serves at once; each holds one of its threads."""

    @property
    def throttle_rates(self) -> dict[str, str | None]:
        """As Django REST framework wants them: None switches a throttle off."""
        rates = {"user": self.api_throttle_user, "anon": self.api_throttle_anonymous}
        return {scope: None if rate == "off" else rate for scope, rate in rates.items()}
