"""Several kinds of points on the pages: made, looked at, moved by hand, paid with; and one kind as before."""

import re
from typing import Any

import msgspec
import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.core.ledger.selectors import balances_of
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.storage.ids import Id, show_id
from dangol.core.tasks.models import Job
from dangol.rooms.rewards.checking import LevelDraft, TermsDraft, TiersDraft
from dangol.rooms.rewards.kept import current_programs
from dangol.rooms.rewards.promotions.checkout import DEFAULTS, TenderContent, write_checkout
from dangol.rooms.rewards.wallets import ProgramDraft, add_program, list_wallets
from dangol.web.reads.my_data import read_my_data
from tests.web.phones import come_in
from tests.web.staff import sign_in
from tests.web.story import CURRENCY, NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
JOURNAL = "/insight/liability/journal"
OWNER = Actor(ActorKind.STAFF, "owner", "Owner")
FORM = {
    "name": "커뮤니티", "points_name": "커뮤니티 포인트", "code": "community", "earns": "yes",
    "rate_points": "1", "rate_money": "10", "months": "12",
}  # fmt: skip


@pytest.fixture
def owner(story: Story) -> Client:
    return sign_in(Client(headers={"accept-language": "ko"}), "owner", Role.OWNER)


@pytest.fixture
def second(story: Story) -> Id:
    """A second program, whose points are given by hand."""
    draft = ProgramDraft(
        "커뮤니티", "community", "커뮤니티 포인트", [], TermsDraft(),
        TiersDraft([LevelDraft("member", "회원", 0)]),
    )  # fmt: skip
    return add_program(draft, actor=OWNER, at=NOW)


def read(answer: Any) -> str:
    """Return what a page says, tags and all."""
    return str(answer.content.decode())


def has(customer_id: Id, currency: str) -> int:
    """Return what a member can spend."""
    return balances_of([customer_id], currency)[customer_id].available


def give(owner: Client, member: Id, points: int, kind: str) -> None:
    """Give points of a kind by hand, as the page does."""
    path = f"/members/{show_id(member)}/adjust?wallet={kind}"
    form = re.search(r'name="form" value="([^"]+)"', read(owner.get(path)))
    assert form
    given = {"form": form[1], "way": "give", "points": str(points), "reason": "글", "sure": "1"}
    assert owner.post(path, given).status_code == 302


def test_pages__shop_with_one_kind__say_nothing_of_kinds(owner: Client, story: Story) -> None:
    member = f"/members/{show_id(story.regular)}"
    paths = [
        member, f"{member}?tab=points", f"{member}/adjust", "/insight/liability", "/insight/journal", "/",
        "/checkout-settings/edit",
    ]  # fmt: skip

    for path in paths:
        page = read(owner.get(path))
        assert "포인트 종류" not in page, path
        assert "낼 수 있는 포인트" not in page, path
        assert 'class="seg wallets"' not in page, path
    phone = come_in(Client(headers={"accept-language": "ko"}), story.regular)
    assert "다른 포인트" not in read(phone.get("/me/"))


def test_program__before_it_is_made__says_what_its_points_can_be_used_for(
    owner: Client, story: Story
) -> None:
    for path in ("/programs", "/programs/new"):
        page = read(owner.get(path))
        assert "구매에 적립하거나, 직원이 직접 주거나, API로 줘요" in page, path
        assert "적립 활동과 리워드는 첫 멤버십의 포인트만" in page, path
        assert "구매 말고 다른 일에" not in page, path


def test_liability__reckoned_again_on_the_second_kind__leads_back_to_it(owner: Client, story: Story) -> None:
    owner.post("/programs/new", FORM)
    for place, address in (("liability", "/insight/liability"), ("journal", JOURNAL)):
        page = owner.get(f"{address}?wallet=community").content.decode()
        form = re.search(r'action="/insight/refresh">(.*?)</form>', page)
        assert form, place
        sent = dict(re.findall(r'name="(back|wallet)" value="([^"]*)"', form[1]))
        assert sent == {"back": f"insight-{place}", "wallet": "community"}

        assert owner.post("/insight/refresh", sent)["Location"] == f"{address}?wallet=community"
        Job.objects.all().delete()
    assert owner.post("/insight/refresh", {"back": "insight-liability"})["Location"] == "/insight/liability"


