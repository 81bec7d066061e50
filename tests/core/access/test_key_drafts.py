"""Keys as they are asked for: what is refused, and that nobody hands on more than they hold."""

from datetime import UTC, datetime, timedelta

import pytest

from dangol.core.access.key_drafts import (
    LIFETIMES,
    KeyDraft,
    KeyLifetimeUnknown,
    KeyNameUnfit,
    KeyScopesMissing,
    KeyScopeUnknown,
    issue_key,
)
from dangol.core.access.keys import MissingRight, list_keys
from dangol.core.access.rights import RIGHTS, Right, Role
from dangol.core.storage.spaces import InvalidSpaceName, UnknownSpace
from dangol.domain.errors import DomainError

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
TILL = KeyDraft("  강남점 계산대 ", "live", ["orders.write", "members.read"], 90)


def test_issue_key__as_asked__has_the_name_scopes_and_end() -> None:
    made = issue_key(TILL, held=RIGHTS[Role.OWNER], by="owner", at=NOON).view

    assert made.name == "강남점 계산대"
    assert made.scopes == {Right.ORDERS_WRITE, Right.MEMBERS_READ}
    assert made.expires_at == NOON + timedelta(days=90)
    assert list_keys() == [made]


def test_issue_key__without_an_end__never_expires() -> None:
    assert issue_key(TILL._replace(days=None), held=set(Right), by="o", at=NOON).view.expires_at is None


@pytest.mark.parametrize(
    ("draft", "refusal"),
    [
        (TILL._replace(name=" "), KeyNameUnfit),
        (TILL._replace(name="x" * 61), KeyNameUnfit),
        (TILL._replace(name="a\nb"), KeyNameUnfit),
        (TILL._replace(name="a\0b"), KeyNameUnfit),
        (TILL._replace(scopes=[]), KeyScopesMissing),
        (TILL._replace(scopes=["members.read", "members.eat"]), KeyScopeUnknown),
        (TILL._replace(space="nowhere"), UnknownSpace),
        (TILL._replace(space="../live"), InvalidSpaceName),
        (TILL._replace(days=0), KeyLifetimeUnknown),
        (TILL._replace(days=-1), KeyLifetimeUnknown),
        (TILL._replace(days=max(LIFETIMES) + 1), KeyLifetimeUnknown),
    ],
)
def test_issue_key__odd_part__is_refused_and_none_is_made(
    draft: KeyDraft, refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        issue_key(draft, held=set(Right), by="owner", at=NOON)

    assert list_keys() == []


def test_issue_key__scope_its_maker_has_not__is_refused() -> None:
    with pytest.raises(MissingRight) as refusal:
        issue_key(TILL, held=RIGHTS[Role.AUDITOR], by="auditor", at=NOON)

    assert refusal.value.data == {"right": "orders.write"}
