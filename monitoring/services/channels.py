"""Channels: where messages go."""

from monitoring.channels.catalog import CHANNEL_TYPES
from monitoring.exceptions import ChannelNotFound, InvalidChannel
from monitoring.models import Channel
from monitoring.states import ChannelKind

LOG = "log"
LONGEST_TARGET = 2_000


def save_channel(*, name: str, kind: str, target: str = "", enabled: bool = True) -> Channel:
    """Make a channel, or change the one of this name. Raises `InvalidChannel`."""
    if kind not in CHANNEL_TYPES:
        raise InvalidChannel(f"{kind!r} is no kind of channel; there are {', '.join(CHANNEL_TYPES)}")
    if not name or len(name) > 100 or not name.isprintable():
        raise InvalidChannel("a channel has a name of at most 100 characters")
    if name == LOG and kind != ChannelKind.LOG:
        raise InvalidChannel('the name "log" belongs to the channel that writes to the log')
    if len(target) > LONGEST_TARGET:
        raise InvalidChannel(f"a channel's target has at most {LONGEST_TARGET} characters")
    CHANNEL_TYPES[kind].check(target)
    channel, _ = Channel.objects.update_or_create(
        name=name, defaults={"kind": kind, "target": target, "enabled": enabled}
    )
    return channel


def obstacle(channel: Channel) -> str:
    """What is known to keep its messages from arriving, with the setting that mends it; else empty."""
    return CHANNEL_TYPES[channel.kind].obstacle(channel.target)


def delete_channel(*, name: str) -> None:
    """Delete a channel with its messages; rules that name it tell the others.

    Raises `ChannelNotFound`, `InvalidChannel` for the log's.
    """
    if name == LOG:
        raise InvalidChannel('the channel "log" is always there; switch it off instead')
    deleted, _ = Channel.objects.filter(name=name).delete()
    if not deleted:
        raise ChannelNotFound(f'there is no channel "{name}"')


def ensure_log_channel() -> None:
    Channel.objects.get_or_create(name=LOG, defaults={"kind": ChannelKind.LOG})
