"""Rewards on pages: made and changed in the back office, taken on a phone, handed over at the till."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from dangol.core.access.members.sessions import How
from dangol.core.access.rights import Role
from dangol.core.ledger.selectors import balances_of
from dangol.core.people.models import Customer
from dangol.core.people.shops import StoreRow, upsert_stores
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.redeeming import Period, RedemptionState, RewardKind
from dangol.rooms.rewards.catalog.models import Redemption, RedemptionMove
from dangol.rooms.rewards.catalog.selectors import find_redemption, find_reward, list_rewards
from tests.web.phones import come_in
from tests.web.rewards import give_points, tell_rewards
from tests.web.staff import sign_in
from tests.web.story import CURRENCY, NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def points_of(member: Id) -> int:
    return balances_of([member], CURRENCY)[member].available


def phone(story: Story) -> Client:
    return come_in(Client(headers={"accept-language": "ko"}), story.regular)


def form_in(page: Any) -> str:
    [found] = re.findall(r'name="form" value="([^"]+)"', page.content.decode())
    return str(found)


def typed(**more: str) -> dict[str, str]:
    given = {
        "form": show_id(new_id()), "name_ko": "음료", "kind": "item", "price": "1,200", "tier_gold": "900",
        "stock": "30", "limit_count": "1", "limit_period": "month", "first_day": "2026-11-01",
        "last_day": "2026-11-30",
    }  # fmt: skip
    return given | more


def test_make__form_sent_twice__is_one_reward_with_its_days(clerk: Client, story: Story) -> None:
    given = typed()
    answers = [clerk.post("/rewards/new", given) for _ in range(2)]

    assert [one.status_code for one in answers] == [302, 302]
    [made] = list_rewards()
    assert (made.names["ko"], made.left, made.kind) == ("음료", 30, RewardKind.ITEM)
    offer = made.offer
    assert (offer.price, offer.tier_prices, offer.limit, offer.period) == (
        1_200, {"gold": 900}, 1, Period.MONTH
    )  # fmt: skip
    # Midnights of New York; the last day counts in full.
    assert offer.active_from == datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert offer.active_to == datetime(2026, 12, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name_ko": ""}, "name_ko"),
        ({"price": "x"}, "price"),
        ({"price": "", "tier_gold": ""}, "price"),
        ({"tier_gold": "-5"}, "tier_gold"),
        ({"stock": "1.5"}, "stock"),
        ({"limit_count": "0"}, "limit_count"),
        ({"last_day": "2026-10-01"}, "last_day"),
        ({"first_day": "soon"}, "first_day"),
    ],
)
def test_make__field_that_makes_no_sense__is_told_and_keeps_the_rest(
    clerk: Client, story: Story, more: dict[str, str], field: str
) -> None:
    answer = clerk.post("/rewards/new", typed(**more))
    page = answer.content.decode()

    assert answer.status_code == 422
    assert f'id="{field}-e"' in page
    assert 'value="2026-11-01"' in page or field == "first_day"
    assert list_rewards() == []


def test_edit__opened_and_sent_as_it_is__changes_nothing_but_the_revision(
    clerk: Client, story: Story
) -> None:
    cup, *_ = tell_rewards(story)
    before = find_reward(cup)
    page = clerk.get(f"/rewards/{show_id(cup)}/edit").content.decode()
    given = dict(re.findall(r'<input class="input"[^>]* name="(\w+)" value="([^"]*)"', page))

    answer = clerk.post(f"/rewards/{show_id(cup)}/edit", given | {"limit_period": "month", "revision": "1"})
    stale = clerk.post(f"/rewards/{show_id(cup)}/edit", given | {"limit_period": "month", "revision": "1"})

    after = find_reward(cup)
    assert answer.status_code == 302
    assert stale.status_code == 422
    assert (after.names, after.abouts, after.revision) == (before.names, before.abouts, 2)
    assert after.offer.price == before.offer.price
    assert after.offer.tier_prices == before.offer.tier_prices


def test_stock_codes_and_archive__sent__show_in_what_is_left(clerk: Client, story: Story) -> None:
    cup, card, *_ = tell_rewards(story)
    page = f"/rewards/{show_id(cup)}"

    assert clerk.post(f"{page}/stock", {"by": "-8"}).status_code == 302
    assert clerk.post(f"{page}/stock", {"by": "-8"}).status_code == 422
    assert clerk.post(f"{page}/stock", {"by": "eight"}).status_code == 422
    assert clerk.post(f"/rewards/{show_id(card)}/codes", {"codes": "FILM-2\nFILM-3\r\n\n"}).status_code == 302
    assert clerk.post(f"{page}/archive").status_code == 302

    assert (find_reward(cup).left, find_reward(card).left) == (0, 2)
    assert [one.id for one in list_rewards()] == [card]


def test_phone__reward_taken__says_what_is_left_then_shows_a_voucher_once(story: Story) -> None:
    cup, _, _, _ = tell_rewards(story)
    give_points(story, 200)
    before, own = points_of(story.regular), phone(story)
    ask = own.get(f"/me/rewards/{show_id(cup)}")
    price = before - int(re.findall(r"<dd>([\d,]+)P</dd>", ask.content.decode())[-1].replace(",", ""))

    sent = {"form": form_in(ask)}
    first, again = (own.post(f"/me/rewards/{show_id(cup)}", sent) for _ in range(2))

    assert first.status_code == 302
    assert first["Location"] == again["Location"]
    assert points_of(story.regular) == before - price
    voucher = own.get(first["Location"]).content.decode()
    assert 'aria-label="교환권의 QR"' in voucher or "<title>교환권의 QR" in voucher
    limit = own.post(f"/me/rewards/{show_id(cup)}", {"form": show_id(new_id())})
    assert limit.status_code == 422


def test_phone__more_than_the_limit__leads_to_confirming_and_back(story: Story, settings: Settings) -> None:
    cup, *_ = tell_rewards(story)
    settings.STEP_UP_POINTS = 1
    before = points_of(story.regular)

    # A link from the counter shows no more than that somebody held this phone.
    own = come_in(Client(), story.regular, How.LINK)
    answer = own.post(f"/me/rewards/{show_id(cup)}", {"form": show_id(new_id())})

    assert answer["Location"] == f"/me/confirm?next=%2Fme%2Frewards%2F{show_id(cup)}"
    assert points_of(story.regular) == before


def test_phone__code__is_shown_when_asked_for_and_to_nobody_else(story: Story) -> None:
    _, _, _, shown = tell_rewards(story)
    own, page = phone(story), f"/me/vouchers/{show_id(shown)}"
    assert "FILM-1" not in own.get(page).content.decode()

    own.post(page)

    assert "FILM-1" in own.get(page).content.decode()
    other = come_in(Client(), story.newcomer)
    assert other.get(page).status_code == 404
    assert other.post(page).status_code == 404


def test_till__voucher__is_handed_over_once(story: Story) -> None:
    _, _, taken, _ = tell_rewards(story)
    till = sign_in(Client(headers={"accept-language": "ko"}), "seller", Role.STORE)
    page = f"/till/members/{show_id(story.regular)}"
    assert "건넬 교환권" in till.get(page).content.decode()

    first, again = (till.post(f"{page}/vouchers/{show_id(taken)}") for _ in range(2))

    assert (first.status_code, again.status_code) == (302, 409)
    assert find_redemption(story.regular, taken).state is RedemptionState.HANDED_OVER
    assert "건넬 교환권" not in till.get(page).content.decode()
    assert RedemptionMove.objects.get(redemption_id=taken, number=2).actor == "seller"


def test_redemptions__handed_over_and_canceled__by_who_may(clerk: Client, story: Story) -> None:
    _, _, taken, shown = tell_rewards(story)
    before = points_of(story.regular)
    page = f"/redemptions/{show_id(story.regular)}"

    assert clerk.post(f"{page}/{show_id(taken)}/hand-over").status_code == 302
    assert clerk.post(f"{page}/{show_id(taken)}/cancel", {"reason": "변심"}).status_code == 422
    assert clerk.post(f"{page}/{show_id(shown)}/cancel", {"reason": " "}).status_code == 422
    assert clerk.post(f"{page}/{show_id(shown)}/cancel", {"reason": "변심"}).status_code == 302

    assert points_of(story.regular) == before + 30
    assert set(Redemption.objects.values_list("state", flat=True)) == {"handed_over", "canceled"}
    analyst = sign_in(Client(), "analyst", Role.ANALYST)
    assert analyst.post(f"{page}/{show_id(taken)}/cancel", {"reason": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", True),
        ("state=issued", True),
        ("state=canceled", False),
        ("q=nothing", False),
        ("after=x_y", True),
    ],
)
def test_redemptions__filters__show_what_fits(clerk: Client, story: Story, query: str, shown: bool) -> None:
    _, _, taken, _ = tell_rewards(story)

    page = clerk.get(f"/redemptions?{query}").content.decode()

    assert (f"/redemptions/{show_id(story.regular)}/{show_id(taken)}" in page) is shown


def test_redemptions__staff_of_another_store__see_none(story: Story) -> None:
    _, _, taken, _ = tell_rewards(story)
    with write_transaction():
        stores = upsert_stores([StoreRow("1", "First"), StoreRow("2", "Second")], recorded_at=NOW)
    Customer.objects.filter(customer_id=story.regular).update(home_store_id=stores["1"])
    page = f"/redemptions/{show_id(story.regular)}/{show_id(taken)}"
    own, other = (sign_in(Client(), f"agent-{one}", Role.AGENT, store_id=stores[one]) for one in ("1", "2"))

    assert page in own.get("/redemptions").content.decode()
    assert page not in other.get("/redemptions").content.decode()
    assert (own.get(page).status_code, other.get(page).status_code) == (200, 404)
    assert other.post(f"{page}/hand-over").status_code == 404
