"""What is over by the retention table is removed, once, and written down; nothing else is."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import override_settings

from dangol.core.access.chain import chain_entries, verify_chain
from dangol.core.access.log import list_entries, unmask
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.consents import ConsentDraft, record_consents
from dangol.core.people.holds import place_hold
from dangol.core.people.models import Customer, Erasure, RetentionRun
from dangol.core.people.retention import (
    YEAR,
    find_left,
    forget_left,
    kept_years,
    last_runs,
    record_classes,
    retain,
)
from dangol.core.people.selectors import ShopView
from dangol.core.people.services import make_guests, resolve_customers
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
AT = datetime(2020, 3, 1, 9, 30, tzinfo=UTC)
AGENT = Actor(ActorKind.STAFF, "agent-1")


def join(name: str, at: datetime) -> Id:
    with write_transaction():
        [made] = resolve_customers("external", [name], recorded_at=at).values()
    return made


def test_retain__two_years_of_access_log__older_goes_and_is_reported(korean_shop: ShopView) -> None:
    member = join("A", AT)
    for day in (0, 10, 800):
        unmask([member], actor=AGENT, reason=f"day {day}", at=AT + timedelta(days=day))
    chain_entries()

    removed = {one.name: one.records for one in retain(as_of=AT + timedelta(days=801))}

    assert removed == {"access_log": 2, "retention_runs": 0, "deleted_bytes": 0}
    assert [one.reason for one in list_entries()] == ["day 800"]
    assert verify_chain(as_of=AT + timedelta(days=801)).faults == []
    again = {one.name: one.records for one in retain(as_of=AT + timedelta(days=802))}
    assert again["access_log"] == 0
    assert [(one.name, one.records) for _, one in last_runs() if one.records] == [("access_log", 2)]
    retain(as_of=AT + timedelta(days=802) + 3 * YEAR + timedelta(days=1))
    assert RetentionRun.objects.filter(at__lt=AT + timedelta(days=1_500)).count() == 0


def test_retain__somebody_erased__their_bytes_are_scrubbed_the_next_day(korean_shop: ShopView) -> None:
    member = join("A", AT)
    assert forget_left(AT + YEAR, AT + 2 * YEAR) == 1

    retain(as_of=AT + 2 * YEAR + timedelta(days=1))

    assert Customer.objects.get(customer_id=member).kind == "erased"
    assert RetentionRun.objects.filter(record_class="deleted_bytes").exists()


def test_forget_left__nothing_for_years__erased_but_for_guests_holds_and_the_living(
    korean_shop: ShopView,
) -> None:
    silent, held, alive, new = (
        join(name, at) for name, at in (("S", AT), ("H", AT), ("L", AT), ("N", AT + 3 * YEAR))
    )
    with write_transaction():
        [guest] = make_guests(1, recorded_at=AT)
        consent = ConsentDraft(alive, "sms", "marketing", True, AT + 2 * YEAR, "till")
        record_consents([consent], recorded_at=AT + 2 * YEAR)
    place_hold(held, actor=AGENT, reason="소송", at=AT)
    before, as_of = AT + YEAR, AT + 4 * YEAR
    assert find_left(before=before, as_of=as_of) == [silent]

    assert forget_left(before, as_of) == 1
    assert forget_left(before, as_of) == 0

    kinds = dict(Customer.objects.values_list("customer_id", "kind"))
    assert kinds == {silent: "erased", held: "member", alive: "member", new: "member", guest: "guest"}
    assert Erasure.objects.get().actor == "dangol"


def test_find_left__more_held_than_fit_a_page__the_rest_is_found(korean_shop: ShopView) -> None:
    people = [join(f"P{number}", AT) for number in range(5)]
    for one in sorted(people)[:3]:
        place_hold(one, actor=AGENT, reason="소송", at=AT)

    assert find_left(before=AT + YEAR, as_of=AT + 2 * YEAR, limit=2) == sorted(people)[3:]


def test_table__by_default__forgets_nobody_and_names_each_class_once() -> None:
    classes = {one.name: one for one in record_classes()}

    assert len(classes) == len(record_classes())
    assert kept_years() is classes["people"].kept is None
    assert classes["access_log"].kept == 2 * YEAR
    with override_settings(FORGET_AFTER_YEARS=3):
        assert kept_years() == 3 * YEAR
