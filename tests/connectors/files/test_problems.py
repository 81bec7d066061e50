"""The words of the errors file: every fact a sentence names is told, or left open, never named."""

import csv
import re
from pathlib import Path
from string import Formatter

import pytest

from dangol.connectors.files.columns import Kind
from dangol.connectors.files.problems import Problem, explain_code
from dangol.connectors.files.services import Report, say_why
from dangol.core.refusals import words_by_code
from tests.connectors.files.shops import bring_in, open_program, open_shop, write_file


def reasons(report: Report) -> list[str]:
    """Return the reasons in the errors file."""
    assert report.errors is not None
    with report.errors.open(encoding="utf-8-sig", newline="") as file:
        return [row["reason"] for row in csv.DictReader(file)]


def test_say_why__any_refusal_without_its_facts__names_no_fact() -> None:
    for code in words_by_code():
        said = " ".join(say_why(Problem("f.csv", 2, "spalte", "wert", code)))
        words = explain_code(code)
        sentence = f"{words.reason} {words.remedy}"
        names = {name for _, name, _, _ in Formatter().parse(sentence) if name} - {"field", "value"}
        bare = re.sub(r"{[^}]*}", "", sentence)
        for name in names:
            assert said.count(name) == bare.count(name), (code, said)


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_errors_file__refused_by_a_service__tells_its_facts(tmp_path: Path) -> None:
    open_shop()
    open_program()
    people = "customer,email\na,a@example.com\nb,a@example.com\n"
    customers = bring_in(tmp_path, Kind.CUSTOMERS, write_file(tmp_path, people, "people.csv"))
    tiers = bring_in(tmp_path, Kind.TIERS, write_file(tmp_path, "customer,tier\na,platin\n", "tiers.csv"))
    for points in (100, 90):
        lots = write_file(tmp_path, f"customer,lot,points\na,L1,{points}\n", "lots.csv")
        balances = bring_in(tmp_path, Kind.BALANCES, lots)

    assert reasons(customers) == ["이 값(email)은 이미 다른 고객의 것이에요."]
    assert reasons(tiers) == ["‘platin’(이)라는 등급은 없어요. 있는 등급: member, gold"]
    assert reasons(balances) == ["같은 적립분이 다른 내용으로 이미 있어요."]
