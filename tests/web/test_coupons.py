"""Coupons in the back office: made, found, blocked and handed out."""

import csv
import io
import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.core.people.models import Customer
from dangol.core.people.shops import StoreRow, upsert_stores
from dangol.core.storage.ids import Id, new_id, parse_id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.models import Job, State
from dangol.core.tasks.runner import Runner
from dangol.domain.coupon_codes import is_whole
from dangol.rooms.rewards.coupons.batches import block_batch
from dangol.rooms.rewards.coupons.holding import hand_out
from dangol.rooms.rewards.coupons.models import CouponBatch, CouponCode
from dangol.rooms.rewards.coupons.selectors import find_batch, find_code
from dangol.rooms.rewards.promotions.editing import create_promotion
from tests.web.coupons import (
    CLERK,
    SPRING,
    buy,
    form_in,
    make,
    offer,
    page_of,
    taken_along,
    tell_coupons,
)
from tests.web.seeking import seek
from tests.web.staff import sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def typed(promotion_id: Id, /, **more: str) -> dict[str, str]:
    given = {
        "form": show_id(new_id()), "name": "전단", "promotion": show_id(promotion_id), "kind": "unique",
        "pattern": "FALL-####-####-####", "count": "5", "uses": "1", "first_day": "2026-11-01",
        "last_day": "2026-11-30",
    }  # fmt: skip
    return given | more


def test_make__form_sent_twice__is_one_batch_with_its_days(clerk: Client, story: Story) -> None:
    given = typed(offer({"kind": "percent", "basis_points": 1_000}))

    answers = [clerk.post("/coupons/new", given) for _ in range(2)]

    batch = find_batch(CouponBatch.objects.get().id)
    assert {one["Location"] for one in answers} == {f"/coupons/{show_id(batch.id)}"}
    assert (batch.made_count, batch.uses_per_code, batch.pattern) == (5, 1, "FALL-####-####-####")
    # Midnights of New York; the last day counts in full.
    assert batch.active_from == datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert batch.active_to == datetime(2026, 12, 1, 5, tzinfo=UTC)
    assert all(is_whole(one) for one in CouponCode.objects.values_list("shown", flat=True))


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": ""}, "name"),
        ({"promotion": "nothing"}, "promotion"),
        ({"pattern": "FALL-####"}, "pattern"),
        ({"pattern": "가을-####-####-####"}, "pattern"),
        ({"pattern": ""}, "pattern"),
        ({"count": "0"}, "count"),
        ({"count": "1,000,001"}, "count"),
        ({"uses": "-1"}, "uses"),
        ({"first_day": "soon"}, "first_day"),
        ({"last_day": "2026-10-01"}, "last_day"),
        ({"kind": "generic", "code": "-"}, "code"),
    ],
)
def test_make__field_that_makes_no_sense__is_told_and_keeps_the_rest(
    clerk: Client, story: Story, more: dict[str, str], field: str
) -> None:
    answer = clerk.post("/coupons/new", typed(offer({"kind": "free_shipping"}), **more))

    assert answer.status_code == 422
    assert f'id="{field}-e"' in page_of(answer)
    assert 'value="2026-11-01"' in page_of(answer) or field == "first_day"
    assert not CouponBatch.objects.exists()


def test_make__generic_code_there_is__is_refused_in_words(clerk: Client, story: Story) -> None:
    promotion = offer({"kind": "free_shipping"})
    given = typed(promotion, kind="generic", code="Welcome 10", uses="")

    first, second = (clerk.post("/coupons/new", given | {"form": show_id(new_id())}) for _ in range(2))

    assert (first.status_code, second.status_code) == (302, 422)
    assert "비슷하게 읽히는" in page_of(second)
    assert find_code("WELCOME10").uses_limit is None


def test_make__without_a_promotion__leads_back_to_what_says_so(clerk: Client, story: Story) -> None:
    answer = clerk.get("/coupons/new", follow=True)

    assert answer.redirect_chain == [("/coupons", 302)]
    assert "먼저 프로모션을 만드세요" in page_of(answer)


@pytest.mark.parametrize(
    ("pattern", "says", "examples"),
    [
        ("AB-####-####-####", "60비트가 무작위예요", 3),
        ("AB-####", "20비트뿐이라 누군가 맞힐 수 있어요. #을 8개 더", 3),
        ("AB", "#이 있어야 해요", 0),
        ("A_####-####-####", "‘_’은(는) 쓸 수 없어요", 0),
        ("#" * 64, "64자보다 짧게", 0),
        ("ａ####-####", "40비트뿐이라", 3),
    ],
)
def test_preview__pattern__says_how_safe_it_is_with_examples(
    clerk: Client, story: Story, pattern: str, says: str, examples: int
) -> None:
    page = page_of(clerk.get("/coupons/preview", {"pattern": pattern, "count": "1,000"}))

    assert says in page
    assert page.count("<code>") == examples
    # 2^60 over a thousand.
    assert ("1,152조" in page) is ("60비트가" in page)


