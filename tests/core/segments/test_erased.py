"""Traits told while their customer is being erased: two writers at one time, on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction

from dangol.core.people.erasures import erase_customer
from dangol.core.people.models import Customer
from dangol.core.people.sealing import PersonErased
from dangol.core.segments.models import Trait
from dangol.core.segments.traits import TraitDraft, report_traits
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError
from tests.core.commerce.shop import DAY, MORNING
from tests.core.segments.shop import MARKETER, catch_up, open_shop
from tests.waiting import PATIENCE, wait_for_waiting

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def tell(customer_id: Id) -> DomainError | None:
    try:
        with write_transaction():
            [outcome] = report_traits(
                [TraitDraft(customer_id, "app.plan", "gold", MORNING, "app")], recorded_at=MORNING
            )
        return outcome
    finally:
        connections.close_all()


def erase(customer_id: Id) -> None:
    try:
        erase_customer(customer_id, actor=MARKETER, reason="asked", at=MORNING + DAY)
    finally:
        connections.close_all()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
def test_report_traits__erasure_has_the_lock__tells_nothing_of_who_is_gone() -> None:
    [one] = open_shop("A")
    catch_up(MORNING)

    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            # It has the customer's lock, and comes to this row last.
            Customer.objects.select_for_update().get(customer_id=one)
            erasing = pool.submit(erase, one)
            wait_for_waiting(1)
            telling = pool.submit(tell, one)
            wait_for_waiting(2)
        erasing.result(PATIENCE)
        refusal = telling.result(PATIENCE)

    assert isinstance(refusal, PersonErased)
    assert not Trait.objects.exists()
