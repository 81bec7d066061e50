"""A promotion tried on past orders, on pages: begun, watched, stopped, shown and taken along."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.people.shops import StoreRow, upsert_stores
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.models import Job
from dangol.core.tasks.runner import Runner
from dangol.rooms.rewards.promotions.models import PromotionSimulation
from dangol.rooms.rewards.promotions.simulations import find_trial, list_trials
from tests.web.promotions import MEMBER, address, draft, publish, simulate, tell_promotions
from tests.web.staff import sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
HTMX = {"HX-Request": "true", "HX-Target": "state"}


def page_of(trial: Id, act: str = "") -> str:
    return f"/promotions/simulations/{show_id(trial)}{act}"


def work() -> None:
    while Runner(clock=lambda: NOW).run_due():
        pass


def test_try__of_a_draft__is_watched_then_tells_cost_reach_and_who(clerk: Client, story: Story) -> None:
    made = draft(condition=MEMBER, limits={"budget_minor": 2_000})

    answer = clerk.post(address(made, "/try"), {"days": "90"})
    [trial] = list_trials(made)
    waiting = clerk.get(answer["Location"]).content.decode()
    work()
    done = clerk.get(answer["Location"], headers=HTMX).content.decode()

    assert answer["Location"] == page_of(trial.id)
    # Midnight of New York, in summer.
    assert trial.since == datetime(2026, 8, 25, 4, tzinfo=UTC)
    assert 'hx-trigger="every 1s"' in waiting
    assert "차례를 기다려요" in waiting
    found = find_trial(trial.id).result
    assert found is not None
    assert found.used > 0
    for words in ("$20.00", f">{found.used}<", f">{found.people}<", "다 쓰였을 거예요", f'href="/members/{show_id(story.regular)}"'):  # fmt: skip  # noqa: E501 - a line
        assert words in done
    assert "hx-trigger" not in done
    assert "<html" not in done
    assert page_of(trial.id) in clerk.get(address(made)).content.decode()


@pytest.mark.parametrize(("days", "columns", "unit"), [("30", 30, "하루씩"), ("90", 13, "한 주씩"), ("365", 13, "30일씩")])  # fmt: skip  # noqa: E501 - a line
def test_try__longer_spans__have_wider_columns_that_add_up(
    clerk: Client, story: Story, days: str, columns: int, unit: str
) -> None:
    made = publish()
    trial = clerk.post(address(made, "/try"), {"days": days})["Location"]
    work()

    page = clerk.get(trial).content.decode()
    table = page.partition('id="h-days"')[2].partition("</table>")[0]
    found = list_trials(made)[0].result
    assert found is not None
    amounts = re.findall(r'<td class="num">\$([\d.,]+)</td>', table)
    assert len(amounts) == columns
    assert round(sum(float(one.replace(",", "")) for one in amounts) * 100) == found.minor
    assert unit in page


def test_try__draft_that_cannot_be_published__is_refused_with_what_to_do(clerk: Client, story: Story) -> None:
    made = draft(benefits=[])

    answer = clerk.post(address(made, "/try"), {"days": "30"})

    assert answer.status_code == 409
    assert not list_trials(made)


def test_trial__stopped_failed_or_empty__says_so(clerk: Client, story: Story) -> None:
    made = publish()
    stopped = clerk.post(address(made, "/try"))["Location"]
    failed = clerk.post(address(made, "/try"))["Location"]
    last = list_trials(made)[0].id

    assert clerk.post(f"{stopped}/cancel")["Location"] == stopped
    assert clerk.post(f"{stopped}/cancel").status_code == 302
    Job.objects.filter(id=PromotionSimulation.objects.get(id=last).job_id).update(state="dead")

    assert "멈춘 시뮬레이션은 결과가 없어요." in clerk.get(stopped).content.decode()
    assert "아무것도 바뀌지 않았어요." in clerk.get(failed).content.decode()
    assert clerk.get(f"{stopped}.csv").status_code == 404
    [empty, *_] = simulate(made, days=0)
    assert "이 기간에는 주문이 없어요" in clerk.get(page_of(empty)).content.decode()
    assert clerk.get(page_of(new_id())).status_code == 404


def test_csv__of_a_run__has_its_days_and_nobody(clerk: Client, story: Story) -> None:
    live, _draft = tell_promotions(story)
    trial = list_trials(live)[-1]
    assert trial.result is not None

    lines = b"".join(clerk.get(page_of(trial.id, ".csv")).streaming_content).decode().splitlines()  # type: ignore[attr-defined] # a file streams

    assert lines[0].endswith("날짜,주문,받았을 주문,할인")
    assert len(lines) == 1 + len(trial.result.days)
    first = trial.result.days[0]
    assert lines[1] == f"{first.day},{first.orders},{first.used},{first.minor // 100}.{first.minor % 100:02d}"


def test_trial__of_another_stores_member__names_nobody(clerk: Client, story: Story) -> None:
    live, _draft = tell_promotions(story)
    with write_transaction():
        stores = upsert_stores([StoreRow("1", "First"), StoreRow("2", "Second")], recorded_at=NOW)
        set_people([PersonRow(story.regular, home_store_id=stores["1"])], recorded_at=NOW)
    other = sign_in(
        Client(headers={"accept-language": "ko"}), "elsewhere", Role.ANALYST, store_id=stores["2"]
    )
    path, link = page_of(list_trials(live)[-1].id), f'href="/members/{show_id(story.regular)}"'

    assert link in clerk.get(path).content.decode()
    assert link not in other.get(path).content.decode()
    assert other.post(address(live, "/try")).status_code == 403