def test_preview__without_scripts__is_in_the_form_and_makes_nothing(clerk: Client, story: Story) -> None:
    given = typed(offer({"kind": "free_shipping"}), do="preview")

    answer = clerk.post("/coupons/new", given)

    assert answer.status_code == 200
    assert len(re.findall(r"<code>FALL-[0-9A-Z]{4}-", page_of(answer))) == 3
    assert not CouponBatch.objects.exists()


def test_batch__many_codes__are_made_by_the_worker_and_taken_up_where_it_gave_up(
    clerk: Client, story: Story
) -> None:
    page = clerk.post("/coupons/new", typed(offer({"kind": "free_shipping"}), count="1,500"))["Location"]
    assert 'hx-trigger="every 1s"' in page_of(clerk.get(page))
    Job.objects.update(state=State.DEAD, claimable_at=None)

    stuck = page_of(clerk.get(page, headers={"HX-Request": "true"}))
    assert "이어서 만들기" in stuck
    assert "every 1s" not in stuck
    assert clerk.post(f"{page}/resume").status_code == 302
    Runner(lambda: NOW).run_due()

    assert CouponCode.objects.count() == 1_500
    assert "번호를 만들고 있어요" not in page_of(clerk.get(page))


def test_list__searched_and_filtered__shows_what_is_meant_and_a_code_leads_to_it(
    clerk: Client, story: Story
) -> None:
    told = tell_coupons(story)

    def shown(address: str) -> set[str]:
        page = page_of(clerk.get(address))
        return {show_id(one) for one in told[:3] if f"/coupons/{show_id(one)}" in page}

    spring, welcome, pool = (show_id(one) for one in told[:3])
    assert shown("/coupons") == {spring, welcome, pool}
    assert shown(f"/coupons?q={SPRING}") == {spring}
    assert shown("/coupons?kind=generic") == {welcome}
    assert shown("/coupons?state=soon") == {pool}
    assert shown("/coupons?state=nonsense&kind=nonsense&promotion=nonsense&after=x") == {
        spring,
        welcome,
        pool,
    }
    assert shown("/coupons?q=nothing") == set()
    found = clerk.get("/coupons", {"q": told.used.lower()})
    assert found["Location"] == f"/coupons/{spring}/code?code={told.used}"
    part = clerk.get("/coupons", {"q": told.used}, headers={"HX-Request": "true"})
    assert part["HX-Redirect"] == found["Location"]


def test_export__list__is_the_same_as_on_the_page(clerk: Client, story: Story) -> None:
    tell_coupons(story)

    sent = clerk.get("/coupons.csv?kind=unique").getvalue().decode("utf-8-sig")

    rows = list(csv.reader(io.StringIO(sent)))
    assert rows[1][:8] == [SPRING, "하나씩 다른 번호", "반값", "쓸 수 있어요", "30", "30", "1", "0"]
    assert len(rows) == 2
    assert taken_along() == [], "nobody and no code is in it"


def test_batch__codes_used_and_held__shows_the_figures(clerk: Client, story: Story) -> None:
    told = tell_coupons(story)

    page = page_of(clerk.get(f"/coupons/{show_id(told.spring)}"))

    figures = dict(re.findall(r"<div><dt>([^<]+)</dt><dd>([^<]+)</dd></div>", page))
    wanted = {"만든 번호": "30", "나눠 준 번호": "2", "쓴 번호": "1", "남은 번호": "28", "막은 번호": "0"}
    assert wanted.items() <= figures.items()
    assert figures["혜택"] == "10% 할인 · $10부터"
    assert "지난 30일 동안 1번" in page


def test_batch__of_a_promotion_that_is_not_published__says_that_it_gives_nothing(
    clerk: Client, story: Story
) -> None:
    raw = {"name": "나중에", "currency": "USD", "benefits": [{"kind": "percent", "basis_points": 1_000}]}
    draft = create_promotion(raw, made_by="clerk", at=NOW)
    batch = make(draft, "전단", pattern="####-####-####", code_count=3)
    live = make(offer({"kind": "free_shipping"}), "배송", pattern="####-####-####", code_count=3)

    for page in ("", "/hand-out", "/sheets"):
        told = [clerk.get(f"/coupons/{show_id(one)}{page}").content.decode() for one in (batch, live)]
        assert ["지금 아무것도 받지 못해요" in one for one in told] == [True, False], page
    listed = clerk.get("/coupons").content.decode()
    assert (listed.count("지금은 쓸 수 없어요"), "쓸 수 있어요" in listed) == (1, True)
    assert "나중에 (아직 발행 전)" in clerk.get("/coupons/new").content.decode()


