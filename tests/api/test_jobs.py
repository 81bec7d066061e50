"""Jobs by the API: seen, and tried anew once they are dead."""

from datetime import UTC, datetime

import pytest

from dangol.core.storage.ids import show_id
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.models import Job, State
from dangol.core.tasks.services import enqueue
from tests.api.conftest import Caller

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def leave_job(hour: int) -> str:
    at = NOON.replace(hour=hour)
    with write_transaction():
        return show_id(enqueue("tasks.delete_finished", {"at": at}, run_at=at))


def test_jobs__listed__latest_first_page_by_page(api: Caller) -> None:
    left = [leave_job(hour) for hour in range(3)]

    first = api.get("/jobs?limit=2").data
    second = api.get(f"/jobs?limit=2&cursor={first['next_cursor']}").data

    assert [one["id"] for one in first["data"] + second["data"]] == left[::-1]
    assert api.get("/jobs?state=dead").data["data"] == []
    assert api.get("/jobs?state=sleeping").data["param"] == "state"


def test_job__dead__is_tried_anew_and_any_other_is_not(api: Caller) -> None:
    job = leave_job(1)
    refused = api.post(f"/jobs/{job}/retry")
    Job.objects.update(state=State.DEAD, finished_at=NOON)

    assert (refused.status, refused.data["code"]) == (409, "task.not_dead")
    assert api.post(f"/jobs/{job}/retry").data["state"] == "waiting"
    assert api.get(f"/jobs/{job}").data["attempts"] == 0
    assert api.get("/jobs/none").data["code"] == "task.unknown_job"