def test_program__made_on_its_page__is_the_second_and_shown(owner: Client, story: Story) -> None:
    assert 'href="/programs/new"' in read(owner.get("/programs"))

    made = owner.post("/programs/new", FORM)

    (first, second) = current_programs()
    assert made["Location"] == f"/programs?program={show_id(second.id)}"
    assert (second.row.name, second.row.points_currency) == ("커뮤니티", "community")
    assert [(one.rate_points, one.rate_minor) for one in second.rules.rules] == [(1, 1_000)]
    page = read(owner.get(made["Location"]))
    assert "커뮤니티" in page
    assert first.row.name in page
    assert f'action="/programs/draft/start?program={show_id(second.id)}"' in page


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("name", "", "이름을 적어 주세요."),
        ("points_name", " ", "이름을 적어 주세요."),
        ("code", "커뮤니티", "영어 소문자로 시작해서"),
        ("code", "1st", "영어 소문자로 시작해서"),
        ("code", "longer_than_twelve", "12자까지"),
        ("rate_points", "0", "1부터 1,000,000까지"),
        ("rate_money", "공짜", "금액을 적어 주세요"),
        ("most", "0", "1부터 100,000,000까지"),
        ("most", "많이", "1부터 100,000,000까지"),
        ("months", "0", "1부터 120까지"),
    ],
)
def test_program__field_that_cannot_be__is_told_and_nothing_is_made(
    owner: Client, story: Story, field: str, value: str, told: str
) -> None:
    answer = owner.post("/programs/new", FORM | {field: value})

    assert answer.status_code == 422
    assert told in read(answer)
    assert len(current_programs()) == 1


@pytest.mark.parametrize(
    ("typed", "earns", "most"), [("1,200P", "yes", 1_200), ("", "yes", None), ("많이", "no", None)]
)
def test_program__most_that_one_purchase_earns__holds_from_the_first_version_where_purchases_earn(
    owner: Client, story: Story, typed: str, earns: str, most: int | None
) -> None:
    made = owner.post("/programs/new", FORM | {"most": typed, "earns": earns})

    ((_, terms),) = current_programs()[1].rules.terms
    assert (terms.most_per_order, terms.expiry_count) == (most, 12)
    assert ("구매 한 번에 최대 1,200P까지" in read(owner.get(made["Location"]))) is bool(most)


def test_program__of_a_code_that_is_taken__is_refused_in_words(owner: Client, second: Id) -> None:
    answer = owner.post("/programs/new", FORM)

    assert answer.status_code == 422
    assert "다른 멤버십이 이미 주고 있어요" in read(answer)
    assert len(current_programs()) == 2


def test_draft__of_the_second_program__changes_that_one_alone(owner: Client, second: Id) -> None:
    query = f"?program={show_id(second)}"
    before = current_programs()[0].rules

    started = owner.post(f"/programs/draft/start{query}")
    page = read(owner.get(f"/programs/draft{query}"))

    assert started["Location"] == f"/programs/draft{query}"
    revision = re.search(r'name="revision" value="(\d+)"', page)
    assert revision
    assert owner.get("/programs/draft").status_code == 302  # The first one has none.
    discarded = owner.post(f"/programs/draft/discard{query}")
    assert discarded["Location"] == f"/programs{query}"
    assert current_programs()[0].rules == before


def test_program__that_there_is_not__is_not_found(owner: Client, second: Id) -> None:
    assert owner.get(f"/programs?program={show_id(bytes(16))}").status_code == 404
    assert owner.get("/members?wallet=miles").status_code == 200  # A list asks nothing of it.


def test_points__renamed__are_called_so_for_members_too(owner: Client, second: Id, story: Story) -> None:
    answer = owner.post("/programs/points", {"name": "단골 포인트"})

    assert answer["Location"] == "/programs"
    assert [one.name for one in list_wallets()] == ["단골 포인트", "커뮤니티 포인트"]
    assert owner.post("/programs/points", {"name": " "}).status_code == 422


