"""What is known of a member, changed on the pages: fields, consents, notes."""

import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.core.people.guardians import guardians_of
from dangol.core.people.models import Note
from dangol.core.people.selectors import consents_of, profiles_of
from dangol.core.storage.ids import new_id, show_id
from dangol.project.clock import now
from tests.web.staff import sign_in
from tests.web.story import Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture
def agent(story: Story) -> Client:
    return sign_in(Client(headers={"accept-language": "ko"}), "agent", Role.AGENT)


def test_edit__one_field_typed__only_that_changes(agent: Client, story: Story) -> None:
    member = story.customers["1502"]
    path = f"/members/{show_id(member)}/edit"
    assert "김하늘" not in agent.get(path).content.decode()

    sent = {"name": "김바다", "store": "367", "trait": "size", "value": "M"}
    assert agent.post(path, sent).status_code == 302

    profile = profiles_of([member], unmasked=True)[member]
    assert profile.person.name == "김바다"
    assert profile.person.phone
    assert profile.birthday == "1990-05-01"
    assert profile.home_store_id
    assert profile.traits == {"size": "M"}
    assert agent.post(path, {"trait": "size", "value": ""}).status_code == 302
    assert profiles_of([member])[member].traits == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", "x" * 101), ("birthday", "31.1.2000"), ("birthday", "2999-01-01")],
)
def test_edit__odd_value__is_refused_and_nothing_changes(
    agent: Client, story: Story, field: str, value: str
) -> None:
    member = story.customers["1502"]
    before = profiles_of([member], unmasked=True)

    answer = agent.post(f"/members/{show_id(member)}/edit", {"name": "새이름", field: value})

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert profiles_of([member], unmasked=True) == before


CHILD = {"name": "어린이", "birthday": f"{now().year - 10}-01-01"}
CONSENTED = {"guardian_name": "보호자", "guardian_phone": "212-555-0111", "guardian_confirmed": "1"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (CHILD, "법정대리인이 동의해야"),
        (CHILD | CONSENTED | {"guardian_confirmed": None}, "확인했다고 표시하세요"),
        (CHILD | CONSENTED | {"guardian_name": ""}, 'id="guardian_name-no"'),
        (CHILD | CONSENTED | {"guardian_phone": "12"}, 'id="guardian_phone-no"'),
    ],
)
def test_edit__birthday_below_fourteen_without_a_guardian__is_refused_and_keeps_what_was_typed(
    agent: Client, story: Story, given: dict[str, str | None], said: str
) -> None:
    member = story.customers["1502"]
    before = profiles_of([member], unmasked=True)
    typed = {name: value for name, value in given.items() if value is not None}

    answer = agent.post(f"/members/{show_id(member)}/edit", typed)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert '<details class="open" open>' in page
    assert 'value="어린이"' in page
    assert profiles_of([member], unmasked=True) == before
    assert guardians_of([member]) == {}


def test_edit__birthday_below_fourteen_with_a_guardian__is_kept_with_who_consented(
    agent: Client, story: Story
) -> None:
    member = story.customers["1502"]
    path = f"/members/{show_id(member)}/edit"

    assert agent.post(path, CHILD | CONSENTED).status_code == 302

    assert profiles_of([member], unmasked=True)[member].birthday == CHILD["birthday"]
    guardian = guardians_of([member])[member]
    assert (guardian.name, guardian.phone, guardian.source) == ("보호자", "+12125550111", "staff")
    assert agent.post(path, CHILD).status_code == 302, "asked once"


def test_consents__taken_back_by_staff__holds_and_odd_ones_do_not(agent: Client, story: Story) -> None:
    path = f"/members/{show_id(story.regular)}/consents"
    sent = {"purpose": "marketing", "channel": "email", "granted": "no", "wording": ""}
    for odd in ({"channel": "pigeon"}, {"purpose": ""}):
        assert agent.post(path, sent | odd).status_code == 422

    assert agent.post(path, sent).status_code == 302

    now = {(one.channel, one.purpose): one for one in consents_of([story.regular])[story.regular]}
    assert (now["email", "marketing"].granted, now["email", "marketing"].source) == (False, "staff")
    assert "staff" in agent.get(path).content.decode()


def test_notes__written_edited_and_deleted__by_who_wrote_them(
    agent: Client, clerk: Client, story: Story
) -> None:
    path, form = f"/members/{show_id(story.regular)}/notes", show_id(new_id())
    for _time in range(2):
        assert agent.post(path, {"form": form, "text": "<b>땅콩</b>"}).status_code == 302
    assert agent.get(path).content.decode().count("&lt;b&gt;땅콩") == 2  # as read, and in its form
    assert agent.post(path, {"form": show_id(new_id()), "text": " "}).status_code == 422
    assert clerk.post(f"{path}/{form}", {"choice": "delete"}).status_code == 422
    assert agent.post(f"{path}/{form}", {"choice": "edit", "text": "호두"}).status_code == 302
    assert "호두" in clerk.get(path).content.decode()
    assert agent.post(f"{path}/{form}", {"choice": "delete"}).status_code == 302
    assert not Note.objects.exists()
