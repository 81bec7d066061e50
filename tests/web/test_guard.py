"""Every address as every role: what opens, what does not, and that nothing opens by being forgotten."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path, reverse
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs

from dangol.core.access.models import StaffSession
from dangol.core.access.rights import RIGHTS, Right, Role
from dangol.core.access.sessions import IDLE, WHOLE, Outcome
from dangol.core.people.models import Customer, Store
from dangol.core.people.shops import StoreRow, upsert_stores
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.web.guard import (
    Access,
    Door,
    Route,
    access_of,
    by_key,
    declare_patterns,
    member_page,
    needs,
    open_to_all,
    routes,
    signed_in_only,
)
from dangol.web.links import make_home_link
from dangol.web.roles import RIGHT_NAMES, ROLE_NAMES, ROLE_WORDS
from tests.sizes import drawn
from tests.web.staff import make_staff, sign_in
from tests.web.story import NOW, Story, open_shop
from tests.web.test_programs import begin

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
FORBIDDEN = HTTPStatus.FORBIDDEN
# Answers of an address that opened: a page, a way on, what is not there, and a form that lacks something.
OPENED = {200, 302, 404, 422}


def parts_of(story: Story) -> dict[str, str]:
    """Return what stands for each part of an address, from the story or for nothing at all."""
    return {
        "<id:customer_id>": show_id(story.regular),
        "<id:key_id>": show_id(new_id()),
        "<id:endpoint_id>": show_id(new_id()),
        "<id:message_id>": show_id(new_id()),
        "<id:job_id>": show_id(new_id()),
        "<id:entry_id>": show_id(new_id()),
        "<id:note_id>": show_id(new_id()),
        "<id:view_id>": show_id(new_id()),
        "<id:hold_id>": show_id(new_id()),
        "<id:transfer_id>": show_id(new_id()),
        "<id:approval_id>": show_id(new_id()),
        "<id:incident_id>": show_id(new_id()),
        "<id:request_id>": show_id(new_id()),
        "<id:session_id>": show_id(new_id()),
        "<id:upload_id>": show_id(new_id()),
        "<id:simulation_id>": show_id(new_id()),
        "<id:reward_id>": show_id(new_id()),
        "<id:program_id>": show_id(new_id()),
        "<id:stamp_id>": show_id(new_id()),
        "<id:referral_id>": show_id(new_id()),
        "<id:deed_rule_id>": show_id(new_id()),
        "<id:deed_trial_id>": show_id(new_id()),
        "<str:code>": "N0SUCHC0DE",
        "<id:gift_card_id>": show_id(new_id()),
        "<id:redemption_id>": show_id(new_id()),
        "<id:sale_id>": show_id(new_id()),
        "<id:promotion_id>": show_id(new_id()),
        "<id:batch_id>": show_id(new_id()),
        "<id:file_id>": show_id(new_id()),
        "<str:key>": "N0SUCHC0DE",
        "<slug:segment>": "no-such-segment",
        "<slug:space>": "nospace",
        "<int:number>": str(make_staff("somebody", Role.ANALYST).pk),
        "<str:month>": "2026-10",
        "<int:pk>": "1",
        "<str:secret>": "no-such-link",
        "<str:number>": "1501-0",
        "<str:source>": "till",
        "<str:color>": "3a4fb8",
        "<path:number>": "1501-0",
        "<str:token>": make_home_link(story.regular).rpartition("/")[2],
    }


def fill(route: Route, parts: Mapping[str, str]) -> str:
    """Return the route's address with its parts filled in; fails for a part nobody knows."""
    address = route.path
    for part, value in parts.items():
        address = address.replace(part, value)
    assert "<" not in address, f"{route.path}: say here what to try it with"
    return address


def ask(client: Client, address: str) -> Any:
    """Open an address; where it takes forms only, send it an empty one."""
    answer = client.get(address)
    return client.post(address) if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED else answer


def test_routes__of_the_instance__each_says_what_it_needs() -> None:
    undeclared = [route.path for route in routes() if route.access is None]

    assert not undeclared, "declare what they need: @needs(Right.…), see dangol/web/guard.py"
    assert len({route.path for route in routes()}) > 25


@pytest.mark.parametrize("role", Role)
def test_routes__every_role__opens_what_the_matrix_says(story: Story, role: Role) -> None:
    wrong, parts = [], parts_of(story)
    for route in drawn(list(routes()), one_in=4):
        assert route.access is not None
        client = sign_in(Client(), f"the-{role}", role)
        if route.path.endswith("/draft/discard"):
            begin(sign_in(Client()))  # there is one, whichever addresses are drawn

        status = ask(client, fill(route, parts)).status_code

        expected = {FORBIDDEN} if _is_closed(route.access, role) else OPENED
        if status not in expected:
            wrong.append((route.path, status))
    assert not wrong


