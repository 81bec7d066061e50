"""Who works here: each change is a grant, the role is what they come to, and somebody stays in charge."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier, Thread
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, connections
from hypothesis import HealthCheck, given, settings, strategies as st

from dangol.core.access import services
from dangol.core.access.history import Act, role_after
from dangol.core.access.models import Grant, StaffLink, StaffRole
from dangol.core.access.rights import Role
from dangol.core.access.selectors import find_staff, find_visitor, grants_of, list_staff, roles_out_of_step
from dangol.core.access.services import Invitation, Post
from dangol.core.access.sessions import Origin, open_session
from dangol.core.access.staff_errors import (
    LastOwner,
    LinkOver,
    NameTaken,
    NameUnfit,
    NotSuspended,
    OwnRole,
    ReasonMissing,
    StoreUnfit,
    Suspended,
    UnknownRole,
    UnknownStaff,
    UnknownStore,
)
from dangol.core.people.models import Staff
from dangol.core.people.shops import StoreRow, upsert_stores
from dangol.core.storage.ids import show_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOME = Origin("127.0.0.1", "Firefox/1")
PASSWORD = "four words in a row"


@pytest.fixture
def owner() -> int:
    """Return the number of the shop's first owner."""
    return services.make_owner("owner", PASSWORD, reason="first", at=AT)


def invite(username: str, owner: int, *, role: str = Role.AGENT, store: str = "") -> services.NewLink:
    """Invite someone."""
    return services.invite_staff(Invitation(username, "Kim", Post(role, store), "new here"), by=owner, at=AT)


def hire(username: str, owner: int, *, role: str = Role.AGENT) -> int:
    """Invite someone who accepts at once."""
    link = invite(username, owner, role=role)
    return services.spend_link(link.secret, password=PASSWORD, at=AT)


def come_in(staff: int) -> bytes:
    """Open a session."""
    return open_session(staff=staff, how="password", origin=HOME, at=AT)


def current(staff: int) -> tuple[str, bytes | None, bool]:
    """Return what the table of roles says."""
    role = StaffRole.objects.get(staff_id=staff)
    return role.role, role.store_id, role.suspended_at is not None


def from_history(staff: int) -> tuple[str, bytes | None, bool]:
    """Return what the grants come to."""
    rows = Grant.objects.filter(staff_id=staff).order_by("id")
    return role_after([(row.act, row.role, row.store_id) for row in rows])


def test_invite__accepted__opens_once_with_that_role(owner: int) -> None:
    link = invite("kim", owner)
    assert not find_staff(link.staff) or not list_staff([link.staff])[0].is_open

    number = services.spend_link(link.secret, password=PASSWORD, at=AT)

    person = find_staff(number)
    assert person is not None
    assert (person.username, person.role, person.is_open) == ("kim", Role.AGENT, True)
    assert Staff.objects.get(pk=number).check_password(PASSWORD)
    with pytest.raises(LinkOver):
        services.spend_link(link.secret, password="another one of those", at=AT)


@pytest.mark.parametrize(("hours", "opens"), [(71, True), (72, False)])
def test_link__hours_later__opens_for_three_days(owner: int, hours: int, opens: bool) -> None:
    link, at = invite("kim", owner), AT + timedelta(hours=hours)

    if opens:
        assert services.find_link(link.secret, at=at).staff_id == link.staff
    else:
        with pytest.raises(LinkOver):
            services.find_link(link.secret, at=at)


def test_link__in_the_database__is_a_hash_of_256_bits(owner: int) -> None:
    link = invite("kim", owner)

    row = StaffLink.objects.get()
    assert len(link.secret) >= 43
    assert link.secret.encode() not in bytes(row.secret_hash)
    assert len(bytes(row.secret_hash)) == 32


def test_link__a_newer_one__takes_its_place(owner: int) -> None:
    first = invite("kim", owner)
    second = services.recover_staff(first.staff, reason="lost the letter", by=owner, at=AT)

    with pytest.raises(LinkOver):
        services.find_link(first.secret, at=AT)
    assert services.find_link(second.secret, at=AT).staff_id == first.staff


