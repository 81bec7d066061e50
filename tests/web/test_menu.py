"""To which place of the menu a page belongs."""

import pytest

from dangol.web.menu import ENTRIES, place_of


@pytest.mark.parametrize(
    ("path", "route", "place"),
    [
        ("/", "web:overview", "web:overview"),
        ("/segments", "web:segments", "web:segments"),
        ("/segments/loyal/versions/1", "web:segment-version", "web:segments"),
        ("/segments/loyal/restore", "web:segment-restore", "web:segments"),
        ("/staff/1/role", "web:staff-role", "web:staff"),
        ("/members/1/requests", "web:member-requests", "web:requests"),
        ("/order-acts/undo/pos/1", "web:order-undo", "web:orders"),
        ("/segmentsx", "", None),
        ("/setup/start", "web:setup", None),
    ],
)
def test_place_of__a_page__is_the_one_it_lies_below(path: str, route: str, place: str | None) -> None:
    found = place_of(path, route, ENTRIES)

    assert (found and found.route) == place
