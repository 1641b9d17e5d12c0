"""Messages by e-mail, through the server that EMAIL_URL names."""

from collections.abc import Mapping
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email

from monitoring.exceptions import InvalidChannel, UndeliverableNotice

MOST_ADDRESSES = 50


def addresses(target: str) -> list[str]:
    return [address.strip() for address in target.split(",") if address.strip()]


def check(target: str) -> None:
    found = addresses(target)
    if not 0 < len(found) <= MOST_ADDRESSES:
        raise InvalidChannel(f"give one to {MOST_ADDRESSES} e-mail addresses, separated by commas")
    for address in found:
        try:
            validate_email(address)
        except ValidationError as error:
            raise InvalidChannel(f'"{address[:100]}" is no e-mail address') from error


def obstacle(target: str) -> str:
    if settings.ORCHESTRATION.email_url:
        return ""
    return f"EMAIL_URL names no mail server, so mail goes to {settings.EMAIL_HOST}:{settings.EMAIL_PORT}"


def send(target: str, content: Mapping[str, Any], message_id: str) -> str:
    message = EmailMessage(
        subject=content["subject"],
        body=content["text"],
        to=addresses(target),
        headers={"Message-ID": f"<{message_id}@monitoring.orchestration>", "Auto-Submitted": "auto-generated"},
    )
    try:
        message.send()
    except (SMTPException, OSError) as error:
        said = f"{type(error).__name__}: {error}"
        raise UndeliverableNotice("; ".join(filter(None, (said, obstacle(target))))) from error
    return "accepted by the mail server"
