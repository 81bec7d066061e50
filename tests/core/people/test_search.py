"""Search: whole identities, last four digits, and names from their beginning; by hashes only."""

from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.core.people.data_keys import destroy_key, forget_cached_keys
from dangol.core.people.models import SearchToken, SharedKey
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.people.searching import find_customers
from dangol.core.people.selectors import ShopView, names_of
from dangol.core.people.services import resolve_customers
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture
def cast(korean_shop: ShopView, at: datetime) -> dict[str, Id]:
    with write_transaction():
        people = resolve_customers("external", ["1519", "17", "6789", "8"], recorded_at=at)
        set_people(
            [
                PersonRow(people["1519"], name="김하늘", email="ha@example.com", phone="010-2345-6789"),
                PersonRow(people["17"], name="김 하나", card="8801 0000 1234"),
                PersonRow(people["6789"], name="Alexandra Hamilton"),
                PersonRow(people["8"], name="Alexandria Hamm"),
            ],
            recorded_at=at,
        )
    return people


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1519", {"1519"}),
        ("HA@EXAMPLE.COM", {"1519"}),
        ("010 2345 6789", {"1519"}),
        ("+82 10-2345-6789", {"1519"}),
        ("8801-0000-1234", {"17"}),
        ("1234", {"17"}),
        ("6789", {"6789", "1519"}),
        ("김", {"1519", "17"}),
        ("김하", {"1519", "17"}),
        ("김하늘", {"1519"}),
        ("김 하나", {"17"}),
        ("하나", {"17"}),
        ("하늘", set()),
        ("alexandr", {"6789", "8"}),
        ("ALEXANDRA", {"6789"}),
        ("Alexandra H", {"6789"}),
        ("alexandriaham", {"8"}),
        ("ham", {"6789", "8"}),
        ("hamil", {"6789"}),
        ("a", set()),
        ("345", set()),
        ("a@example.com", set()),
        ("", set()),
        ("  ", set()),
        ("\x00", set()),
    ],
)
def test_find_customers__text__whom_it_means(text: str, found: set[str], cast: dict[str, Id]) -> None:
    assert set(find_customers(text)) == {cast[number] for number in found}


def test_find_customers__whole_identity_and_ending__the_whole_one_first(cast: dict[str, Id]) -> None:
    assert find_customers("6789") == [cast["6789"], cast["1519"]]


def test_find_customers__limit__kept(cast: dict[str, Id]) -> None:
    assert len(find_customers("김", limit=1)) == 1


def test_find_customers__any_text__no_statement_holds_it(cast: dict[str, Id]) -> None:
    with CaptureQueriesContext(connection) as statements:
        find_customers("김하늘")
        find_customers("ha@example.com")

    sent = " ".join(one["sql"] for one in statements)
    assert "김하늘" not in sent
    assert "ha@example.com" not in sent
    assert "LIKE" not in sent


def test_find_customers__phone_and_card_ending_alike__hashes_shared_but_kinds_kept(
    cast: dict[str, Id], at: datetime
) -> None:
    with write_transaction():
        set_people([PersonRow(cast["1519"], card="9999 6789")], recorded_at=at)
        set_people([PersonRow(cast["1519"], card="9999 1111")], recorded_at=at)

    assert cast["1519"] in find_customers("6789")
    assert find_customers("1111") == [cast["1519"]]


def test_hashes__under_another_index_key__differ(cast: dict[str, Id]) -> None:
    before = set(SearchToken.objects.values_list("token", flat=True))
    SharedKey.objects.all().delete()
    forget_cached_keys()

    assert find_customers("김하늘") == []
    assert all(len(bytes(token)) == 16 for token in before)


def test_names_of__any_number__three_statements_and_one_for_the_shop(cast: dict[str, Id]) -> None:
    with CaptureQueriesContext(connection) as statements:
        views = names_of(cast.values())

    assert len(views) == 4
    assert len(statements) == 3  # customers, identities, the shop; the fourth goes to the key store


def test_names_of__erased__says_so_and_shows_nothing(cast: dict[str, Id], at: datetime) -> None:
    destroy_key(cast["1519"], at=at)

    views = names_of(cast.values(), unmasked=True)

    gone = views[cast["1519"]]
    assert gone.erased
    assert gone[3:7] == (None, None, None, None)
    assert gone.label == cast["1519"].hex()[:8]
    assert views[cast["17"]].label == "김 하나"
    assert find_customers("Alexandra Hamilton") == [cast["6789"]]
