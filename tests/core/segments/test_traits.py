"""Traits that are told: kept by kind, the latest counts, what cannot be one is refused."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.core.events.models import Event
from dangol.core.people.consents import ConsentDraft, record_consents
from dangol.core.people.merges import merge_customers, undo_merge
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.segments import traits
from dangol.core.segments.catalog import list_traits, read_traits
from dangol.core.segments.takeout import TRAITS
from dangol.core.segments.traits import TraitDraft, report_traits, traits_of
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.conditions import Kind, Value
from dangol.domain.errors import DomainError
from dangol.project.clock import now
from dangol.rooms.rewards.first_program import make_first_program
from tests.core.commerce.shop import DAY, MORNING
from tests.core.ledger.following import BY_HAND
from tests.core.segments.shop import buy, catch_up, open_shop

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def tell(customer_id: Id, name: str, value: Value | None, *, at: datetime = MORNING) -> DomainError | None:
    with write_transaction():
        [outcome] = report_traits([TraitDraft(customer_id, name, value, at, "app")], recorded_at=at)
    return outcome


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("gold", Kind.TEXT),
        (Decimal("12.5"), Kind.NUMBER),
        (7, Kind.NUMBER),
        (True, Kind.FLAG),
        (date(2026, 2, 28), Kind.DATE),
        (datetime(2026, 2, 28, 12, 0, 0, 123456, UTC), Kind.INSTANT),
        (("tea", "coffee"), Kind.LIST),
        ((), Kind.LIST),
    ],
)
def test_report_traits__each_kind__comes_back_as_it_was_told(value: Value, kind: Kind) -> None:
    [one] = open_shop("A")

    assert tell(one, "app.thing", value) is None

    assert traits_of(one) == [("app.thing", value, MORNING, "app")]
    assert read_traits([one], frozenset({"app.thing"}), as_of=MORNING) == {one: {"app.thing": value}}
    assert {spec.name: spec.type.kind for spec in list_traits()}["app.thing"] is kind


@pytest.mark.parametrize(
    ("name", "value", "refusal"),
    [
        ("App Level", 1, traits.NotATraitName),
        ("x" * 65, 1, traits.NotATraitName),
        ("rewards.points", 1_000_000, traits.TraitProvided),
        ("rfm.segment", 5, traits.TraitProvided),
        ("app.mail", "someone", traits.PersonalTrait),
        ("crm.contact.name", "Kim", traits.PersonalTrait),
        ("app.birthday", date(1990, 3, 14), traits.PersonalTrait),
        ("app.note", "write to kim@example.com", traits.PersonalTrait),
        ("app.note", ("tea", "010-1234-5678"), traits.PersonalTrait),
        ("app.number", "900314-1234567", traits.PersonalTrait),
        ("app.number", 9_003_141_234_567, traits.PersonalTrait),
        ("app.number", Decimal("9003141234567"), traits.PersonalTrait),
        ("lookalike.best", Decimal("0.9"), traits.TraitProvided),
        ("cart.total_minor", 9_000, traits.TraitProvided),
        ("coupon.code", "SPRING", traits.TraitProvided),
        ("app.level", "x" * 501, traits.NotATraitValue),
        ("app.level", ("x",) * 101, traits.NotATraitValue),
        ("app.level", Decimal("NaN"), traits.NotATraitValue),
        ("app.level", datetime(2026, 1, 1), traits.NotATraitValue),  # noqa: DTZ001 - that is what is wrong
        ("app.known", "three", traits.TraitOfAnotherKind),
    ],
)
def test_report_traits__cannot_be_one__is_refused_and_the_others_are_kept(
    name: str, value: Value, refusal: type[DomainError]
) -> None:
    [one] = open_shop("A")
    tell(one, "app.known", 3)

    with write_transaction():
        outcomes = report_traits(
            [TraitDraft(one, name, value, MORNING, "app"), TraitDraft(one, "app.other", 1, MORNING, "app")],
            recorded_at=MORNING,
        )

    assert [type(one) for one in outcomes] == [refusal, type(None)]
    assert [name for name, *_ in traits_of(one)] == ["app.known", "app.other"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("app.number", 9_993_141_234_567),
        ("app.has_email", True),
        ("app.email", True),
        ("app.email", None),
        ("app.city_count", 3),
    ],
)
def test_report_traits__only_sounds_personal__is_none(name: str, value: Value | None) -> None:
    [one] = open_shop("A")

    assert tell(one, name, value) is None


def test_report_traits__as_of_an_earlier_instant__changes_nothing() -> None:
    [one] = open_shop("A")
    tell(one, "app.level", 2, at=MORNING + DAY)
    tell(one, "app.level", 1, at=MORNING)

    assert traits_of(one) == [("app.level", Decimal(2), MORNING + DAY, "app")]


def test_report_traits__none__takes_it_away() -> None:
    [one] = open_shop("A")
    tell(one, "app.level", 2)
    tell(one, "app.level", None, at=MORNING + DAY)

    assert traits_of(one) == []


@pytest.mark.parametrize("told_before", [True, False])
def test_report_traits__taken_away__no_value_of_before_comes_back(told_before: bool) -> None:
    [one] = open_shop("A")
    if told_before:
        tell(one, "app.plan", "new", at=MORNING + DAY)
    tell(one, "app.plan", None, at=MORNING + 2 * DAY)

    tell(one, "app.plan", "old", at=MORNING)

    assert traits_of(one) == []
    assert read_traits([one], frozenset({"app.plan"}), as_of=MORNING + 3 * DAY) == {}
    assert TRAITS.read([one]) == []
    assert Event.objects.filter(name="traits.reported").count() == (2 if told_before else 0)

    tell(one, "app.plan", "newer", at=MORNING + 3 * DAY)
    assert traits_of(one) == [("app.plan", "newer", MORNING + 3 * DAY, "app")]


def test_report_traits__text_that_says_null__is_a_value() -> None:
    [one] = open_shop("A")

    tell(one, "app.plan", "null")

    assert traits_of(one) == [("app.plan", "null", MORNING, "app")]


def test_report_traits__same_value_again__tells_nothing() -> None:
    [one] = open_shop("A")
    for days in range(3):
        tell(one, "app.level", 2, at=MORNING + days * DAY)

    assert Event.objects.filter(name="traits.reported").count() == 1
    assert traits_of(one) == [("app.level", Decimal(2), MORNING + 2 * DAY, "app")]


def test_provided_traits__of_a_customer__are_read_where_they_stand() -> None:
    [one] = open_shop("A")
    make_first_program(currency="KRW", zone="Asia/Seoul", language="en", recorded_at=now())
    with write_transaction():
        row = PersonRow(
            one, birthday=date(1990, 2, 28), language="ko", traits={"age_band": "35-44", "children": 2}
        )
        assert set_people([row], recorded_at=MORNING) == [None]
        record_consents([ConsentDraft(one, "sms", "marketing", True, MORNING, "till")], recorded_at=MORNING)
    buy(one, "1", now() - timedelta(hours=1), 10_000)
    catch_up(now())
    names = frozenset(
        {
            "customer.is_member", "customer.birthday", "customer.language", "declared.age_band",
            "declared.children", "consent.sms.marketing", "consent.email.marketing", "rewards.tier",
            "rewards.points",
        }
    )  # fmt: skip

    found = read_traits([one], names, as_of=now())[one]

    assert {name: found.get(name) for name in names} == {
        "customer.is_member": True,
        "customer.birthday": date(1990, 2, 28),
        "customer.language": "ko",
        "declared.age_band": "35-44",
        "declared.children": Decimal(2),
        "consent.sms.marketing": True,
        "consent.email.marketing": None,
        "rewards.tier": "member",
        "rewards.points": 100,
    }
    offered = {spec.name: spec.type for spec in list_traits()}
    assert names <= offered.keys()
    assert found["rewards.tier"] in offered["rewards.tier"].order


def test_traits__customers_merged__the_person_has_the_latest_of_all_their_ids() -> None:
    root, middle, leaf, stranger = open_shop("R", "M", "L", "X")
    tell(root, "app.both", "root", at=MORNING)
    tell(leaf, "app.both", "leaf", at=MORNING + DAY)
    tell(root, "app.same", "root")
    tell(middle, "app.same", "middle")
    tell(leaf, "app.gone", "leaf")
    tell(middle, "app.gone", None, at=MORNING + DAY)
    tell(leaf, "app.only", 7)
    tell(stranger, "app.only", 8)
    merge_customers(middle, leaf, at=MORNING + 2 * DAY, **BY_HAND)
    merge_customers(root, middle, at=MORNING + 2 * DAY, **BY_HAND)

    assert {name: value for name, value, *_ in traits_of(root)} == {
        "app.both": "leaf", "app.same": "root", "app.only": Decimal(7),
    }  # fmt: skip
    names = frozenset({"app.both", "app.same", "app.gone", "app.only"})
    assert read_traits([root, stranger], names, as_of=MORNING) == {
        root: {"app.both": "leaf", "app.same": "root", "app.only": Decimal(7)},
        stranger: {"app.only": Decimal(8)},
    }

    undo_merge(middle, at=MORNING + 3 * DAY, **BY_HAND)

    assert {name: value for name, value, *_ in traits_of(root)} == {"app.both": "root", "app.same": "root"}
    assert {name: value for name, value, *_ in traits_of(middle)} == {
        "app.both": "leaf", "app.same": "middle", "app.only": Decimal(7),
    }  # fmt: skip


def test_read_traits__any_number_of_people__constant_statements() -> None:
    owners = open_shop(*(f"C{number}" for number in range(40)))
    for one in owners:
        tell(one, "app.level", 1)
        tell(one, "app.plan", "gold")
    for kept, absorbed in zip(owners[:10], owners[10:20], strict=True):
        merge_customers(kept, absorbed, at=MORNING + DAY, **BY_HAND)
    names = frozenset({"app.level", "app.plan"})

    def statements(asked: list[Id]) -> int:
        with CaptureQueriesContext(connection) as sent:
            assert len(read_traits(asked, names, as_of=MORNING)) == len(asked)
        return len(sent)

    assert statements(owners) == statements(owners[:1])


def test_orders__of_a_customer__are_counted_as_conditions_ask_it() -> None:
    ada, ben = open_shop("A", "B")
    names = frozenset({"customer.order_count", "customer.last_order_at"})
    buy(ada, "1", MORNING)
    buy(ada, "2", MORNING + DAY)

    found = read_traits([ada, ben], names, as_of=MORNING + DAY)

    assert found == {
        ada: {"customer.order_count": 2, "customer.last_order_at": MORNING + DAY},
        ben: {"customer.order_count": 0},
    }
    merge_customers(ben, ada, at=MORNING + 2 * DAY, **BY_HAND)
    assert read_traits([ben], names, as_of=MORNING + 2 * DAY)[ben] == found[ada]
