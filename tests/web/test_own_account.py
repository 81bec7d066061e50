"""Who works here and is a member too credits nobody by that name: at the till, on the page, by a program."""

from uuid import uuid4

import pytest
from django.test import Client

from dangol.core.access.keys import forget_remembered_keys, make_key
from dangol.core.access.models import Approval, StaffMembership
from dangol.core.access.own_account import OwnAccount, link_membership, memberships_of, require_not_own
from dangol.core.access.rights import Right, Role
from dangol.core.commerce.models import Order
from dangol.core.commerce.tills import Sale, SaleLine, ring_up as ring_up_sales
from dangol.core.ledger.models import Transfer
from dangol.core.messaging.sink import Sink
from dangol.core.people.actors import HOUSE, Actor, ActorKind
from dangol.core.people.merges import merge_customers
from dangol.core.people.models import Merge
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.coupons.models import CouponCode
from tests.api.conftest import Caller
from tests.core.messaging.ways import use
from tests.web.coupons import tell_coupons
from tests.web.phones import deliver, give_email
from tests.web.staff import make_staff, sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
WORDS = "자기 멤버십에는 스스로"


def browser(name: str, role: str) -> Client:
    return sign_in(Client(headers={"accept-language": "ko"}), name, role)


@pytest.fixture
def agent(story: Story) -> Client:
    """Someone of the staff who has shown to be the regular."""
    client = browser("agent", Role.AGENT)
    link_membership(make_staff("agent").pk, story.regular, at=NOW)
    return client


def counts() -> tuple[int, int]:
    return Transfer.objects.count(), Order.objects.count()


def give(client: Client, member: Id, points: str = "5") -> str:
    given = {"form": show_id(new_id()), "way": "give", "points": points, "reason": "사과", "last_day": ""}
    answer = client.post(f"/members/{show_id(member)}/adjust", given | {"sure": "1"})
    return answer.content.decode() if answer.status_code == 422 else "done"


def test_adjust__of_oneself_on_the_page__is_refused_in_words(agent: Client, story: Story) -> None:
    before = counts()

    assert WORDS in give(agent, story.regular)
    assert counts() == before
    assert give(agent, story.newcomer) == "done"
    assert give(browser("other", Role.AGENT), story.regular) == "done"


def test_adjust__of_who_one_was_before_another_link__is_refused(agent: Client, story: Story) -> None:
    link_membership(make_staff("agent").pk, story.newcomer, at=NOW)

    assert WORDS in give(agent, story.regular)
    assert WORDS in give(agent, story.newcomer)


def test_adjust__of_who_one_became_part_of__is_refused(agent: Client, story: Story) -> None:
    merge_customers(story.newcomer, story.regular, actor=HOUSE, reason="두 번", at=NOW)

    assert memberships_of(make_staff("agent").pk) == {story.newcomer}
    assert WORDS in give(agent, story.newcomer)


def test_approve__for_oneself__is_refused_and_waits_on(story: Story) -> None:
    give(browser("agent", Role.AGENT), story.regular, "1000000")
    approval = Approval.objects.get()
    owner = browser("boss", Role.OWNER)
    link_membership(make_staff("boss").pk, story.regular, at=NOW)
    path = f"/approvals/{show_id(approval.id)}"

    refused = owner.post(path, {"choice": "approve", "reason": ""})

    assert refused.status_code == 422
    assert WORDS in refused.content.decode()
    assert Approval.objects.get().state == "waiting"
    assert browser("another", Role.OWNER).post(path, {"choice": "approve", "reason": ""}).status_code == 302


@pytest.fixture
def till(story: Story) -> Client:
    """A till at which the newcomer works."""
    client = browser("cashier", Role.STORE)
    link_membership(make_staff("cashier").pk, story.newcomer, at=NOW)
    return client


def ring_up(till: Client, member: Id) -> tuple[int, str, str]:
    answer = till.post(f"/till/members/{show_id(member)}/earn", {"amount": "120.00", "key": str(uuid4())})
    return answer.status_code, answer.content.decode(), answer.headers.get("Location", "")


