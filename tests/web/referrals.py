"""A referral program of the story's shop, and friends in each state that its regular brought."""

from typing import NamedTuple

from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.enrolling import Enrollment, enroll
from dangol.core.people.identities import Kind
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.referrals import PromiseKind
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.referrals.codes import make_code
from dangol.rooms.rewards.referrals.models import Referral
from dangol.rooms.rewards.referrals.programs import ProgramDraft, Promise, create_program, open_program
from dangol.rooms.rewards.referrals.services import tell_code
from dangol.rooms.rewards.referrals.signs import Came
from tests.web.story import NOW, Story

CLERK = Actor(ActorKind.STAFF, "clerk")


class Told(NamedTuple):
    """The program, the regular's code, and referrals: one that waits, and one that is to be looked at."""

    program_id: Id
    code: str
    waiting: Id
    suspicious: Id


def tell_referrals(story: Story) -> Told:
    """Open a program, and let the regular bring two friends on one device; what is there stays."""
    code = make_code(story.regular, at=NOW)
    there = list(Referral.objects.order_by("told_at", "id").values_list("id", flat=True))
    program = open_program()
    if program is not None:
        return Told(program.id, code, *there[:2])
    draft = ProgramDraft(
        "단골의 친구", Promise(PromiseKind.POINTS, 500, cost_minor=500),
        Promise(PromiseKind.POINTS, 300, cost_minor=300), name_en="A regular's friend",
        about_ko="둘 다 받아요", about_en="Both get points", least_minor=1_000,
        cap_month=5, budget_minor=100_000,
    )  # fmt: skip
    made = create_program(draft, actor=CLERK, at=NOW)
    told = [bring(code, number, Came("phone-1")) for number in ("friend-1", "friend-2")]
    return Told(made, code, *told)


def newcomer(number: str) -> Id:
    """Let somebody join now."""
    with write_transaction():
        return enroll(Enrollment({Kind.EXTERNAL: number}, name="박지우", joined_at=NOW), recorded_at=NOW)


def bring(code: str, number: str, came: Came | None = None) -> Id:
    """Let a newcomer tell a code."""
    return tell_code(newcomer(number), code, by=By(CLERK, NOW), came=came or Came())
