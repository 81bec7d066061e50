"""Files that people bring to the import page: for tests that go there."""

import csv
import io
import re
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dangol.core.tasks.runner import Runner
from tests.web.story import NOW

MEMBERS = "회원번호,성명,휴대폰,이메일,생일\n1501,김하늘,212-555-0190,haneul@example.com,1990-03-14\n"
ORDERS = (
    "주문번호,회원번호,주문일시,상품코드,결제금액\n"
    "F-1,1501,2026-11-01 10:00,1,10.00\n"
    "F-2,F-new,2026-11-02 10:00,1,20.00\n"
    "F-3,1501,2026-11-03 10:00,1,나쁨\n"
)


def bring(client: Client, data: str | bytes, name: str = "file.csv") -> Any:
    """Send the upload form; returns its answer."""
    file = SimpleUploadedFile(name, data.encode() if isinstance(data, str) else data)
    return client.post("/import", {"file": file})


def work() -> None:
    """Let the worker do all that waits."""
    while Runner(clock=lambda: NOW).run_due():
        pass


def bring_checked(client: Client, data: str | bytes = ORDERS, name: str = "file.csv") -> str:
    """Bring a file and let it be checked; returns the address of its page."""
    answer = bring(client, data, name)
    assert answer.status_code == 302, refusal_of(answer)
    work()
    return str(answer["Location"])


def refusal_of(answer: Any) -> str:
    """Return the refusal a page shows, as text."""
    found = re.search(r'role="alert">(.*?)</p>', answer.content.decode(), re.S)
    return re.sub(r"<[^>]+>", "", found[1]).strip() if found else ""


def fields_of(page: str) -> dict[str, str]:
    """Return what the form that reads a file in another way would send as it stands."""
    form = re.search(r'aria-labelledby="h-how">(.*?)</form>', page, re.S)
    assert form, "the page has the form"
    found = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form[1]))
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form[1], re.S):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', options)
        found[name] = (chosen[1] if chosen[1] is not None else chosen[2]) if chosen else ""
    found.pop("csrfmiddlewaretoken", None)
    return found


def read(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def left(home: Path) -> list[Path]:
    """Return what lies in the folder of uploads."""
    return sorted(path for path in (home / "uploads").rglob("*") if path.is_file() and path.name != "lock")


def errors(client: Client, address: str) -> list[dict[str, str]]:
    answer = client.get(f"{address}/errors.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text)))
