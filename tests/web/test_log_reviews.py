"""The page of the monthly review: shown to whoever may sign, signed for once, asked for on the overview."""

import re
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client

from dangol.core.access.log import Access, AccessDraft, record_access
from dangol.core.access.rights import Role
from dangol.core.duties.models import LogReview
from dangol.core.people.actors import Actor, ActorKind
from tests.web.staff import make_staff, sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
KIM = Actor(ActorKind.STAFF, "kim", "<b>Kim</b>")
OCTOBER = "/access-log/reviews/2026-10"


@pytest.fixture(autouse=True)
def entries(story: Story) -> None:
    """Let Kim have downloaded very many a month ago."""
    record_access([AccessDraft(Access.DOWNLOAD, KIM, "mail", people=4_000)], at=NOW - timedelta(days=30))


def test_review__read_and_signed__stands_with_name_and_note(clerk: Client) -> None:
    overview = clerk.get("/").content.decode()
    assert "점검하지 않은 달이 1개 있어요" in overview
    assert "기한이 지났어요" in overview
    page = clerk.get(OCTOBER).content.decode()
    assert "한꺼번에 많은 사람의 것을 내려받았어요" in page
    assert "4,000명" in page
    assert "&lt;b&gt;Kim" in page

    answer = clerk.post(OCTOBER, {"note": "메일 보내려고 받은 것"}, follow=True)

    assert answer.redirect_chain == [("/access-log/reviews", HTTPStatus.FOUND)]
    listed = answer.content.decode()
    assert "메일 보내려고 받은 것" in listed
    assert "점검함" in listed
    assert "점검하지 않은 달" not in clerk.get("/").content.decode()
    assert LogReview.objects.get().actor == "owner"


def test_review__who_did_something_unusual__leads_to_the_log_without_their_sign_in_name(
    clerk: Client,
) -> None:
    stranger = clerk.get(OCTOBER).content.decode()
    number = make_staff("kim").pk

    page = clerk.get(OCTOBER).content.decode()

    assert "staff=" not in stranger
    assert "&lt;b&gt;Kim" in stranger
    (lead,) = re.findall(r'href="(/access-log\?staff=[^"]+)"', page)
    assert lead.startswith(f"/access-log?staff={number}&amp;from=2026-10-")
    assert "mail" in clerk.get(lead.replace("&amp;", "&")).content.decode()


def test_review__signed_by_another_meanwhile__is_refused_in_words(clerk: Client, client: Client) -> None:
    clerk.post(OCTOBER, {"note": "first"})

    answer = sign_in(client, "the-auditor", Role.AUDITOR).post(
        OCTOBER, {"note": "second"}, headers={"accept-language": "ko"}
    )

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "이미 점검했어요" in answer.content.decode()
    assert LogReview.objects.get().note == "first"


@pytest.mark.parametrize(
    ("month", "status"), [("2026-11", 422), ("2026-09", 422), ("2027-01", 404), ("x", 404)]
)
def test_review__month_that_cannot_be_signed__keeps_nothing(clerk: Client, month: str, status: int) -> None:
    assert clerk.post(f"/access-log/reviews/{month}", {"note": "x"}).status_code == status
    assert clerk.post(OCTOBER, {"note": " "}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert not LogReview.objects.exists()


def test_overview__of_someone_who_may_not_sign__says_nothing(client: Client) -> None:
    page = sign_in(client, "seller", Role.ANALYST).get("/", headers={"accept-language": "ko"})

    assert "점검하지 않은 달" not in page.content.decode()
