"""Points that wait for their order, on pages: in the editor, on the order, and where members see them."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation
from playwright.sync_api import BrowserContext

from dangol.core.access.rights import Role
from dangol.core.commerce.models import Order, OrderAct, OrderMilestone
from dangol.core.commerce.moving import undo_order
from dangol.core.commerce.selectors import find_order
from dangol.core.ledger.consumers import FOLLOW_CUSTOMERS
from dangol.core.ledger.models import Lot, LotOpening
from dangol.core.ledger.services import settle_due
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.merges import merge_customers
from dangol.core.storage.ids import show_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.accrual import Expiry
from dangol.domain.milestones import Milestone
from dangol.rooms.rewards import models
from dangol.rooms.rewards.drafts import find_draft
from dangol.rooms.rewards.openings import waiting_points
from dangol.rooms.rewards.programs import TermsDraft
from dangol.web.formats import format_date
from dangol.web.opening_words import waits_until
from dangol.web.reads.statement import LotView, StatementLine, read_lots
from tests.core.ledger.shop import let_worker_by
from tests.rooms.rewards.waiting import DAY, MARCH, open_shop
from tests.sizes import drawn
from tests.web.phones import come_in
from tests.web.staff import sign_in
from tests.web.story import NOW, Story
from tests.web.test_browser import find_violations
from tests.web.test_by_hand import form_in
from tests.web.test_programs import begin, named
from tests.web.test_till import sell

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
WAITS = "구매를 확정하면 열려요. 늦어도 "


@pytest.fixture
def bought(clerk: Client, story: Story) -> Order:
    """Return a fresh order of the regular whose points wait for its confirmation."""
    models.EarningRule.objects.filter(name="기본 적립").update(awaits="confirmed", pending_days=30)
    sell(clerk, story.regular)
    return Order.objects.filter(customer_id=story.regular).latest("placed_at")


def test_draft__what_opens_the_points__chosen_said_in_words_and_published(
    clerk: Client, story: Story
) -> None:
    fields = begin(clerk)
    key = named(fields, ".rate_points").removesuffix("rate_points")

    clerk.post(
        "/programs/draft", fields | {f"{key}awaits": "confirmed", f"{key}pending_days": "0", "do": "save"}
    )
    assert "소식이 없어도 열릴 날이 있어야 해요." in clerk.get("/programs/draft").content.decode()
    fields |= {f"{key}awaits": "confirmed", f"{key}pending_days": "", "revision": "2"}
    clerk.post("/programs/draft", fields | {"do": "save"})
    written = find_draft(story.program_id, at=NOW).content.rules_by_key[key.split(".")[1]]
    diff = clerk.get("/programs/draft/diff").content.decode()
    clerk.post("/programs/draft/publish", {"revision": "3", "when": "now"})

    assert (written.awaits, written.pending_days) == (Milestone.CONFIRMED, 30)
    words = "구매를 확정하면 쓸 수 있어요. 늦어도 30일 뒤에는 열려요."
    assert words in diff
    assert "적립하고 30일 뒤부터" not in diff
    assert words in clerk.get("/programs").content.decode()


def test_draft__no_longer_awaits__the_last_day_goes_with_it(clerk: Client, story: Story) -> None:
    fields = begin(clerk)
    key = named(fields, ".rate_points").removesuffix("rate_points")
    clerk.post(
        "/programs/draft", fields | {f"{key}awaits": "confirmed", f"{key}pending_days": "", "do": "save"}
    )

    fields |= {f"{key}awaits": "", f"{key}pending_days": "30", "revision": "2"}
    clerk.post("/programs/draft", fields | {"do": "save"})

    written = find_draft(story.program_id, at=NOW).content.rules_by_key[key.split(".")[1]]
    assert (written.awaits, written.pending_days) == (None, None)


def test_order__confirmed_by_staff__looked_at_first_then_opens_once_for_a_reason(
    story: Story, bought: Order
) -> None:
    agent = sign_in(Client(headers={"accept-language": "ko"}), "agent", Role.AGENT)
    path = f"/order-acts/confirm/{bought.source}/{bought.number}"
    waited = waiting_points(bought.customer_id, bought.id)
    assert waited > 0
    assert path in agent.get(f"/orders/{bought.source}/{bought.number}").content.decode()

    page = agent.get(path).content.decode()
    assert f"{waited}P" in page
    assert not OrderMilestone.objects.exists()
    assert agent.post(path, {"form": form_in(page), "reason": " "}).status_code == 422
    for _ in range(2):
        answer = agent.post(path, {"form": form_in(page), "reason": "전화로 확인"})
        assert answer["Location"] == f"/orders/{bought.source}/{bought.number}"

    assert waiting_points(bought.customer_id, bought.id) == 0
    assert LotOpening.objects.count() == 1
    assert [(one.act, one.actor, one.reason) for one in OrderAct.objects.all()] == [
        ("confirmed", "agent", "전화로 확인")
    ]
    shown = agent.get(answer["Location"]).content.decode()
    assert path not in shown
    assert agent.get(path)["Location"] == answer["Location"]
    assert "구매를 확정했어요" in shown
    assert "구매 확정 " in shown


def test_order__delivered_by_staff__opens_what_waits_for_that_and_not_what_waits_for_more(
    clerk: Client, story: Story, bought: Order
) -> None:
    number = f"{bought.source}/{bought.number}"
    path, page = f"/order-acts/deliver/{number}", f"/orders/{number}"
    waited = waiting_points(bought.customer_id, bought.id)
    assert path in clerk.get(page).content.decode()

    asked = clerk.get(path).content.decode()
    assert "바로 열리는 포인트</dt><dd>0P" in asked
    clerk.post(path, {"form": form_in(asked), "reason": "기사님 문자"})

    assert waiting_points(bought.customer_id, bought.id) == waited, "these wait until it is kept"
    assert [(one.act, one.reason) for one in OrderAct.objects.all()] == [("delivered", "기사님 문자")]
    shown = clerk.get(page).content.decode()
    assert "배송을 마쳤다고 적었어요" in shown
    assert path not in shown
    assert f"/order-acts/confirm/{number}" in shown
    assert clerk.get(path)["Location"] == page


def test_order__delivered_by_staff__opens_what_waited_for_that(
    clerk: Client, story: Story, bought: Order
) -> None:
    Lot.objects.filter(awaits="confirmed").update(awaits="delivered")
    path = f"/order-acts/deliver/{bought.source}/{bought.number}"
    waited = waiting_points(bought.customer_id, bought.id)

    asked = clerk.get(path).content.decode()
    assert f"바로 열리는 포인트</dt><dd>{waited}P" in asked
    clerk.post(path, {"form": form_in(asked), "reason": "기사님 문자"})

    assert waited > 0
    assert waiting_points(bought.customer_id, bought.id) == 0


def test_order__confirmed__is_not_asked_whether_it_was_delivered(
    clerk: Client, story: Story, bought: Order
) -> None:
    number = f"{bought.source}/{bought.number}"
    confirm, deliver = f"/order-acts/confirm/{number}", f"/order-acts/deliver/{number}"
    clerk.post(confirm, {"form": form_in(clerk.get(confirm).content.decode()), "reason": "전화"})

    assert deliver not in clerk.get(f"/orders/{number}").content.decode()
    assert clerk.get(deliver)["Location"] == f"/orders/{number}"


def test_member__points_that_wait__say_what_for_and_then_what_opened_them(
    clerk: Client, story: Story, bought: Order
) -> None:
    phone = come_in(Client(headers={"accept-language": "ko"}), story.regular)
    points = f"/members/{show_id(story.regular)}?tab=points"
    for answer in (phone.get("/me/"), phone.get("/me/history"), clerk.get(points)):
        assert WAITS in answer.content.decode()

    path = f"/order-acts/confirm/{bought.source}/{bought.number}"
    clerk.post(path, {"form": form_in(clerk.get(path).content.decode()), "reason": "전화로 확인"})

    page = clerk.get(points).content.decode()
    assert WAITS not in page
    assert "구매를 확정해 열렸어요." in page
    assert WAITS not in phone.get("/me/").content.decode()


def test_member__no_news_came__says_that_they_opened_by_themselves(
    clerk: Client, story: Story, bought: Order
) -> None:
    settle_due(as_of=NOW + timedelta(days=31))

    page = clerk.get(f"/members/{show_id(story.regular)}?tab=points").content.decode()

    assert "소식이 없어 정해 둔 날에 저절로 열렸어요." in page


def test_member__all_came_back__nothing_opens_any_more(story: Story, bought: Order) -> None:
    phone = come_in(Client(headers={"accept-language": "ko"}), story.regular)
    assert WAITS in phone.get("/me/history").content.decode()

    with write_transaction():
        undo_order(find_order(show_id(bought.id)), at=NOW)

    assert WAITS not in phone.get("/me/history").content.decode()
    assert WAITS not in phone.get("/me/").content.decode()


def test_waits_until__confirmed_and_opens_on_a_later_day__says_the_day_alone() -> None:
    shop = open_shop(terms=TermsDraft(0, Expiry.ROLLING_MONTHS, 6, opens_on=date(2025, 3, 10)))
    shop.buy("a")
    shop.come("a", MARCH + 3 * DAY)
    lot = Lot.objects.get()

    view = read_lots(lot.customer_id, {lot.id})[lot.id]

    with translation.override("ko"):
        day = format_date(view.release_at)
        assert waits_until(view) == f"{day}에 열려요."
        assert (
            waits_until(view._replace(opened_early=False))
            == f"구매를 확정하면 열려요. 늦어도 {day}에는 열려요."
        )
    page = render_to_string("web/parts/why_line.html", {"line": line_of(view)})
    assert "늦어도" not in page


def test_waits_until__points_have_gone_to_another__says_nothing_where_they_were() -> None:
    shop = open_shop()
    kept, absorbed = shop.telling.customer_ids
    shop.buy("a", who=1)
    merge_customers(
        kept, absorbed, at=MARCH + DAY, actor=Actor(ActorKind.STAFF, "agent-1"), reason="same person"
    )
    let_worker_by(FOLLOW_CUSTOMERS)
    lot = Lot.objects.get(customer_id=absorbed)

    assert lot.is_pending
    assert waits_until(read_lots(absorbed, {lot.id})[lot.id]) == ""


def line_of(lot: LotView) -> StatementLine:
    return StatementLine(
        lot.transfer_id, "earn", lot.earned_at, lot.points, "", 0, 0, [(lot.points, lot)], None
    )


@pytest.mark.parametrize("width", drawn([390, 1440], one_in=2))
def test_pages__of_points_that_wait__are_whole_in_a_browser(
    open_context: Callable[..., BrowserContext], story: Story, bought: Order, width: int
) -> None:
    page = open_context(width=width).new_page()
    order = f"{bought.source}/{bought.number}"
    page.goto(f"/members/{show_id(story.regular)}?tab=points")
    page.locator("details.why").first.evaluate("(one) => { one.open = true }")
    assert not find_violations(page), find_violations(page)

    page.goto(f"/orders/{order}")
    page.get_by_role("link", name="구매 확정하기").click()
    assert not find_violations(page), find_violations(page)
    page.locator("#reason").fill("전화로 확인")
    page.get_by_role("button", name="구매 확정하기").click()
    page.wait_for_url(f"**/orders/{order}")

    assert not find_violations(page), find_violations(page)
    assert waiting_points(bought.customer_id, bought.id) == 0
