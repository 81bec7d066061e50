"""Lists of promotions and of their uses: found, page by page, taken along, and of whom nobody is told."""

import re

import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.people.shops import StoreRow, upsert_stores
from dangol.core.storage.ids import show_id
from dangol.core.storage.transactions import write_transaction
from tests.web.promotions import address, buy, draft, publish, tell_promotions
from tests.web.staff import sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def test_list__found_by_name_and_state__with_what_is_used(clerk: Client, story: Story) -> None:
    tell_promotions(story)
    everything = clerk.get("/promotions").content.decode()
    scheduled = clerk.get("/promotions?state=scheduled").content.decode()
    archived = clerk.get("/promotions?state=archived").content.decode()
    named = clerk.get("/promotions?q=반값").content.decode()

    assert re.findall(r'<a href="/promotions/[^"]+">([^<]+)</a><span', everything) == [
        "반값 행사", "늦은 행사", "단골 행사"
    ]  # fmt: skip
    assert '<progress class="meter" max="1000" value="400"' in everything
    assert "2번" in everything
    for page, name in ((scheduled, "늦은 행사"), (archived, "배달 행사"), (named, "반값 행사")):
        assert re.findall(r'<a href="/promotions/[^"]+">([^<]+)</a><span', page) == [name]
    assert "조건에 맞는 프로모션이 없어요" in clerk.get("/promotions?q=nothing").content.decode()


def test_list__more_than_a_page__goes_on_where_it_ended(clerk: Client, story: Story) -> None:
    for number in range(52):
        draft(name=f"할인 {number}")

    first = clerk.get("/promotions").content.decode()
    [following] = re.findall(r'href="(\?after=[^"]+)"', first)
    second = clerk.get(f"/promotions{following}").content.decode()

    assert re.findall(r">할인 (\d+)</a>", first) == [str(number) for number in range(51, 1, -1)]
    assert re.findall(r">할인 (\d+)</a>", second) == ["1", "0"]


def test_csv__as_the_list_is_filtered__has_amounts_and_no_formula(clerk: Client, story: Story) -> None:
    tell_promotions(story)
    draft(name="=1+1")

    def rows(query: str) -> list[str]:
        answer = clerk.get(f"/promotions.csv{query}")
        return b"".join(answer.streaming_content).decode().splitlines()[1:]  # type: ignore[attr-defined] # a file streams

    [live] = rows("?q=단골")
    assert live.startswith("단골 행사,운영 중,10% 할인,,,USD,10.00,4.00,2,보통,0")
    assert len(rows("")) == 4
    assert rows("?q=1")[0].startswith("'=1+1,초안")


def test_uses__by_whoever_may_see_whom__names_those_alone(clerk: Client, story: Story) -> None:
    live, _draft = tell_promotions(story)
    with write_transaction():
        stores = upsert_stores([StoreRow("1", "First"), StoreRow("2", "Second")], recorded_at=NOW)
        set_people([PersonRow(story.regular, home_store_id=stores["1"])], recorded_at=NOW)
    other = sign_in(Client(headers={"accept-language": "ko"}), "elsewhere", Role.AGENT, store_id=stores["2"])
    link = f'href="/members/{show_id(story.regular)}"'

    for path in (address(live), address(live, "/uses")):
        seen, hidden = (client.get(path).content.decode() for client in (clerk, other))
        assert link in seen
        assert "손님" in seen
        assert link not in hidden
        assert "볼 수 없는 회원" in hidden


def test_uses__more_than_a_page__goes_on_where_it_ended(clerk: Client, story: Story) -> None:
    made = publish()
    for number in range(51):
        buy(None, f"many-{number}")

    first = clerk.get(address(made, "/uses")).content.decode()
    [following] = re.findall(r'href="(\?after=[^"]+)"', first)
    second = clerk.get(address(made, f"/uses{following}")).content.decode()

    assert (first.count("<tr>"), second.count("<tr>")) == (51, 2)
