"""API keys: what is shown once, what opens, and what is taken back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from dangol.core.access.keys import (
    REMEMBERED,
    KeyExpired,
    KeyRevoked,
    MissingRight,
    NewKey,
    NoSuchKey,
    UnknownKey,
    forget_remembered_keys,
    list_keys,
    make_key,
    open_key,
    revoke_key,
)
from dangol.core.access.models import ApiKey
from dangol.core.access.rights import Right
from dangol.core.storage.ids import new_id
from dangol.core.storage.spaces import UnknownSpace

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def forgetting() -> Iterator[None]:
    yield
    forget_remembered_keys()


def a_key(*, expires_at: datetime | None = None) -> NewKey:
    return make_key(
        name="계산대", space="live", scopes=[Right.ORDERS_WRITE, Right.MEMBERS_READ],
        created_by="owner", at=NOON, expires_at=expires_at,
    )  # fmt: skip


def test_make_key__of_its_secret__keeps_a_hash_and_four_signs() -> None:
    made = a_key()

    row = ApiKey.objects.get()
    assert made.secret.startswith("dg_live_")
    assert len(made.secret) == len("dg_live_") + 43
    assert made.secret not in str(row.__dict__)
    assert made.view.shown == f"dg_live_…{made.secret[-4:]}"
    assert row.scopes == "members.read,orders.write"


def test_make_key__to_a_space_there_is_not__is_refused() -> None:
    with pytest.raises(UnknownSpace):
        make_key(name="x", space="nowhere", scopes=[], created_by="owner", at=NOON)

    assert list_keys() == []


def test_open_key__its_secret__opens_and_notes_that_it_is_used() -> None:
    made = a_key()

    opened = open_key(made.secret, at=NOON)

    assert opened.id == made.view.id
    assert list_keys()[0].used_at == NOON
    opened.require(Right.ORDERS_WRITE)
    with pytest.raises(MissingRight) as refusal:
        opened.require(Right.MEMBERS_ERASE)
    assert refusal.value.data == {"right": "members.erase"}


@pytest.mark.parametrize("secret", ["", "dg_live_", "dg_live_" + "A" * 43, "x", "\ud800"])
def test_open_key__nobody_was_given__is_unknown(secret: str) -> None:
    a_key()

    with pytest.raises(UnknownKey):
        open_key(secret, at=NOON)


def test_open_key__at_its_end__is_expired() -> None:
    made = a_key(expires_at=NOON + timedelta(hours=1))

    open_key(made.secret, at=NOON + timedelta(minutes=59))
    with pytest.raises(KeyExpired):
        open_key(made.secret, at=NOON + timedelta(hours=1))


def test_revoke_key__elsewhere__closes_it_here_within_seconds() -> None:
    made = a_key()
    open_key(made.secret, at=NOON)
    ApiKey.objects.update(revoked_at=NOON)  # by another process

    open_key(made.secret, at=NOON + REMEMBERED / 2)
    with pytest.raises(KeyRevoked):
        open_key(made.secret, at=NOON + REMEMBERED)


def test_revoke_key__here__closes_it_at_once_and_once() -> None:
    made = a_key()
    open_key(made.secret, at=NOON)

    revoke_key(made.view.id, at=NOON)
    revoke_key(made.view.id, at=NOON + timedelta(days=1))

    with pytest.raises(KeyRevoked):
        open_key(made.secret, at=NOON)
    assert list_keys()[0].revoked_at == NOON
    with pytest.raises(NoSuchKey):
        revoke_key(new_id(), at=NOON)
