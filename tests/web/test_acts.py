"""What staff do to a member on the pages: see whole, hand out, merge and part, hold and erase."""

import io
import zipfile
from typing import Any

import msgspec
import pytest
from django.test import Client

from dangol.core.access.log import list_entries
from dangol.core.access.rights import Role
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.merged import resolve_merged
from dangol.core.people.models import Customer
from dangol.core.storage.ids import new_id, show_id
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.stored_value.credit import give_credit
from dangol.web.pages.merging import FIELD_NAMES
from tests.web.seeking import seek
from tests.web.staff import sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture
def agent(story: Story) -> Client:
    return sign_in(Client(headers={"accept-language": "ko"}), "agent", Role.AGENT)


def page_of(story: Story, number: str) -> str:
    """Return the address of a member's page."""
    return f"/members/{show_id(story.customers[number])}"


def entries() -> list[tuple[str, str, str, str]]:
    """Return what the access log holds: action, actor, fields and reason, latest first."""
    return [(one.action, one.actor, ",".join(one.seen), one.reason) for one in list_entries()]


def test_unmask__with_a_reason__shows_whole_once_and_is_written_down(agent: Client, story: Story) -> None:
    page = page_of(story, "1502")
    assert "555-0178" not in agent.get(page).content.decode()

    answer = agent.post(f"{page}/unmask", {"reason": "배송 확인"})

    text = answer.content.decode()
    assert "김하늘" in text
    assert "(212) 555-0178" in text
    assert "no-store" in answer["Cache-Control"]
    assert entries() == [("unmask", "agent", "name,phone,birthday,external_id", "배송 확인")]
    assert "555-0178" not in agent.get(f"{page}/unmask").content.decode()
    assert list_entries()[0].request


def test_unmask__without_a_reason__shows_nothing_and_writes_nothing(agent: Client, story: Story) -> None:
    answer = agent.post(f"{page_of(story, '1502')}/unmask", {"reason": " "})

    assert answer.status_code == 422
    assert "555-0178" not in answer.content.decode()
    assert entries() == []


@pytest.mark.parametrize("act", ["unmask", "export", "merge", "erase", "adjust"])
def test_act__on_nobody__is_not_found(clerk: Client, story: Story, act: str) -> None:
    assert clerk.get(f"/members/{show_id(new_id())}/{act}").status_code == 404


def test_export__json_and_zip__hold_the_person_and_are_written_down(clerk: Client, story: Story) -> None:
    page = page_of(story, "1502")
    assert clerk.post(f"{page}/export", {"reason": ""}).status_code == 422

    as_json = clerk.post(f"{page}/export", {"reason": "본인 요청", "form": "json"})
    as_zip = clerk.post(f"{page}/export", {"reason": "본인 요청", "form": "csv"})

    document = msgspec.json.decode(as_json.content)
    assert document["customer_ids"] == [show_id(story.customers["1502"])]
    assert "김하늘" in as_json.content.decode()
    assert zipfile.ZipFile(io.BytesIO(as_zip.content)).testzip() is None
    assert "attachment" in as_zip["Content-Disposition"]
    assert "no-store" in as_json["Cache-Control"]
    assert [one[0] for one in entries()] == ["takeout", "takeout"]


def test_merge__looked_at_then_done__leads_on_and_can_be_parted(agent: Client, story: Story) -> None:
    kept, absorbed = story.customers["1501"], story.customers["1502"]
    page, other = page_of(story, "1501"), page_of(story, "1502")
    assert show_id(absorbed) in seek(agent, f"{page}/merge", "1502").content.decode()

    plan = agent.get(f"{page}/merge?with={show_id(absorbed)}").content.decode()

    assert "합치면 이렇게 돼요" in plan
    assert "이름" in plan
    assert resolve_merged([absorbed]) == {absorbed: absorbed}
    sent = {"with": show_id(absorbed), "reason": ""}
    assert agent.post(f"{page}/merge", sent).status_code == 422
    answer = agent.post(f"{page}/merge", sent | {"reason": "같은 전화"})
    assert answer["Location"] == page
    assert agent.get(other)["Location"] == page
    orders = agent.get(f"{page}?tab=orders").content.decode()
    assert "1502-" in orders
    assert agent.get(page).status_code == 200
    again = agent.post(f"{page}/merge", sent | {"reason": "한 번 더"})
    assert again.status_code == 422
    assert agent.post(f"{page}/unmerge", {"absorbed": show_id(kept), "reason": "x"}).status_code == 404

    parted = agent.post(f"{page}/unmerge", {"absorbed": show_id(absorbed), "reason": "아니었어요"})

    assert parted["Location"] == other
    assert agent.get(other).status_code == 200
    assert "1502-" not in agent.get(f"{page}?tab=orders").content.decode()
    assert [one[0] for one in entries()] == ["unmerge", "unmerge", "merge", "merge"]


