"""The access log proved step by step: the same as at once, wherever it was cut off."""

from datetime import UTC, datetime, timedelta

import pytest

from dangol.core.access.chain import chain_entries, read_head, verify_chain
from dangol.core.access.checks import CUT_OFF, check_more, find_check, start_check
from dangol.core.access.log import Access, AccessDraft, record_access
from dangol.core.access.models import AccessLink
from dangol.core.people.actors import Actor, ActorKind

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
KIM = Actor(ActorKind.STAFF, "kim")


@pytest.fixture(autouse=True)
def entries() -> None:
    """Seven entries in the chain."""
    for minutes in range(7):
        at = AT - timedelta(hours=1, minutes=minutes)
        record_access([AccessDraft(Access.UNMASK, KIM, "표본")], at=at)
    chain_entries()


def check(limit: int) -> list[tuple[str, int]]:
    """Check everything, so many links at a time; returns what is wrong."""
    assert start_check(asked_by="kim", at=AT)
    while check_more(at=AT, limit=limit):
        pass
    found = find_check()
    assert found
    assert found.finished_at == AT
    assert (found.checked, found.number) == (AccessLink.objects.count(), read_head().number)
    return found.faults


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_check__any_stretch__finds_what_is_found_at_once(limit: int) -> None:
    assert check(limit) == []
    [forged] = record_access([AccessDraft(Access.UNMASK, KIM, "표본")], at=AT - timedelta(hours=1))
    # The database refuses to change a link; this one is added beside the log, after a gap.
    AccessLink.objects.create(number=9, entry_id=forged, digest=bytes(32))

    at_once = [(one.what, one.number) for one in verify_chain(as_of=AT).faults]

    assert at_once == [("removed", 8), ("changed", 9)]
    assert check(limit) == at_once


def test_check__under_way__no_second_one_until_it_is_cut_off() -> None:
    assert start_check(asked_by="kim", at=AT)
    assert check_more(at=AT, limit=2)

    assert not start_check(asked_by="lee", at=AT + timedelta(minutes=1))
    found = find_check()
    assert found
    assert (found.number, found.asked_by, found.finished_at) == (2, "kim", None)

    assert start_check(asked_by="lee", at=AT + CUT_OFF)


def test_check__none_begun__does_nothing() -> None:
    assert not check_more(at=AT)
    assert find_check() is None
