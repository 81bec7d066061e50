"""The page of jobs: what waits, what was given up and tried anew, and how far the consumers are."""

import re
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client

from dangol.connectors.files.uploads import CHECK, IMPORT, UNDO
from dangol.core.access.rights import Role
from dangol.core.events.selectors import show_consumers
from dangol.core.ledger.in_bulk import TASK as POINTS_IN_BULK
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.models import Job, State
from dangol.core.tasks.registry import all_schedules, staff_tasks
from dangol.core.tasks.services import enqueue
from dangol.rooms.rewards.simulations import TASK as SIMULATE
from dangol.web.work_words import JOB_STATES
from tests.web.staff import sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def leave(minutes: int = 0) -> Id:
    """Leave a job so many minutes ago."""
    with write_transaction():
        return enqueue("access.chain", {}, run_at=NOW - timedelta(minutes=minutes))


def test_jobs__none__says_when_there_will_be(clerk: Client, story: Story) -> None:
    page = clerk.get("/jobs").content.decode()

    assert "아직 작업이 없어요" in page
    for one in show_consumers(NOW):
        assert f"<code>{one.name}</code>" in page


def test_job__given_up__says_why_and_is_tried_anew(clerk: Client, story: Story) -> None:
    job = leave()
    Job.objects.update(
        state=State.DEAD, attempts=5, claimable_at=None, last_error="Traceback\n<b>no such file</b>"
    )

    page = clerk.get(f"/jobs/{show_id(job)}").content.decode()
    assert "포기했어요" in page
    assert "&lt;b&gt;no such file" in page
    assert "no such file" in clerk.get("/jobs?state=dead").content.decode()
    clerk.post(f"/jobs/{show_id(job)}/retry")

    kept = Job.objects.get()
    assert (kept.state, kept.attempts, kept.claimable_at) == (State.WAITING, 0, NOW)
    assert "/retry" not in clerk.get(f"/jobs/{show_id(job)}").content.decode()


def test_retry__job_that_waits__changes_nothing(clerk: Client, story: Story) -> None:
    job = leave()
    before = Job.objects.values().get()

    clerk.post(f"/jobs/{show_id(job)}/retry")

    assert Job.objects.values().get() == before


def test_job__running__shows_how_far_it_is(clerk: Client, story: Story) -> None:
    job = leave()
    Job.objects.update(state=State.RUNNING, progress_done=1_200, progress_total=2_400)

    for address in ("/jobs", f"/jobs/{show_id(job)}"):
        page = clerk.get(address).content.decode()
        assert 'max="2400" value="1200"' in page
        assert "1,200 / 2,400" in page


def test_jobs__more_than_a_page__each_is_seen_once(
    clerk: Client, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dangol.web.pages.jobs.A_PAGE", 2)
    jobs = [show_id(leave(minutes)) for minutes in range(5)]

    seen, address = list[str](), "/jobs"
    while address:
        page = clerk.get(address).content.decode()
        seen += re.findall(r'<th scope="row" class="k-name"><a href="/jobs/([^"]+)"', page)
        further = re.search(r'href="(\?[^"]*after=[^"]+)"', page)
        address = f"/jobs{further.group(1)}" if further else ""

    assert seen == jobs
    for odd in ("?state=x", "?after=x", "?after=2026-01-01_x", f"?after=0001-01-01T00:00%2B10:00_{jobs[0]}"):
        assert clerk.get(f"/jobs{odd}").status_code == HTTPStatus.OK, odd


def test_jobs__asked_by_staff_or_given_up__found_among_those_of_the_clock(
    clerk: Client, story: Story
) -> None:
    leave()
    with write_transaction():
        checked = enqueue("access.check", {}, run_at=NOW)
        code = enqueue("messaging.send_code", {}, run_at=NOW)
    Job.objects.filter(id=code).update(state=State.DEAD)

    def shown(address: str) -> set[str]:
        return set(re.findall(r'class="k-name"><a href="/jobs/[^"]+"><code>([^<]+)<', read(address)))

    def read(address: str) -> str:
        return clerk.get(address).content.decode()

    assert checked
    assert shown("/jobs") == {"access.chain", "access.check", "messaging.send_code"}
    assert shown("/jobs?by=staff") == {"access.check"}
    assert shown("/jobs?state=dead") == {"messaging.send_code"}
    assert shown("/jobs?by=x") == shown("/jobs")
    assert 'name="by" value="staff"' in read("/jobs?by=staff")
    assert "조건에 맞는 작업이 없어요" in read("/jobs?by=staff&state=dead")


def test_staff_tasks__of_the_house__are_those_somebody_asks_for() -> None:
    asked = {"access.check", CHECK, IMPORT, UNDO, POINTS_IN_BULK, SIMULATE}

    assert asked <= set(staff_tasks())
    assert not {*all_schedules(), "messaging.send_code"} & set(staff_tasks())


def test_job__nobody_left__is_not_found(clerk: Client, story: Story) -> None:
    address = f"/jobs/{show_id(new_id())}"

    assert clerk.get(address).status_code == HTTPStatus.NOT_FOUND
    assert clerk.post(f"{address}/retry").status_code == HTTPStatus.NOT_FOUND


def test_analyst__on_the_pages__may_not_try_anew(story: Story) -> None:
    job = leave()
    Job.objects.update(state=State.DEAD)
    browser = sign_in(Client(), "analyst", Role.ANALYST)

    assert "/retry" not in browser.get(f"/jobs/{show_id(job)}").content.decode()
    assert browser.post(f"/jobs/{show_id(job)}/retry").status_code == HTTPStatus.FORBIDDEN


def test_words__every_state__has_some() -> None:
    assert set(JOB_STATES) == set(State.values)
