"""The kinds of channels: how each checks its target, and how it sends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from monitoring.channels import email, log, webhook
from monitoring.states import ChannelKind

Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChannelType:
    """`check(target)` raises `InvalidChannel`; `send(target, content, message_id)` raises `UndeliverableNotice`.

    `obstacle(target)`: what is known to keep messages from arriving, with the setting that mends it; else empty.
    """

    check: Callable[[str], None]
    obstacle: Callable[[str], str]
    send: Callable[[str, Content, str], str]


CHANNEL_TYPES: Mapping[str, ChannelType] = {
    ChannelKind.LOG: ChannelType(log.check, log.obstacle, log.send),
    ChannelKind.EMAIL: ChannelType(email.check, email.obstacle, email.send),
    ChannelKind.WEBHOOK: ChannelType(webhook.check, webhook.obstacle, webhook.send),
}