def _is_closed(access: Access, role: Role) -> bool:
    return access.right is not None and access.right not in RIGHTS[role]


def test_routes__nobody_signed_in__opens_only_what_is_for_all(client: Client, story: Story) -> None:
    parts = parts_of(story)
    for route in routes():
        assert route.access is not None
        answer = ask(client, fill(route, parts))

        leads_to_sign_in = answer.status_code == HTTPStatus.FOUND and answer["Location"].startswith(
            "/sign-in"
        )
        is_for_all = route.access.door in (Door.ALL, Door.MEMBER)
        assert leads_to_sign_in or is_for_all, route.path
        if route.access.right:
            assert leads_to_sign_in, route.path


def test_routes__second_factor_required_and_missing__leads_to_set_one_up(
    story: Story, settings: Settings
) -> None:
    settings.MFA_REQUIRED = True
    parts = parts_of(story)
    for route in drawn(list(routes()), one_in=4):
        assert route.access is not None
        client = sign_in(Client())

        answer = ask(client, fill(route, parts))

        if route.access.door is Door.STAFF:
            assert answer.status_code == HTTPStatus.FOUND, route.path
            assert answer["Location"] == "/account/second-factor", route.path


def test_matrix__roles_and_rights__each_in_words() -> None:
    assert RIGHT_NAMES.keys() == set(Right)
    assert ROLE_NAMES.keys() == ROLE_WORDS.keys() == RIGHTS.keys() == set(Role)
    assert RIGHTS[Role.OWNER] == set(Right)


@pytest.mark.urls("tests.web.undeclared")
def test_guard__view_without_a_declaration__opens_to_nobody(clerk: Client) -> None:
    open_shop()

    with capture_logs() as logs:
        answer = clerk.get("/forgotten")

    assert answer.status_code == FORBIDDEN
    assert "guard.undeclared" in [one["event"] for one in logs]


def test_forbidden__words__name_the_right_and_who_can_give_it(client: Client, story: Story) -> None:
    make_staff("kim")
    sign_in(client, "seller", Role.STORE)

    page = client.get("/members.csv", headers={"accept-language": "ko"}).content.decode()

    assert "‘회원 내려받기’ 권한이 필요해요" in page
    assert "매장 직원이에요" in page
    assert "가게 주인(kim)" in page


@pytest.mark.parametrize(
    ("role", "start"),
    [(Role.OWNER, "/"), (Role.ANALYST, "/"), (Role.STORE, "/members"), (Role.AUDITOR, "/")],
)
def test_start__role__leads_to_the_first_place_that_opens(
    client: Client, story: Story, role: Role, start: str
) -> None:
    sign_in(client, "someone", role)

    answer = client.get("/start", follow=True)

    assert answer.redirect_chain == [(start, 302)]
    assert answer.status_code == HTTPStatus.OK


@pytest.mark.parametrize("role", Role)
def test_menu__role__shows_what_opens_and_nothing_else(client: Client, story: Story, role: Role) -> None:
    sign_in(client, "someone", role)

    page = client.get("/design").content.decode()

    for address, right in (
        ("/", Right.REPORTS_READ),
        ("/members", Right.MEMBERS_READ),
        ("/staff", Right.STAFF_READ),
    ):
        shown = f'href="{address}"' in page
        assert shown is (right in RIGHTS[role]), address
        assert (f'data-go-{"oms"[("/", "/members", "/staff").index(address)]}="' in page) is shown


@pytest.fixture
def stores(story: Story) -> dict[str, Id]:
    """Two stores, with a member at home in each; the others are at home nowhere."""
    with write_transaction():
        found = upsert_stores([StoreRow("1", "First"), StoreRow("2", "Second")], recorded_at=NOW)
    Customer.objects.filter(customer_id=story.customers["1501"]).update(home_store_id=found["1"])
    Customer.objects.filter(customer_id=story.customers["1502"]).update(home_store_id=found["2"])
    return found


def _pages(customer_id: Id) -> Iterator[tuple[str, dict[str, str]]]:
    for tab in ("timeline", "points", "orders"):
        yield f"/members/{show_id(customer_id)}?tab={tab}", {}
        yield f"/members/{show_id(customer_id)}?tab={tab}", {"HX-Request": "true"}


