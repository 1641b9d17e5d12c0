"""The kinds of channels: how each checks its target, and how it sends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from monitoring.channels import email, log, webhook
from monitoring.states import ChannelKind

Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChannelType:
    """`check(target)` raises `InvalidChannel`; `send(target, content, message_id)` raises `UndeliverableNotice`."""

    check: Callable[[str], None]
    send: Callable[[str, Content, str], str]


CHANNEL_TYPES: Mapping[str, ChannelType] = {
    ChannelKind.LOG: ChannelType(log.check, log.send),
    ChannelKind.EMAIL: ChannelType(email.check, email.send),
    ChannelKind.WEBHOOK: ChannelType(webhook.check, webhook.send),
}
