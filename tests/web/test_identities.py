"""By what a member is found, on the pages: seen, added, changed, taken away, and told in the access log."""

import re

import pytest
from django.test import Client

from dangol.core.access.log import list_entries
from dangol.core.access.rights import Role
from dangol.core.messaging.models import Message
from dangol.core.people.models import Customer, Store
from dangol.core.people.selectors import find_by_identity
from dangol.core.people.shops import StoreRow, upsert_stores
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.transactions import write_transaction
from tests.web.staff import sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
ADDED = {"kind": "phone", "value": "212-555-0111", "reason": "번호를 바꿈"}


@pytest.fixture
def agent(story: Story) -> Client:
    return sign_in(Client(headers={"accept-language": "ko"}), "agent", Role.AGENT)


def path_of(member: Id) -> str:
    return f"/members/{show_id(member)}/identities"


def entries() -> list[tuple[str, str, tuple[str, ...], str]]:
    return [(one.action, one.actor, one.seen, one.reason) for one in list_entries()]


def which(client: Client, member: Id, kind: str) -> str:
    """Return what the page's form calls the member's value of a kind."""
    found = re.search(
        rf'name="which" value="({kind}:[0-9a-f]+)"', client.get(path_of(member)).content.decode()
    )
    assert found
    return found[1]


def test_identities__added_changed_and_removed__each_in_the_access_log(agent: Client, story: Story) -> None:
    member, path = story.regular, path_of(story.regular)
    assert agent.post(f"{path}/add", ADDED).status_code == 302
    page = agent.get(f"/members/{show_id(member)}").content.decode()
    assert "(212) 555-**11" in page
    assert "직원이 적음" in page
    assert "555-0111" not in page

    changed = {
        "which": which(agent, member, "phone"),
        "value": "212-555-0122",
        "reason": "오타",
        "choice": "change",
    }
    assert agent.post(f"{path}/change", changed).status_code == 302
    removed = {"which": which(agent, member, "phone"), "reason": "해지", "choice": "remove"}
    assert agent.post(f"{path}/change", removed).status_code == 302

    assert find_by_identity("phone", ["212-555-0111", "212-555-0122"]) == {}
    assert entries() == [
        ("remove_identity", "agent", ("phone",), "해지"),
        ("change_identity", "agent", ("phone",), "오타"),
        ("add_identity", "agent", ("phone",), "번호를 바꿈"),
    ]


def test_identities__e_mail_changed_or_taken_away__is_told_to_the_old_address(
    agent: Client, story: Story
) -> None:
    member, path = story.regular, path_of(story.regular)
    agent.post(f"{path}/add", {"kind": "email", "value": "first@example.com", "reason": "들음"})
    Message.objects.all().delete()

    for choice in ("change", "remove"):
        which_one = which(agent, member, "email")
        said = {"which": which_one, "value": "second@example.com", "reason": "오타", "choice": choice}
        assert agent.post(f"{path}/change", said).status_code == 302

    assert [(one.customer_id, one.template) for one in Message.objects.all()] == [
        (member, "address_changed"), (member, "address_changed"),
    ]  # fmt: skip


def test_identities__no_reason_or_odd_value__nothing_changes(agent: Client, story: Story) -> None:
    path = path_of(story.regular)
    for odd in ({"reason": " "}, {"value": "12"}, {"kind": "passport"}, {"value": ""}):
        answer = agent.post(f"{path}/add", ADDED | odd)

        assert answer.status_code == 422, odd
        assert 'role="alert"' in answer.content.decode()
    assert agent.post(f"{path}/change", {"which": "phone:00", "reason": "x"}).status_code == 422

    assert find_by_identity("phone", ["212-555-0111"]) == {}
    assert entries() == []


def test_identities__somebody_else_s__leads_to_merging(agent: Client, story: Story) -> None:
    answer = agent.post(f"{path_of(story.regular)}/add", ADDED | {"value": "212-555-0178"})

    assert answer.status_code == 422
    merge = f"/members/{show_id(story.regular)}/merge?with={show_id(story.customers['1502'])}"
    assert f'href="{merge}"' in answer.content.decode()
    assert agent.get(merge).status_code == 200


def test_identities__of_another_store_s_member__does_not_say_whose(story: Story) -> None:
    here, there = Store.objects.order_by("number")[0], new_store()
    Customer.objects.filter(customer_id=story.customers["1502"]).update(home_store_id=there)
    clerk = sign_in(Client(), "bound", Role.AGENT, store_id=here.id)

    answer = clerk.post(f"{path_of(story.regular)}/add", ADDED | {"value": "212-555-0178"})

    assert answer.status_code == 422
    assert show_id(story.customers["1502"]) not in answer.content.decode()


def new_store() -> Id:
    """Return another store."""
    with write_transaction():
        return upsert_stores([StoreRow("another", "Another")], recorded_at=NOW)["another"]


def test_identities__the_last_one__is_asked_about_and_then_goes(agent: Client, story: Story) -> None:
    member, path = story.newcomer, path_of(story.newcomer)
    removed = {"which": which(agent, member, "external"), "reason": "잘못 만든 회원", "choice": "remove"}

    answer = agent.post(f"{path}/change", removed)
    assert answer.status_code == 422
    assert "그래도 빼기" in answer.content.decode()
    assert which(agent, member, "external")

    assert agent.post(f"{path}/change", removed | {"even_last": "1"}).status_code == 302
    page = agent.get(f"/members/{show_id(member)}").content.decode()
    assert "아직 없어요. 계산대에서 이 회원을 찾을 수 없어요." in page


def test_member__notes_on_the_page__the_latest_three_and_only_for_who_may(
    agent: Client, story: Story
) -> None:
    page, form = f"/members/{show_id(story.regular)}", "0" * 31
    for number in range(5):
        sent = {"form": f"{form}{number}", "text": f"메모 {number} <b>"}
        assert agent.post(f"{page}/notes", sent).status_code == 302
    shown = agent.get(page).content.decode()
    reader = sign_in(Client(), "reader", Role.AUDITOR)

    assert [number for number in range(5) if f"메모 {number} &lt;b&gt;" in shown] == [2, 3, 4]
    assert "모두 보고 쓰기" in shown
    assert "메모 4" not in reader.get(page).content.decode()
