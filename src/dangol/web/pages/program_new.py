"""A further program, with points of its own: asked for in a few answers, and changed in its draft after."""

from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _, pgettext

from dangol.core.access.rights import Right
from dangol.core.refusals import explain
from dangol.domain.accrual import Expiry
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.checking import LevelDraft, RuleDraft, TermsDraft, TiersDraft
from dangol.rooms.rewards.programs import find_program as find_made
from dangol.rooms.rewards.wallets import LONGEST_CODE, LONGEST_NAME, ProgramDraft, add_program, list_wallets
from dangol.web.acting import actor_of
from dangol.web.amounts import read_amount, read_points
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.pages.programs import to_program
from dangol.web.scheme import find_program

FIELDS = ("name", "points_name", "code", "earns", "rate_points", "rate_money", "most", "held", "months")
MOST_MONTHS = 120


class Asked(NamedTuple):
    """What was typed, what is wrong with which of it, and the program it means, if nothing is."""

    given: dict[str, str]
    wrong: dict[str, str]
    draft: ProgramDraft | None


@needs(Right.PROGRAMS_PUBLISH)
def make(request: HttpRequest) -> HttpResponse:
    """Ask what a further program is called and what it pays, and make it."""
    if find_program() is None:
        return redirect("web:programs")
    if request.method != "POST":
        return _show(request, {"earns": "yes", "code": _free_code(), "months": "12"}, {})
    asked = _read(request)
    if asked.draft is None:
        return _show(request, asked.given, asked.wrong)
    try:
        made = add_program(asked.draft, actor=actor_of(request), at=frame_of(request).at)
    except DomainError as refusal:
        return _show(request, asked.given, {}, refusal)
    return to_program("web:programs", find_made(made))


def _show(
    request: HttpRequest, given: dict[str, str], wrong: dict[str, str], refusal: DomainError | None = None
) -> HttpResponse:
    sentence, remedy = explain(refusal) if refusal else ("", "")
    context: dict[str, Any] = {
        "given": given, "wrong": wrong, "sentence": sentence, "remedy": remedy,
        "longest_name": LONGEST_NAME, "longest_code": LONGEST_CODE,
    }  # fmt: skip
    return render(request, "web/program_new.html", context, status=422 if wrong or refusal else 200)


def _free_code() -> str:
    """Return a code that no kind of points has yet."""
    taken = {one.currency for one in list_wallets()}
    return next(code for code in (f"points{n}" for n in range(2, len(taken) + 3)) if code not in taken)


def _read(request: HttpRequest) -> Asked:
    given = {name: request.POST.get(name, "").strip()[:LONGEST_NAME] for name in FIELDS}
    wrong: dict[str, str] = {}
    for name in ("name", "points_name"):
        if not given[name]:
            wrong[name] = _("이름을 적어 주세요.")
    code = given["code"].lower()
    if not (code[:1].isalpha() and code.isascii() and code.replace("_", "").isalnum()):
        wrong["code"] = _("영어 소문자로 시작해서 소문자, 숫자, _로 적어 주세요. 예: community")
    elif len(code) > LONGEST_CODE:
        wrong["code"] = _("12자까지 적을 수 있어요.")
    rules = _read_rules(given, wrong, frame_of(request).shop.currency)
    terms = _read_terms(given, wrong)
    tiers = TiersDraft([LevelDraft("member", pgettext("tier", "회원"), 0)])
    draft = ProgramDraft(given["name"], code, given["points_name"], rules, terms, tiers)
    return Asked(given, wrong, None if wrong else draft)


def _read_rules(given: dict[str, str], wrong: dict[str, str], currency: str) -> list[RuleDraft]:
    if given["earns"] != "yes":
        return []
    points, minor = read_points(given["rate_points"]), read_amount(given["rate_money"], currency)
    if points is None or points > 1_000_000:
        wrong["rate_points"] = _("1부터 1,000,000까지 숫자로 적어 주세요. 예: 1")
    if not minor:
        wrong["rate_money"] = _("금액을 적어 주세요. 예: 1,200")
    if points is None or not minor:
        return []
    return [RuleDraft(_("모든 구매에 적립"), points, minor)]


def _read_terms(given: dict[str, str], wrong: dict[str, str]) -> TermsDraft:
    """Return how long the points last, and the most that one purchase earns, or anybody has.

    They last to the end of a month, or for good where nothing is said.
    """
    most, held = (_read_most(name, given, wrong) for name in ("most", "held"))
    months, terms = given["months"], TermsDraft(most_per_order=most, most_held=held)
    if not months:
        return terms
    if not (months.isascii() and months.isdigit() and 0 < int(months) <= MOST_MONTHS):
        wrong["months"] = _("1부터 120까지 적거나, 사라지지 않게 하려면 비워 두세요.")
        return terms
    return terms._replace(expiry=Expiry.END_OF_MONTH, expiry_count=int(months))


def _read_most(name: str, given: dict[str, str], wrong: dict[str, str]) -> int | None:
    """Return a limit of what purchases earn; None where there is none, and where none earns any."""
    if given["earns"] != "yes" or not given[name]:
        return None
    most = read_points(given[name])
    if most is None:
        wrong[name] = _("1부터 100,000,000까지 숫자로 적거나, 한도가 없으면 비워 두세요.")
    return most
