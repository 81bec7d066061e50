"""Whom events are about: joined within limits, never mixing up two who are known."""

from collections import Counter

import pytest
from hypothesis import given, settings, strategies as st

from dangol.domain.identity_graph import LIMITS, OTHER_LIMIT, Graph, Known, is_blocked
from tests.sizes import SIZE

ANON, USER, MAIL = "anonymous", "external", "email"


def ids(*told: str) -> list[Known[str]]:
    """Return ids by what they are called: `a…` a browser, `u…` a user, `m…` a mail."""
    return [Known({"a": ANON, "u": USER, "m": MAIL}[one[0]], one) for one in told]


def graph(**people: str) -> Graph[str, str]:
    """Return a graph in which each person has these ids, with spaces between."""
    owners = {one: person for person, told in people.items() for one in told.split()}
    held = {person: Counter(known.kind for known in ids(*told.split())) for person, told in people.items()}
    return Graph(owners, held)


def test_match__nobody_known__is_new_with_all_ids() -> None:
    found = graph().match(ids("a1", "u1"), "new")

    assert found is not None
    assert (found.person, found.is_new, len(found.attached)) == ("new", True, 2)


def test_match__browser_signs_in_as_somebody_new__becomes_known() -> None:
    found = graph(B="a1").match(ids("a1", "u1"), "new")

    assert found is not None
    assert (found.person, found.attached, found.absorbed) == ("B", tuple(ids("u1")), ())


def test_match__browser_signs_in_as_somebody_known__is_absorbed() -> None:
    known = graph(B="a1", K="u1 m1")

    found = known.match(ids("a1", "u1"), "new")

    assert found is not None
    assert (found.person, found.absorbed, found.dropped) == ("K", ("B",), ())
    assert known.match(ids("a1"), "new2").person == "K"  # type: ignore[union-attr]


def test_match__second_user_on_one_browser__drops_the_browser_and_proposes_nobody() -> None:
    found = graph(K="u1 a1").match(ids("a1", "u2"), "new")

    assert found is not None
    assert (found.person, found.dropped, found.proposed) == ("new", tuple(ids("a1")), None)


def test_match__mail_of_somebody_else__is_dropped_and_proposed() -> None:
    found = graph(K="u1", L="u2 m1").match(ids("u1", "m1"), "new")

    assert found is not None
    assert (found.person, found.dropped, found.proposed, found.absorbed) == ("K", tuple(ids("m1")), "L", ())


def test_match__two_users__never_become_one() -> None:
    found = graph(K="u1", L="u2").match(ids("u1", "u2"), "new")

    assert found is not None
    assert (found.person, found.absorbed, found.proposed) == ("K", (), "L")


def test_match__known_by_mail_only_and_user__is_proposed_not_merged() -> None:
    found = graph(K="u1", M="m1").match(ids("u1", "m1"), "new")

    assert found is not None
    assert (found.person, found.absorbed, found.proposed) == ("K", (), "M")


def test_match__sixth_browser__is_dropped() -> None:
    found = graph(K="u1 a1 a2 a3 a4 a5").match(ids("u1", "a6"), "new")

    assert found is not None
    assert (found.person, found.attached, found.dropped) == ("K", (), tuple(ids("a6")))


def test_match__two_browsers_and_nobody_known__stay_two() -> None:
    found = graph(A="a1", B="a2").match(ids("a1", "a2"), "new")

    assert found is not None
    assert (found.person, found.absorbed) == ("A", ())


@pytest.mark.parametrize(
    "value", ["", " ", "0", "000", "-", "0-0", "-1", "null", "NULL", "none", "undefined", "anonymous", "n/a"]
)
def test_is_blocked__no_id__is(value: str) -> None:
    assert is_blocked(value)


@pytest.mark.parametrize("value", ["1", "10", "kim", "nullable", "a-0"])
def test_is_blocked__an_id__is_not(value: str) -> None:
    assert not is_blocked(value)


TOLD = st.lists(st.sampled_from([f"{kind}{n}" for kind in "aum" for n in range(8)]), min_size=1, max_size=4)


@given(st.lists(TOLD, max_size=30))
@settings(max_examples=SIZE.examples, deadline=None)
def test_graph__any_events__keeps_limits_and_never_joins_two_users(events: list[list[str]]) -> None:
    tried: Graph[str, str] = Graph({})
    for place, told in enumerate(events):
        match = tried.match(ids(*told), f"p{place}")
        assert match is not None

        held: dict[str, Counter[str]] = {}
        for key, owner in tried.owners.items():
            held.setdefault(owner, Counter())[ids(key)[0].kind] += 1
        assert all(
            count <= LIMITS.get(kind, OTHER_LIMIT) for kinds in held.values() for kind, count in kinds.items()
        )
        assert {owner: dict(kinds) for owner, kinds in held.items()} == {
            owner: dict(kinds) for owner, kinds in tried.held.items() if kinds
        }
