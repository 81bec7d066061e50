"""What `dangol ledger verify` proves of the catalog, and what it finds where somebody tampered with it."""

import pytest
from django.db import IntegrityError, connection

from dangol.core.ledger.verify import verify
from dangol.core.storage.ids import new_id
from dangol.domain.redeeming import RewardKind
from dangol.project.checks import all_checks
from dangol.rooms.rewards.catalog.editing import import_codes
from dangol.rooms.rewards.catalog.models import Redemption, RewardCode
from dangol.rooms.rewards.catalog.services import cancel_redemption
from tests.rooms.rewards.catalog.shop import BY, CLERK, NOW, member_with, open_shop, redeem, reward

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture(autouse=True)
def shop() -> None:
    """One cup taken, one taken back, and a code that was read."""
    open_shop()
    member, mug, card = member_with(300), reward(5), reward(kind=RewardKind.CODE)
    import_codes(card, ["AAA"], actor=CLERK, at=NOW)
    redeem(member, mug, "1")
    cancel_redemption(member, redeem(member, mug, "2"), by=BY)
    redeem(member, card, "3", reveals=True)


def broken() -> list[str]:
    return [finding.check.name for finding in verify(all_checks()) if not finding.is_kept]


def test_verify__healthy_catalog__finds_nothing() -> None:
    looked = {one.check.name: one.looked.checked for one in verify(all_checks())}

    assert broken() == []
    assert (looked["redemption.paid"], looked["redemption.code"]) == (3, 1)


@pytest.mark.parametrize("change", [{"points": 59}, {"points": 0}, {"transfer_id": None}, {"currency": "Q"}])
def test_verify__redemption_that_was_not_paid_so__is_found(change: dict[str, object]) -> None:
    Redemption.objects.filter(key="1").update(**change)

    assert broken() == ["redemption.paid"]


def test_verify__code_of_another_redemption__is_found() -> None:
    RewardCode.objects.update(redemption_id=new_id())

    assert broken() == ["redemption.code"]


def test_verify__code_back_in_its_pool_though_taken__is_found() -> None:
    RewardCode.objects.update(redemption_id=None)

    assert broken() == ["redemption.code"]


def test_stock__below_zero__is_refused_by_the_database_itself() -> None:
    with connection.cursor() as cursor, pytest.raises(IntegrityError, match="dg_reward_stock_left"):
        cursor.execute('UPDATE dg_reward_stock SET "left" = -1')