def test_till__sale_to_oneself__is_refused_in_words(till: Client, story: Story) -> None:
    before = counts()

    status, page, _ = ring_up(till, story.newcomer)

    assert (status, WORDS in page) == (409, True)
    assert counts() == before
    assert ring_up(till, story.regular)[0] == 302


def test_till__sale_moved_or_claimed_to_oneself__is_refused(till: Client, story: Story) -> None:
    address = ring_up(till, story.regular)[2]
    before = counts()
    me = show_id(story.newcomer)

    moved = till.post(f"{address}/move", {"to": me})
    claimed = till.post(f"/till/members/{me}/claim", {"number": "1", "source": "till"})

    assert (moved.status_code, WORDS in moved.content.decode()) == (409, True)
    assert (claimed.status_code, WORDS in claimed.content.decode()) == (409, True)
    assert counts() == before


@pytest.mark.parametrize("act", ["move", "claim"])
def test_order__moved_or_claimed_to_oneself_on_its_page__is_refused(
    agent: Client, story: Story, act: str
) -> None:
    line = SaleLine("1", 1_000, 5_000, 0, 5_000)
    with write_transaction():
        owner = story.newcomer if act == "move" else None
        ring_up_sales([Sale(owner, "pos", "R1", NOW, "USD", [line])], recorded_at=NOW)
    before, path = counts(), f"/order-acts/{act}/pos/R1"
    given = {"form": show_id(new_id()), "to": show_id(story.regular), "reason": "제 것"}

    answer = agent.post(path, given)

    assert (answer.status_code, WORDS in answer.content.decode()) == (422, True)
    assert counts() == before
    assert browser("other", Role.AGENT).post(path, given).status_code == 302


def test_api__key_of_somebody__gives_them_nothing(story: Story) -> None:
    forget_remembered_keys()
    link_membership(make_staff("agent").pk, story.regular, at=NOW)
    key = make_key(name="내 프로그램", space="live", scopes=frozenset(Right), created_by="agent", at=NOW)
    api, before = Caller(key.secret), counts()
    mine, other = f"/members/{show_id(story.regular)}", f"/members/{show_id(story.newcomer)}"
    body = {"points": 5, "reason": "사과"}

    adjusted = api.post(f"{mine}/points/adjust", body)
    gifted = api.post(f"{other}/points/gift", {"points": 1, "to": show_id(story.regular)})
    made = api.post("/keys", {"name": "둘째", "scopes": ["points.adjust"]}).data["secret"]

    assert (adjusted.status, adjusted.data["code"]) == (409, "access.own_account")
    assert (gifted.status, gifted.data["code"]) == (409, "access.own_account")
    assert Caller(made).post(f"{mine}/points/adjust", body).data["code"] == "access.own_account"
    assert counts() == before
    assert api.post(f"{other}/points/adjust", body).status == 201


def test_coupon__handed_out_or_bound_to_oneself__is_refused(story: Story) -> None:
    forget_remembered_keys()
    told = tell_coupons(story)
    owner = browser("boss", Role.OWNER)
    link_membership(make_staff("boss").pk, story.newcomer, at=NOW)
    key = make_key(name="내 프로그램", space="live", scopes=frozenset(Right), created_by="boss", at=NOW)
    free = CouponCode.objects.filter(batch_id=told.spring, customer_id=None, used_count=0)
    given = {"form": show_id(new_id()), "batch": show_id(told.spring)}
    path = f"/members/{show_id(story.newcomer)}/coupons"

    page = owner.post(path, given)
    bound = Caller(key.secret).post(f"/coupons/{free[0].shown}/bind", {"member": show_id(story.newcomer)})

    assert (page.status_code, WORDS in page.content.decode()) == (422, True)
    assert (bound.status, bound.data["code"]) == (409, "access.own_account")
    assert not CouponCode.objects.filter(customer_id=story.newcomer).exists()
    assert browser("another", Role.OWNER).post(path, given).status_code == 302