@pytest.mark.parametrize(
    ("invitation", "refusal"),
    [
        (Invitation("OWNER", "", Post(Role.AGENT), "why"), NameTaken),
        (Invitation("", "", Post(Role.AGENT), "why"), NameUnfit),
        (Invitation("a b", "", Post(Role.AGENT), "why"), NameUnfit),
        (Invitation("a" * 61, "", Post(Role.AGENT), "why"), NameUnfit),
        (Invitation("<script>", "", Post(Role.AGENT), "why"), NameUnfit),
        (Invitation("kim", "", Post("king"), "why"), UnknownRole),
        (Invitation("kim", "", Post(Role.STORE, "9"), "why"), UnknownStore),
        (Invitation("kim", "", Post(Role.AGENT, "1"), "why"), StoreUnfit),
        (Invitation("kim", "", Post(Role.AGENT), "  "), ReasonMissing),
        (Invitation("kim", "", Post(Role.AGENT), "x" * 301), ReasonMissing),
    ],
)
def test_invite__what_cannot_be__is_refused_and_leaves_nothing(
    owner: int, invitation: Invitation, refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        services.invite_staff(invitation, by=owner, at=AT)

    assert Staff.objects.count() == StaffRole.objects.count() == Grant.objects.count() == 1


def test_change_role__to_a_store__is_granted_and_seen(owner: int) -> None:
    with write_transaction():
        store_id = upsert_stores([StoreRow("1", "First")], recorded_at=AT)["1"]
    kim = hire("kim", owner)
    session = come_in(kim)

    services.change_role(kim, Post(Role.STORE, "1"), reason="moves to the shop", by=owner, at=AT)

    visitor = find_visitor(session, kim)
    assert visitor is not None
    assert (visitor.role, visitor.store_id) == (Role.STORE, store_id)
    latest = grants_of(kim)[0]
    assert (latest.act, latest.by, latest.reason) == (Act.CHANGED, "owner", "moves to the shop")


def test_change_role__the_same_again__leaves_no_grant(owner: int) -> None:
    kim = hire("kim", owner)

    services.change_role(kim, Post(Role.AGENT), reason="again", by=owner, at=AT)

    assert [one.act for one in grants_of(kim)] == [Act.GRANTED]


CHANGES: dict[str, Callable[[int, int | None], Any]] = {
    "role": lambda staff, by: services.change_role(staff, Post(Role.AGENT), reason="why", by=by, at=AT),
    "suspend": lambda staff, by: services.suspend_staff(staff, reason="why", by=by, at=AT),
    "restore": lambda staff, by: services.restore_staff(staff, reason="why", by=by, at=AT),
    "recover": lambda staff, by: services.recover_staff(staff, reason="why", by=by, at=AT),
}


@pytest.mark.parametrize("change", CHANGES)
def test_change__of_oneself__is_refused(owner: int, change: str) -> None:
    hire("second", owner, role=Role.OWNER)

    with pytest.raises(OwnRole):
        CHANGES[change](owner, owner)


@pytest.mark.parametrize("change", CHANGES)
def test_change__of_nobody__is_refused(owner: int, change: str) -> None:
    with pytest.raises(UnknownStaff):
        CHANGES[change](10**6, owner)


@pytest.mark.parametrize("change", ["role", "suspend"])
@pytest.mark.parametrize("others", ["none", "invited", "suspended", "recovered"])
def test_change__of_the_last_owner_who_can_sign_in__is_refused(owner: int, change: str, others: str) -> None:
    if others == "invited":
        invite("second", owner, role=Role.OWNER)
    elif others != "none":
        second = hire("second", owner, role=Role.OWNER)
        CHANGES["suspend" if others == "suspended" else "recover"](second, owner)

    with pytest.raises(LastOwner):
        CHANGES[change](owner, None)

    assert current(owner) == (Role.OWNER, None, False)


def test_suspend__signed_in__is_out_at_once_and_back_with_the_same_role(owner: int) -> None:
    kim = hire("kim", owner)
    session, link = come_in(kim), services.recover_staff(kim, reason="phone", by=owner, at=AT)
    services.spend_link(link.secret, password=PASSWORD, at=AT)
    session = come_in(kim)

    ended = services.suspend_staff(kim, reason="left", by=owner, at=AT)

    assert ended == 1
    assert find_visitor(session, kim) is None
    assert not Staff.objects.get(pk=kim).is_active
    with pytest.raises(Suspended):
        services.suspend_staff(kim, reason="again", by=owner, at=AT)
    with pytest.raises(Suspended):
        services.recover_staff(kim, reason="again", by=owner, at=AT)
    services.restore_staff(kim, reason="is back", by=owner, at=AT)
    assert Staff.objects.get(pk=kim).is_active
    assert current(kim) == (Role.AGENT, None, False)
    assert find_visitor(session, kim) is None, "the session stays ended"
    with pytest.raises(NotSuspended):
        services.restore_staff(kim, reason="again", by=owner, at=AT)


def test_suspend__link_not_used__opens_nothing(owner: int) -> None:
    link = invite("kim", owner)

    services.suspend_staff(link.staff, reason="a mistake", by=owner, at=AT)

    with pytest.raises(LinkOver):
        services.spend_link(link.secret, password=PASSWORD, at=AT)
    services.restore_staff(link.staff, reason="no mistake", by=owner, at=AT)
    assert not Staff.objects.get(pk=link.staff).is_active, "who chose no password comes in by a link only"


def test_recover__lost_everything__old_ways_in_are_gone(owner: int) -> None:
    kim = hire("kim", owner)
    Authenticator.objects.create(user_id=kim, type=Authenticator.Type.TOTP, data={"secret": "x"})
    session = come_in(kim)
    visitor = find_visitor(session, kim)
    assert visitor is not None
    assert visitor.has_factor

    link = services.recover_staff(kim, reason="lost her phone", by=owner, at=AT)

    assert find_visitor(session, kim) is None
    assert not Authenticator.objects.exists()
    assert not Staff.objects.get(pk=kim).has_usable_password()
    services.spend_link(link.secret, password="a new row of words", at=AT)
    assert Staff.objects.get(pk=kim).check_password("a new row of words")


def test_grant__written__stays_as_it_is(owner: int) -> None:
    with pytest.raises(IntegrityError):
        Grant.objects.all().update(role=Role.AGENT)
    with pytest.raises(IntegrityError):
        Grant.objects.all().delete()


def test_roles__changed_by_hand__are_out_of_step(owner: int) -> None:
    kim = hire("kim", owner)
    assert roles_out_of_step() == []

    StaffRole.objects.filter(staff_id=kim).update(role=Role.OWNER)

    assert roles_out_of_step() == ["kim"]


def test_visitor__store__sees_its_own_and_nobody_s(owner: int) -> None:
    visitor = find_visitor(come_in(owner), owner)
    assert visitor is not None

    assert visitor.sees(b"x" * 16)
    bound = visitor._replace(store_id=b"x" * 16)
    assert bound.sees(b"x" * 16)
    assert bound.sees(None)
    assert not bound.sees(b"y" * 16)


@pytest.mark.parametrize("other", ["session", "staff"])
def test_find_visitor__session_of_another__is_nobody(owner: int, other: str) -> None:
    kim, session = hire("kim", owner), come_in(owner)

    found = find_visitor(b"\0" * 16, owner) if other == "session" else find_visitor(session, kim)

    assert found is None, show_id(session)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(sorted(CHANGES)), st.sampled_from(list(Role))), max_size=12))
