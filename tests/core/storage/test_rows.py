"""Set-based SQL: what it promises on both databases."""

import pytest
from django.db import IntegrityError

from dangol.core.events.models import CustomerHead
from dangol.core.storage.ids import random_id
from dangol.core.storage.rows import insert_rows
from dangol.core.storage.transactions import write_transaction

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("others", [0, 1, 100])
def test_insert_rows__a_key_is_taken__raises_integrity_error_and_writes_nothing(others: int) -> None:
    taken = (random_id(), 1)
    with write_transaction():
        insert_rows(CustomerHead, ("customer_id", "last_seq"), [taken])

    rows = [*((random_id(), 1) for _ in range(others)), taken]
    with pytest.raises(IntegrityError), write_transaction():
        insert_rows(CustomerHead, ("customer_id", "last_seq"), rows)

    assert CustomerHead.objects.count() == 1
