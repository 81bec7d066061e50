"""How messages of a channel leave, as the shop has set it: kept sealed, opened by its connector only."""

from datetime import datetime
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dangol.core.messaging.models import Way
from dangol.core.messaging.sealed_contents import HOUSE, KEY
from dangol.core.people.data_keys import shared_key
from dangol.core.people.sealing import Place, Sealed, open_with, seal_with
from dangol.core.storage.transactions import require_write_transaction


class OpenWay(NamedTuple):
    """What a connector has kept of its channel, in its own form, and who set it when."""

    told: str
    set_at: datetime
    set_by: str


def has_way(channel: str) -> bool:
    """Say whether the shop has set how this channel's messages leave; nothing is opened."""
    return Way.objects.filter(channel=channel).exists()


def keep_way(channel: str, told: str, *, by: str, at: datetime) -> None:
    """Keep how this channel's messages leave, in place of what was kept. Must be called in a transaction."""
    require_write_transaction()
    sealed = seal_with(AESGCM(shared_key(KEY)), HOUSE, _place(channel), told)
    Way.objects.update_or_create(
        channel=channel, defaults={"sealed": sealed, "set_at": at, "set_by": by[:150]}
    )


def open_way(channel: str) -> OpenWay | None:
    """Return what is kept of this channel; None where nothing is. Raises SealBroken or KeyStoreGone."""
    row = Way.objects.filter(channel=channel).first()
    if row is None:
        return None
    sealed = Sealed(HOUSE, _place(channel), bytes(row.sealed))
    return OpenWay(open_with(AESGCM(shared_key(KEY)), sealed), row.set_at, row.set_by)


def forget_way(channel: str) -> bool:
    """Forget how this channel's messages leave; says whether anything was kept. Call it in a transaction."""
    require_write_transaction()
    return bool(Way.objects.filter(channel=channel).delete()[0])


def _place(channel: str) -> Place:
    return Place("dg_message_way", "sealed", channel.encode())