def test_member__with_two_wallets__shows_each_and_switches(owner: Client, second: Id, story: Story) -> None:
    before = has(story.regular, CURRENCY)
    give(owner, story.regular, 70, "community")

    member = f"/members/{show_id(story.regular)}"
    head = read(owner.get(member))
    own = read(owner.get(f"{member}?tab=points&wallet=community"))
    first = read(owner.get(f"{member}?tab=points"))

    assert (has(story.regular, CURRENCY), has(story.regular, "community")) == (before, 70)
    assert "커뮤니티 포인트" in head
    assert "70P" in head
    assert "+70P" in own
    assert "+70P" not in first
    assert owner.get(f"{member}?tab=points&wallet=miles").status_code == 404


def test_adjustment__of_the_second_kind__is_undone_in_it(owner: Client, second: Id, story: Story) -> None:
    give(owner, story.regular, 70, "community")
    member = f"/members/{show_id(story.regular)}"
    page = read(owner.get(f"{member}?tab=points&wallet=community"))
    (undo,) = re.findall(r'href="(/members/[^"]+undo[^"]*)"', page)

    shown = read(owner.get(undo))
    form = re.search(r'name="form" value="([^"]+)"', shown)
    assert form
    answer = owner.post(undo, {"form": form[1], "reason": "잘못 줬어요"})

    assert "커뮤니티 포인트" in shown
    assert answer["Location"].endswith("wallet=community")
    assert has(story.regular, "community") == 0


def test_bulk__of_the_second_kind__is_given_in_it(owner: Client, second: Id, story: Story) -> None:
    who = {"which": "ticked", "who": show_id(story.regular)}
    page = read(owner.post("/members/bulk/points", who))
    form = re.search(r'name="form" value="([^"]+)"', page)
    assert form
    asked = {**who, "form": form[1], "points": "5", "reason": "글", "last_day": "", "wallet": "community"}

    looked = read(owner.post("/members/bulk/points", asked))
    digest = re.search(r'name="digest" value="([^"]+)"', looked)
    assert digest
    done = owner.post("/members/bulk/points", {**asked, "digest": digest[1], "sure": "1"})

    assert '<option value="community"' in page
    assert "커뮤니티 포인트" in looked
    assert "커뮤니티 포인트" in read(owner.get(done["Location"]))
    assert has(story.regular, "community") == 5


def test_phone__with_two_wallets__shows_each_and_its_history(owner: Client, second: Id, story: Story) -> None:
    give(owner, story.regular, 70, "community")
    phone = come_in(Client(headers={"accept-language": "ko"}), story.regular)

    home = read(phone.get("/me/"))
    history = read(phone.get("/me/history?wallet=community"))

    assert 'href="/me/history?wallet=community"' in home
    assert "커뮤니티 포인트" in home
    assert "+70P" in history
    assert "+70P" not in read(phone.get("/me/history"))
    told = {one.get("wallet") for one in read_my_data(story.regular, at=NOW)["points"]}
    assert told == {"포인트", "커뮤니티 포인트"}


def test_till__pays_with_the_kind_the_settings_name__and_shows_it(
    owner: Client, second: Id, story: Story
) -> None:
    give(owner, story.regular, 70, "community")
    tender = TenderContent(points=1, minor=10, currency="community")
    write_checkout(msgspec.structs.replace(DEFAULTS, tender=tender), changed_by="owner", at=NOW)

    page = read(owner.get(f"/till/members/{show_id(story.regular)}?amount=50&points=50"))

    assert "계산에 써요" in page
    assert "70P" in page
    settings = read(owner.get("/checkout-settings"))
    assert "낼 수 있는 포인트" in settings
    assert "커뮤니티 포인트" in settings


def test_checkout_settings__other_kind_chosen__is_said_before_and_kept_after(
    owner: Client, second: Id, story: Story
) -> None:
    page = read(owner.get("/checkout-settings/edit"))

    assert '<select class="input" id="wallet" name="wallet"' in page
    assert '<option value="community"' in page
