"""The shop's facts, changed in two windows at once."""

import threading
import time
from datetime import UTC, datetime

import pytest
from django.db import connections

from dangol.core.commerce.shop_facts import change_shop
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.selectors import shop
from dangol.core.people.shops import set_shop
from dangol.core.storage.transactions import write_transaction

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
OWNER = Actor(ActorKind.STAFF, "owner")
# So long the second window is given to come as far as it can.
A_MOMENT = 0.5


def test_change_shop__two_windows_at_once__keep_what_either_changed(transactional_db: None) -> None:
    set_shop(name="가게", zone="Asia/Seoul", currency="KRW", region="KR")

    def rename() -> None:
        try:
            change_shop(actor=OWNER, reason="둘째 창", at=AT, name="골목 빵집")
        finally:
            connections.close_all()

    other = threading.Thread(target=rename)
    with write_transaction():
        change_shop(actor=OWNER, reason="첫째 창", at=AT, zone="Asia/Tokyo")
        other.start()
        time.sleep(A_MOMENT)
    other.join()

    assert (shop().zone, shop().name) == ("Asia/Tokyo", "골목 빵집")
