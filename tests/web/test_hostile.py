"""Addresses that nobody's page would make: whatever stands in them, a page is shown and none fails."""

from base64 import urlsafe_b64encode
from http import HTTPStatus

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings, strategies as st

from dangol.core.storage.ids import show_id
from dangol.web.reads.members import MemberQuery, Scheme, Sort, read_member_page
from tests.sizes import SIZE, drawn
from tests.web.story import CURRENCY, NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
SOME_ID = bytes(range(16))
# Keys of each type, and of none, at and beyond what a database can hold.
KEYS = (
    "5", "-5", "0", str(2**63 - 1), str(2**63), str(-(2**63)), str(-(2**63) - 1), "9" * 5_000, "1.5", "nan",
    "", "2026-11-22", "2026-11-22T18:24:00", "2026-11-22T18:24:00+00:00", "2026-11-22T18:24:00Z",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+00:00",
    "9999-12-31T23:59:59.999999+00:00", "T", "\0", "٣", "None",
)  # fmt: skip
TRIED = drawn(KEYS, one_in=4)
# Each page, and what it reads from its address.
PAGES = {
    "/": ("days",),
    "/members": ("q", "tier", "soon", "sort", "after"),
    "/members.csv": ("q", "tier", "soon", "sort", "after"),
    "{member}": ("tab", "after", "day"),
    "/sign-in": ("next",),
}
WORDS = st.sampled_from(
    ["", "1", "7", "1501", "silver", "timeline", "points", "orders", *Sort, *KEYS]
) | st.text(max_size=60)
PLACES = st.one_of(
    st.builds(lambda key, owner: encode(key, owner), WORDS, st.binary(max_size=17)),
    st.builds(lambda at, rest: f"{at}~{rest}", st.sampled_from(KEYS), WORDS | st.just(show_id(SOME_ID))),
    WORDS,
)


def encode(key: str, owner: bytes = SOME_ID) -> str:
    """Return a place in the list of members as its address writes it, with any key at all."""
    return urlsafe_b64encode(owner + key.encode()).decode().rstrip("=")


@pytest.mark.parametrize("sort", Sort)
def test_members__key_of_any_type__shows_a_page(clerk: Client, story: Story, sort: Sort) -> None:
    answers = {key: clerk.get("/members", {"sort": sort, "after": encode(key)}).status_code for key in TRIED}

    assert {key: status for key, status in answers.items() if status != 200} == {}


@pytest.mark.parametrize(
    ("sort", "key"),
    [
        (Sort.SPEND, NOW.isoformat()),
        (Sort.POINTS, "1.5"),
        (Sort.RECENT, "5"),
        (Sort.JOINED, NOW.replace(tzinfo=None).isoformat()),
        (Sort.AWAY, "0001-01-01T00:00:00+14:00"),
    ],
)
def test_members__key_of_another_type__is_the_beginning(story: Story, sort: Sort, key: str) -> None:
    scheme = Scheme(story.program_id, CURRENCY)

    page = read_member_page(MemberQuery(sort=sort, after=encode(key)), scheme, at=NOW)

    assert page == read_member_page(MemberQuery(sort=sort), scheme, at=NOW)


@pytest.mark.parametrize("tab", ["timeline", "points", "orders"])
@pytest.mark.parametrize("rest", ["5", str(2**63), "9" * 5_000, show_id(SOME_ID), "x", ""])
def test_member__place_of_any_type__shows_a_page(clerk: Client, story: Story, tab: str, rest: str) -> None:
    path = f"/members/{show_id(story.regular)}"

    answers = {key: clerk.get(path, {"tab": tab, "after": f"{key}~{rest}"}).status_code for key in TRIED}

    assert {key: status for key, status in answers.items() if status != 200} == {}


@settings(
    max_examples=SIZE.odd_requests,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(page=st.sampled_from(sorted(PAGES)), data=st.data())
def test_any_page__any_address__never_fails(
    clerk: Client, client: Client, story: Story, page: str, data: st.DataObject
) -> None:
    asked = {
        name: data.draw(PLACES if name == "after" else WORDS, label=name)
        for name in PAGES[page]
        if data.draw(st.booleans())
    }
    browser = client if page == "/sign-in" else clerk
    path = page.format(member=f"/members/{show_id(story.regular)}")
    headers = {"HX-Request": "true"} if data.draw(st.booleans()) else {}

    answer = browser.get(path, asked, headers=headers)
    if answer.status_code == HTTPStatus.SEE_OTHER:
        answer = browser.get(answer["Location"], headers=headers)

    assert answer.status_code == 200
    # A file fails only while it is sent.
    assert b"".join(answer) if answer.streaming else answer.content
