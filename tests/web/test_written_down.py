"""What the access log's table says is written down: each of its lines is done here, and looked for."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

import dangol.core.access as access_app
from dangol.core.access.log import Access, list_entries
from dangol.core.messaging.sink import Sink
from dangol.core.people.held import held_by
from dangol.core.people.holds import holds_of
from dangol.core.storage.ids import show_id
from tests.core.messaging.ways import use
from tests.web.phones import ask, come_in, deliver, give_email
from tests.web.story import Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
README = Path(access_app.__file__).parent / "README.md"
REASON = "표본 이유"
# A download by the command or of a list: tests/cli/test_people.py and test_bulk.py; imports: test_imports.py.
ELSEWHERE = {"download", "import_upload", "import_preview", "import_start", "import_errors", "import_undo"}


@pytest.fixture(autouse=True)
def sample_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Sink())


def page_of(story: Story) -> str:
    return f"/members/{show_id(story.regular)}"


def post(path: str, **fields: str) -> Callable[[Client, Story], None]:
    """Return an act: a form sent to an address below the member's page."""

    def act(clerk: Client, story: Story) -> None:
        other = show_id(story.customers["1502"])
        given = {name: value.replace("{other}", other) for name, value in fields.items()}
        answer = clerk.post(f"{page_of(story)}/{path}", {"reason": REASON, **given})
        assert answer.status_code in (200, 302), answer.content.decode()

    return act


def unmerge(clerk: Client, story: Story) -> None:
    post("merge", **{"with": "{other}"})(clerk, story)
    post("unmerge", absorbed="{other}")(clerk, story)


def release(clerk: Client, story: Story) -> None:
    post("hold", last_day="")(clerk, story)
    [hold] = holds_of([story.regular])
    post(f"holds/{show_id(hold.id)}/release")(clerk, story)


def identity(choice: str) -> Callable[[Client, Story], None]:
    def act(clerk: Client, story: Story) -> None:
        post("identities/add", kind="card", value="8801234")(clerk, story)
        [card] = [one for one in held_by([story.regular]) if one.kind == "card"]
        post("identities/change", which=card.name, value="8805678", choice=choice)(clerk, story)

    return act


def read_messages(clerk: Client, story: Story) -> None:
    give_email(story.regular)
    ask(Client(), "kim@example.com")
    deliver()
    assert clerk.get("/messages").status_code == 200


def own_data(clerk: Client, story: Story) -> None:
    assert come_in(Client(), story.regular).get("/me/data.json").status_code == 200


def settings_changed(clerk: Client, story: Story) -> None:
    facts = {"name": "골목 빵집", "zone": "Asia/Seoul", "currency": "USD", "region": "US", "language": "ko"}
    assert clerk.post("/settings", facts).status_code == 302


def taken(clerk: Client, story: Story) -> None:
    assert clerk.get("/access-log.csv?person=1501&staff=kim", follow=True).status_code == 200


ACTS: Mapping[str, Callable[[Client, Story], None]] = {
    "unmask": post("unmask"),
    "takeout": post("export", form="json"),
    "merge": post("merge", **{"with": "{other}"}),
    "unmerge": unmerge,
    "erase": post("erase", number="1501"),
    "hold": post("hold", last_day=""),
    "release": release,
    "add_identity": post("identities/add", kind="card", value="8801234"),
    "change_identity": identity("change"),
    "remove_identity": identity("remove"),
    "link": post("on-phone"),
    "messages": read_messages,
    "own_data": own_data,
    "access_log": taken,
    "configure": settings_changed,
}


def table() -> set[str]:
    """Return the actions that the README's table names."""
    return set(re.findall(r"^\| `(\w+)` \|", README.read_text(encoding="utf-8"), re.MULTILINE))


def test_table__of_the_readme__has_every_action_and_no_other() -> None:
    assert table() == set(Access)
    assert ACTS.keys() | ELSEWHERE == table()


@pytest.mark.parametrize("action", ACTS)
def test_act__of_the_table__is_written_down_with_who_and_why(
    clerk: Client, story: Story, action: str
) -> None:
    ACTS[action](clerk, story)

    entry = list_entries()[0]
    assert entry.action == action
    assert entry.actor == ("member" if action == "own_data" else "owner")
    assert entry.request
    assert entry.reason
    about_one = action not in ("messages", "configure")
    assert (entry.subject_id is not None) is about_one


def test_settings__changed__old_and_new_are_told(clerk: Client, story: Story) -> None:
    settings_changed(clerk, story)
    settings_changed(clerk, story)

    [entry] = list_entries()
    assert entry.seen == ("shop_name", "zone")
    assert entry.reason.endswith(": Complete Journey → 골목 빵집 · America/New_York → Asia/Seoul")


def test_log__downloaded_by_a_name__the_entry_holds_an_id_only(clerk: Client, story: Story) -> None:
    assert clerk.get("/access-log.csv?person=김하늘", follow=True).status_code == 200

    [entry] = list_entries()
    assert entry.subject_id == story.customers["1502"]
    assert "하늘" not in entry.reason


@pytest.mark.parametrize("address", ["/access-log.csv", "/me/data.json"])
def test_shown_by_an_address__nothing_may_be_written__is_not_shown(
    clerk: Client, story: Story, settings: Settings, address: str
) -> None:
    browser = come_in(clerk, story.regular)
    settings.READ_ONLY = "asked"

    assert browser.get(address).status_code == 503

    assert list_entries() == []