def test_block__batch_and_code__can_be_undone_and_is_in_the_history(clerk: Client, story: Story) -> None:
    told = tell_coupons(story)
    batch, code = f"/coupons/{show_id(told.spring)}", told.held

    blocked = clerk.post(f"{batch}/block", {"do": "block"}, follow=True)
    assert "되돌리기" in page_of(blocked)
    assert find_batch(told.spring).is_blocked
    clerk.post(f"{batch}/block", {"do": "open"})
    assert "되돌리기" not in page_of(clerk.get(f"{batch}?done=blocked")), "told again by an old address"
    one = clerk.post(f"{batch}/code/block", {"code": code, "do": "block"}, follow=True)

    assert not find_batch(told.spring).is_blocked
    assert find_code(code).is_blocked
    assert "되돌리기" in page_of(one)
    page = page_of(clerk.get(f"{batch}/code", {"code": code}))
    happened = re.findall(r"<b>(막았어요|막은 것을 풀었어요|회원에게 줬어요|묶음을 만들었어요)", page)
    assert happened == [
        "막았어요", "막은 것을 풀었어요", "막았어요", "회원에게 줬어요", "묶음을 만들었어요",
    ]  # fmt: skip
    assert clerk.post(f"{batch}/code/block", {"code": "NOTHING", "do": "block"}).status_code == 404


def test_code__used__shows_the_holder_masked_and_the_order(clerk: Client, story: Story) -> None:
    told = tell_coupons(story)
    code = hand_out(told.spring, story.customers["1502"], "k", actor=CLERK, at=NOW)
    buy(story.customers["1502"], 2_000, code, number="c-9")

    page = page_of(clerk.get(f"/coupons/{show_id(told.spring)}/code", {"code": code.replace("-", " ")}))

    assert "김*늘" in page
    assert "김하늘" not in page
    assert 'href="/orders/shop/c-9"' in page
    assert "다 썼어요" in page
    other = clerk.get(f"/coupons/{show_id(told.spring)}/code", {"code": "WELCOME10"})
    assert "모두가 써요" in page_of(other)
    nothing = clerk.get(f"/coupons/{show_id(told.spring)}/code", {"code": "NOTHING"})
    assert "그런 쿠폰 번호는 없어요: NOTHING" in page_of(nothing)


def test_code__holder_of_another_store__is_not_named(story: Story) -> None:
    told = tell_coupons(story)
    with write_transaction():
        stores = upsert_stores([StoreRow("1", "First"), StoreRow("2", "Second")], recorded_at=NOW)
    Customer.objects.filter(customer_id=story.regular).update(home_store_id=stores["2"])
    client = sign_in(Client(), "bound", Role.OWNER, store_id=stores["1"])

    page = page_of(client.get(f"/coupons/{show_id(told.spring)}/code", {"code": told.held}))

    assert show_id(story.regular) not in page
    assert client.get(f"/members/{show_id(story.regular)}/coupons").status_code == 404
    found = seek(client, f"/coupons/{show_id(told.spring)}/hand-out", "1501")
    assert show_id(story.regular) not in page_of(found)
    given = {"who": show_id(story.regular), "form": show_id(new_id())}
    assert client.post(f"/coupons/{show_id(told.spring)}/hand-out", given).status_code == 404


def test_hand_out__found_and_sent_twice__gives_one_code(clerk: Client, story: Story) -> None:
    told = tell_coupons(story)
    address = f"/coupons/{show_id(told.spring)}/hand-out"
    page = page_of(seek(clerk, address, "1502"))
    who = show_id(story.customers["1502"])
    assert f'value="{who}"' in page
    given = {"form": form_in(page), "who": who}

    answers = [clerk.post(address, given) for _ in range(2)]

    assert len({one["Location"] for one in answers}) == 1
    assert CouponCode.objects.filter(customer_id=parse_id(who)).count() == 1
    assert clerk.post(address, given | {"who": "nobody"}).status_code == 404
    block_batch(told.spring, actor=CLERK, at=NOW)
    refused = clerk.post(address, given | {"form": show_id(new_id())})
    assert (refused.status_code, "막혔거나 기간이 끝난" in page_of(refused)) == (422, True)


@pytest.mark.parametrize("odd", ["\0", "a\0b", "%", "' OR 1=1", "٣", "ﷺ" * 90, "9" * 5_000, "<script>"])
def test_addresses__whatever_stands_in_them__show_a_page(clerk: Client, story: Story, odd: str) -> None:
    told = tell_coupons(story)
    batch = f"/coupons/{show_id(told.spring)}"

    answers = [
        *(clerk.get("/coupons", {name: odd}) for name in ("q", "kind", "state", "promotion", "after")),
        clerk.get("/coupons.csv", {"q": odd}),
        clerk.get("/coupons/preview", {"pattern": odd, "count": odd}),
        clerk.get(f"{batch}/code", {"code": odd}),
        seek(clerk, f"{batch}/hand-out", odd),
        clerk.get(f"{batch}/sheets", {"after": odd, "each": odd}),
    ]
    made = clerk.post("/coupons/new", dict.fromkeys(typed(told.spring), odd) | {"form": show_id(new_id())})

    assert {one.status_code for one in answers} == {200}
    assert made.status_code == 422
    assert clerk.post(f"{batch}/code/block", {"code": odd, "do": "block"}).status_code == 404