def test_role__any_changes__is_what_the_grants_come_to(changes: list[tuple[str, Role]]) -> None:
    boss = services.make_owner(f"boss-{Staff.objects.count()}", PASSWORD, reason="first", at=AT)
    kim = hire(f"kim-{Staff.objects.count()}", boss)
    for change, role in changes:
        try:
            if change == "role":
                services.change_role(kim, Post(role), reason="why", by=boss, at=AT)
            else:
                CHANGES[change](kim, boss)
        except DomainError:
            pass

        assert current(kim) == from_history(kim)


def race(*acts: Callable[[], object]) -> list[object]:
    """Run these at the same instant, each on a connection of its own; return what came of each."""
    barrier, came = Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        barrier.wait()
        try:
            came.append(act())
        except DomainError as error:
            came.append(type(error))
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return came


def test_owners__suspend_each_other_at_the_same_instant__one_stays(owner: int) -> None:
    for number in range(5):
        second = hire(f"second-{number}", owner, role=Role.OWNER)

        came = race(
            partial(services.suspend_staff, second, reason="why", by=owner, at=AT),
            partial(services.suspend_staff, owner, reason="why", by=second, at=AT),
        )

        left = StaffRole.objects.filter(role=Role.OWNER, suspended_at=None)
        assert left.count() == 1, came
        assert LastOwner in came
        if left.get().staff_id != owner:
            services.restore_staff(owner, reason="back", by=second, at=AT)
            services.suspend_staff(second, reason="done", by=owner, at=AT)


def test_link__sent_eight_times_at_the_same_instant__is_spent_once(owner: int) -> None:
    link = invite("kim", owner)

    came = race(
        *[
            partial(services.spend_link, link.secret, password=f"four words and {word}", at=AT)
            for word in range(8)
        ]
    )

    assert sorted(map(str, came)) == sorted(map(str, [link.staff, *[LinkOver] * 7]))


def test_invite__same_name_at_the_same_instant__once(owner: int) -> None:
    came = race(*[lambda: invite("kim", owner)] * 4)

    assert len([one for one in came if one is NameTaken]) == 3
    assert Staff.objects.filter(username="kim").count() == 1