def test_merge__with_oneself_or_nonsense__is_refused(agent: Client, story: Story) -> None:
    page = page_of(story, "1501")
    oneself = agent.get(f"{page}/merge?with={show_id(story.customers['1501'])}")

    assert oneself.status_code == 422
    assert agent.get(f"{page}/merge?with=x").status_code == 404
    assert agent.post(f"{page}/merge", {"with": show_id(new_id()), "reason": "x"}).status_code == 404


def test_merge__every_field_that_can_be_filled__has_a_name() -> None:
    assert {"name", "phone", "email", "card", "birthday", "external"} <= FIELD_NAMES.keys()


def test_erase__under_hold__is_refused_in_words_and_done_once_released(clerk: Client, story: Story) -> None:
    member, page = story.customers["1502"], page_of(story, "1502")
    sent = {"number": "1502", "reason": "본인 요청"}
    assert clerk.post(f"{page}/hold", {"reason": "소송", "last_day": "2020-01-01"}).status_code == 422
    assert clerk.post(f"{page}/hold", {"reason": "소송", "last_day": ""}).status_code == 302

    refused = clerk.post(f"{page}/erase", sent)

    assert refused.status_code == 422
    assert "법적 보존 중" in refused.content.decode()
    hold_id = refused.context["holds"][0].id
    release = f"{page}/holds/{show_id(hold_id)}/release"
    assert clerk.post(release, {"reason": ""}).status_code == 422
    assert clerk.post(release, {"reason": "끝났어요"}).status_code == 302
    for odd in ({"number": "1503"}, {"reason": ""}):
        assert clerk.post(f"{page}/erase", sent | odd).status_code == 422
        assert Customer.objects.get(customer_id=member).kind == "member"

    assert clerk.post(f"{page}/erase", sent)["Location"] == "/members"

    assert Customer.objects.get(customer_id=member).kind == "erased"
    assert clerk.get(f"{page}/unmask").status_code == 410
    assert [one[0] for one in entries()] == ["erase", "release", "hold"]


def test_erase__member_with_store_credit__says_what_goes_with_them(clerk: Client, story: Story) -> None:
    page = page_of(story, "1502")
    assert "예치금" not in clerk.get(f"{page}/erase").content.decode()
    by = By(Actor(ActorKind.STAFF, "clerk", "점원"), NOW)
    give_credit(story.customers["1502"], 12_345, "USD", key="k", reason="사과", by=by)

    assert "남은 예치금 $123.45도 함께 사라져요" in clerk.get(f"{page}/erase").content.decode()


@pytest.mark.parametrize(
    ("role", "acts"),
    [
        (Role.AGENT, {"unmask", "merge", "adjust"}),
        (Role.MARKETER, {"export"}),
        (Role.ANALYST, set()),
        (Role.OWNER, {"unmask", "merge", "adjust", "export", "erase"}),
    ],
)
def test_member_page__by_role__offers_what_opens(story: Story, role: Role, acts: set[str]) -> None:
    client: Any = sign_in(Client(), f"the-{role}", role)
    page = client.get(page_of(story, "1502")).content.decode()

    offered = {one for one in ("unmask", "merge", "adjust", "export", "erase") if f'/{one}"' in page}
    assert offered == acts
