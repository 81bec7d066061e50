"""Counting the people whose key is gone."""

from datetime import datetime

import pytest

from dangol.core.people.data_keys import destroy_key
from dangol.core.people.identities import Kind
from dangol.core.people.lost_keys import count_lost_keys
from dangol.core.people.models import PersonKey
from dangol.core.people.selectors import ShopView
from dangol.core.people.services import make_guests, resolve_customers
from dangol.core.storage.transactions import write_transaction

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.mark.parametrize("batch", [2, 3, 10_000])
def test_count_lost_keys__guests_erased_and_lost__only_the_lost(
    korean_shop: ShopView, at: datetime, batch: int
) -> None:
    with write_transaction():
        owners = resolve_customers(Kind.EXTERNAL, [f"C{number}" for number in range(7)], recorded_at=at)
        make_guests(3, recorded_at=at)
    destroy_key(owners["C0"], at=at)
    assert count_lost_keys(batch=batch) == 0

    PersonKey.objects.filter(customer_id__in=[owners["C1"], owners["C2"]]).delete()

    assert count_lost_keys(batch=batch) == 2