@pytest.mark.parametrize(("bound_to", "sees"), [("1", {"1501"}), ("2", {"1502"}), ("", {"1501", "1502"})])
def test_member__store_of_the_staff__only_its_own_and_nobody_s(
    story: Story, stores: dict[str, Id], bound_to: str, sees: set[str]
) -> None:
    client = sign_in(Client(), f"at-{bound_to}", Role.STORE, store_id=stores.get(bound_to))

    listed = client.get("/members").content.decode()

    for number in ("1501", "1502"):
        statuses = {
            client.get(address, headers=headers).status_code
            for address, headers in _pages(story.customers[number])
        }
        assert statuses == {200 if number in sees else 404}, number
        assert (show_id(story.customers[number]) in listed) is (number in sees), number
    assert client.get(f"/members/{show_id(story.newcomer)}").status_code == HTTPStatus.OK
    assert Store.objects.count() == 3


@pytest.mark.parametrize(
    ("later", "is_in"),
    [
        (IDLE - timedelta(seconds=1), True),
        (IDLE, False),
    ],
)
def test_session__idle__is_over(
    clerk: Client, story: Story, monkeypatch: pytest.MonkeyPatch, later: timedelta, is_in: bool
) -> None:
    seen_at = StaffSession.objects.get().seen_at
    monkeypatch.setattr("dangol.web.frame.now", lambda: seen_at + later)

    answer = clerk.get("/design")

    assert (answer.status_code == HTTPStatus.OK) is is_in
    session = StaffSession.objects.get()
    assert (session.ended_at is None) is is_in
    assert (session.seen_at == seen_at + later) is is_in


def test_session__in_use_for_twelve_hours__is_over(
    clerk: Client, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    began: datetime = StaffSession.objects.get().opened_at
    for minutes in range(20, int(WHOLE / timedelta(minutes=1)), 20):
        monkeypatch.setattr("dangol.web.frame.now", lambda at=began + timedelta(minutes=minutes): at)
        assert clerk.get("/design").status_code == HTTPStatus.OK
    monkeypatch.setattr("dangol.web.frame.now", lambda: began + WHOLE)

    assert clerk.get("/design").status_code == HTTPStatus.FOUND
    assert Outcome.EXPIRED in set(StaffSession.objects.get().staff.sign_ins.values_list("outcome", flat=True))


def test_session__in_use__is_noted_once_a_minute(
    clerk: Client, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen_at = StaffSession.objects.get().seen_at
    for seconds, noted in ((59, 0), (61, 61), (100, 61), (121, 121)):
        monkeypatch.setattr("dangol.web.frame.now", lambda at=seen_at + timedelta(seconds=seconds): at)
        clerk.get("/design")

        assert StaffSession.objects.get().seen_at == seen_at + timedelta(seconds=noted)


def test_background_request__session_over__leads_the_whole_page_to_sign_in(
    client: Client, story: Story
) -> None:
    answer = client.get(
        "/members?q=1",
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/members?sort=spend"},
    )

    assert answer.headers["HX-Redirect"] == "/sign-in?next=/members%3Fsort%3Dspend"


def test_declare_patterns__of_a_library__declares_each() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(request.method)

    patterns = [path("a", view), path("b", view)]
    declare_patterns(patterns, by_key)

    assert [access_of(one.callback) for one in patterns] == [Access(Door.KEY)] * 2
    assert access_of(view) is None, "what was given stays as it is"


@pytest.mark.parametrize(
    ("declared", "access"),
    [
        (needs(Right.KEYS_READ), Access(Door.STAFF, Right.KEYS_READ)),
        (open_to_all, Access(Door.ALL)),
        (signed_in_only, Access(Door.STAFF)),
        (member_page, Access(Door.MEMBER)),
        (by_key, Access(Door.KEY)),
    ],
)
def test_declaration__any__view_answers_as_before(declared: Callable[..., Any], access: Access) -> None:
    def view(request: HttpRequest, word: str) -> HttpResponse:
        return HttpResponse(word)

    guarded = declared(view)

    assert access_of(guarded) == access
    assert guarded(RequestFactory().get("/"), word="said").content == b"said"
    assert guarded.__name__ == "view"


def test_next__elsewhere__is_not_followed(client: Client, story: Story) -> None:
    make_staff()

    for address in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        answer = Client().post(
            reverse("account_login"),
            {"login": "owner", "password": "a-long-enough-password", "next": address},
        )

        assert answer["Location"] == "/start", address
