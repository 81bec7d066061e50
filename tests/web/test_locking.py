"""Downloads under a passphrase: shown once, kept nowhere, and the only way out where the settings say so."""

import io
import logging
import re
from datetime import timedelta
from typing import Any

import pytest
import pyzipper
from django.test import Client, override_settings

from dangol.core.access.log import list_entries
from dangol.core.access.rights import Role
from dangol.core.storage.ids import show_id
from dangol.web import locking
from tests.web.staff import sign_in
from tests.web.story import Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
NAME = "김하늘"
CSV = {"which": "match", "whole": "1", "sure": "1", "reason": "우편"}
PERSON = {"reason": "본인 요청"}


def page_of(story: Story) -> str:
    return f"/members/{show_id(story.customers['1502'])}/export"


def shown(client: Client, page: str) -> tuple[str, dict[str, str]]:
    """Return the passphrase a form shows, and what the form sends of it."""
    text = client.get(page).content.decode()
    [passphrase] = re.findall(r'<code class="secret">([0-9A-Z-]{29})</code>', text)
    [token] = re.findall(r'name="lock_token" value="([^"]+)"', text)
    return passphrase, {"lock": "1", "lock_token": token}


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def opened(locked: bytes, passphrase: str) -> dict[str, str]:
    with pyzipper.AESZipFile(io.BytesIO(locked)) as archive:
        archive.setpassword(passphrase.encode())
        return {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}


@pytest.mark.parametrize(
    ("given", "file"),
    [(CSV, "members.csv"), (PERSON, "member.json"), (PERSON | {"form": "csv"}, "profile.csv")],
)
def test_download__locked__opens_by_what_was_shown_and_tells_nothing(
    clerk: Client, story: Story, given: dict[str, str], file: str, caplog: pytest.LogCaptureFixture
) -> None:
    page = "/members/export" if given is CSV else page_of(story)
    caplog.set_level(logging.DEBUG)
    passphrase, sent = shown(clerk, page)

    answer = clerk.post(page, given | sent)

    locked = body(answer)
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"].endswith('.zip"')
    assert NAME in opened(locked, passphrase)[file]
    assert NAME.encode() not in locked
    with pytest.raises(RuntimeError, match="Bad password"):
        opened(locked, passphrase[::-1])
    assert passphrase not in caplog.text
    assert all(passphrase not in one.reason for one in list_entries())


@override_settings(ENCRYPT_EXPORTS=True)
def test_download__settings_say_always__nothing_whole_leaves_unlocked(clerk: Client, story: Story) -> None:
    for already, (page, given) in enumerate((("/members/export", CSV), (page_of(story), PERSON))):
        assert "언제나 암호로 잠가요" in clerk.get(page).content.decode()
        refused = clerk.post(page, given)
        assert refused.status_code == 422
        assert NAME not in refused.content.decode()
        assert len(list_entries()) == already
        passphrase, sent = shown(clerk, page)
        locked = body(clerk.post(page, given | {"lock_token": sent["lock_token"]}))
        assert NAME in "".join(opened(locked, passphrase).values())
        assert len(list_entries()) == already + 1
    masked = body(clerk.post("/members/export", CSV | {"whole": ""})).decode("utf-8-sig")
    assert "회원 번호" in masked
    assert NAME not in masked


def test_passphrase__not_the_one_shown_here_and_now__is_refused_and_a_new_one_shown(
    clerk: Client, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = page_of(story)
    mine, sent = shown(clerk, page)
    other = sign_in(Client(headers={"accept-language": "ko"}), "other", Role.OWNER)
    forged = {"lock": "1", "lock_token": sent["lock_token"].replace(sent["lock_token"][3], "x", 1)}
    tries = [(other, sent), (clerk, forged), (clerk, {"lock": "1"})]
    for client, given in tries:
        answer = client.post(page, PERSON | given)
        assert answer.status_code == 422
        assert "새 암호를 적어 두고" in answer.content.decode()
        assert mine not in answer.content.decode()
    monkeypatch.setattr(locking, "SHOWN_FOR", timedelta(0))
    assert clerk.post(page, PERSON | sent).status_code == 422
    assert list_entries() == []