def test_merge__of_oneself_with_somebody__is_refused_on_the_page_and_by_a_key(
    agent: Client, story: Story
) -> None:
    forget_remembered_keys()
    key = make_key(name="내 프로그램", space="live", scopes=frozenset(Right), created_by="agent", at=NOW)
    for keep, absorb in ((story.regular, story.newcomer), (story.newcomer, story.regular)):
        given = {"with": show_id(absorb), "reason": "한 사람"}
        page = agent.post(f"/members/{show_id(keep)}/merge", given)
        told = Caller(key.secret).post(
            f"/members/{show_id(keep)}/merge", {"absorb": show_id(absorb), "reason": "한 사람"}
        )

        assert (page.status_code, WORDS in page.content.decode()) == (422, True)
        assert (told.status, told.data["code"]) == (409, "access.own_account")
    assert not Merge.objects.exists()
    given = {"with": show_id(story.regular), "reason": "한 사람"}
    other = browser("other", Role.AGENT)
    assert other.post(f"/members/{show_id(story.newcomer)}/merge", given).status_code == 302


def test_approve__what_one_s_own_key_asked_for__is_refused_and_another_may(story: Story) -> None:
    forget_remembered_keys()
    boss = browser("boss", Role.OWNER)
    key = make_key(name="내 프로그램", space="live", scopes=frozenset(Right), created_by="boss", at=NOW)
    body = {"points": 1_000_000, "reason": "사과"}
    asked = Caller(key.secret).post(f"/members/{show_id(story.newcomer)}/points/adjust", body)
    before, path = counts(), f"/approvals/{asked.data['id']}"
    assert asked.status == 202

    page = boss.get("/approvals").content.decode()
    refused = boss.post(path, {"choice": "approve", "reason": ""})

    assert "내가 요청한 일이라" in page
    assert (refused.status_code, "스스로 요청한 일은" in refused.content.decode()) == (422, True)
    assert counts() == before
    assert browser("another", Role.OWNER).post(path, {"choice": "approve", "reason": ""}).status_code == 302
    assert counts() != before


def test_sign_in_name__that_is_a_members_e_mail__is_that_member(story: Story) -> None:
    make_staff("kim@example.com", Role.AGENT)
    give_email(story.regular)
    actor = Actor(ActorKind.STAFF, "kim@example.com")

    with pytest.raises(OwnAccount):
        require_not_own([story.newcomer, story.regular], actor=actor)
    require_not_own([story.newcomer], actor=actor)
    require_not_own([story.regular], actor=HOUSE)
    require_not_own([story.regular], actor=Actor(ActorKind.STAFF, "nobody"))


def test_membership__shown_by_the_code_of_a_mail__is_linked(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, Sink())
    give_email(story.regular)
    client = browser("agent", Role.AGENT)

    asked = client.post("/account/membership", {"who": "kim@example.com"})
    assert 'name="code"' in asked.content.decode()
    code = deliver()
    wrong = client.post("/account/membership", {"code": f"{(int(code) + 1) % 1_000_000:06d}"})
    assert (wrong.status_code, StaffMembership.objects.exists()) == (422, False)
    assert 'name="code"' in wrong.content.decode()
    other = browser("other", Role.AGENT).post("/account/membership", {"code": code})
    assert other.status_code == 422
    right = client.post("/account/membership", {"code": code})

    assert right["Location"] == "/account"
    assert memberships_of(make_staff("agent").pk) == {story.regular}
    assert "이어져 있어요" in client.get("/account").content.decode()
    assert WORDS in give(client, story.regular)
    assert "kim@example.com" not in str(client.session.items())


@pytest.mark.parametrize("who", ["", "x", "@", "01", "\0"])
def test_membership__asked_for_by_nothing_that_names_somebody__says_so(
    story: Story, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    use(monkeypatch, Sink())

    refused = browser("agent", Role.AGENT).post("/account/membership", {"who": who})

    assert (refused.status_code, 'role="alert"' in refused.content.decode()) == (422, True)
