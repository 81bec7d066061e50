"""The quickstart of the first pages, typed as it stands there, against an instance made as they say."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.instances import Instance, fresh_instance
from tests.house_rules import ROOT
from tests.ports import free_port
from tests.reports import NO_CURL
from tests.served import serve
from tests.sizes import drawn
from tests.waiting import PATIENCE

PAGES = {"README.md": "en", "README.ko.md": "ko", "docs/start/api.md": "ko"}
INIT = "dangol init --home shop --json"
GIVEN = re.compile(r"export API=http://127\.0\.0\.1:8000/api/v1 KEY=dg_test_…\n")


def blocks(page: str) -> tuple[str, str]:
    """Return what a page says to type: the making of a shop, and the requests."""
    found = re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    (making,) = [one for one in found if one.startswith("dangol init")]
    asking = next(one for one in found if "curl" in one)
    return making, asking


def type_in(words: str, instance: Instance, **given: str) -> str:
    """Run words in a shell that stands beside the home; return what they print."""
    path = f"{Path(sys.executable).parent}:{instance.environment()['PATH']}"
    told = subprocess.run(
        ["sh", "-eu", "-c", words], cwd=instance.home.parent, env=instance.environment(PATH=path, **given),
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    return told.stdout


@pytest.mark.parametrize(("page", "language"), drawn(list(PAGES.items()), one_in=len(PAGES)))
def test_quickstart__typed_as_it_stands__earns_points(tmp_path: Path, page: str, language: str) -> None:
    if shutil.which("curl") is None:
        pytest.skip(f"{NO_CURL}: install curl to try the commands of the first pages.")
    making, asking = blocks(page)
    init = making.splitlines()[0].split("#")[0].strip()

    with fresh_instance(tmp_path) as instance:
        key = json.loads(type_in(init, instance, DANGOL_LANG=language))["test_key"]
        with serve(instance, free_port()) as url:
            requests = GIVEN.sub("", asking)
            first = type_in(requests, instance, API=f"{url}/api/v1", KEY=key)
            again = type_in(requests, instance, API=f"{url}/api/v1", KEY=key)

    member, order, points = read(first)
    assert member["external_id"] == "A-1024"
    assert order["earned"][0]["points"] == points["available"] == 45
    assert '"available":45' in asking
    assert again == first


def test_quickstart__of_each_page__takes_the_same_steps() -> None:
    steps = set()
    for page in PAGES:
        making, asking = blocks(page)
        init, serving = (line.split("#")[0].strip() for line in making.splitlines())
        assert (init, serving) == (INIT, "dangol serve --home shop"), page
        assert GIVEN.search(asking), page
        steps.add(re.sub('"product": "[A-Z0-9-]+"', '"product": "X"', asking))

    assert len(steps) == 1, "they differ in what is bought alone"
    assert steps.pop().count("curl ") == 3


def read(text: str) -> list[dict[str, Any]]:
    """Return the JSON objects that stand one after another."""
    decoder, place, found = json.JSONDecoder(), 0, []
    while place < len(text):
        one, place = decoder.raw_decode(text, place)
        found.append(one)
    return found
