"""The first setup's steps as pages name them, and who is led to them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dangol.core.access.rights import Right
from dangol.core.people.setups import SetupState, Step, find_setup
from dangol.core.people.shops import ShopKind
from dangol.web.guard import visitor_of

STEP_NAMES: Mapping[Step, Promise] = {
    Step.PLACE: _("언어와 시간대"),
    Step.BRAND: _("이름과 색"),
    Step.KIND: _("가게의 종류"),
    Step.MAIL: _("메일 보내기"),
    Step.DATA: _("데이터"),
}
KIND_NAMES: Mapping[ShopKind, tuple[str, Promise, Promise]] = {
    ShopKind.CAFE: ("coffee", _("카페·베이커리"), _("자주 오고 조금씩 사요")),
    ShopKind.RESTAURANT: ("utensils", _("음식점"), _("한 달에 몇 번 와요")),
    ShopKind.STORE: ("store", _("소매점"), _("물건을 사 가요")),
    ShopKind.CLINIC: ("stethoscope", _("병원·클리닉"), _("드물게 오고 많이 써요")),
    ShopKind.ONLINE: ("package", _("온라인 쇼핑몰"), _("배송하고 반품을 받아요")),
    ShopKind.OTHER: ("shapes", _("그 밖의 가게"), _("지금 규칙에서 시작해요")),
}


class StepView(NamedTuple):
    """A step in the list of progress."""

    step: Step
    name: str | Promise
    address: str
    is_done: bool
    is_here: bool


def address_of(step: Step | None) -> str:
    """Return a step's address; after the last one it is the closing page's."""
    return reverse(f"web:setup-{step}" if step else "web:setup-done")


def after(step: Step) -> str:
    """Return the address of what follows a step."""
    steps = list(Step)
    place = steps.index(step) + 1
    return address_of(steps[place] if place < len(steps) else None)


def before(step: Step) -> str:
    """Return the address of the step before; empty for the first one."""
    steps = list(Step)
    place = steps.index(step)
    return address_of(steps[place - 1]) if place else ""


def progress(done: Sequence[Step], here: Step | None) -> list[StepView]:
    """Return all steps, and how far they are."""
    return [StepView(one, STEP_NAMES[one], address_of(one), one in done, one is here) for one in Step]


def lead_to_setup(request: HttpRequest, *, anew: bool = False) -> HttpResponse | None:
    """Return the way to the first setup for whoever may do it, as long as it is not over; else None.

    `anew`: only as long as nobody has begun it, so that what is begun can be left and looked round.
    """
    if not visitor_of(request).may(Right.SETTINGS_WRITE):
        return None
    state = find_setup().state
    waits = (SetupState.WAITING,) if anew else (SetupState.WAITING, SetupState.BEGUN)
    return HttpResponseRedirect(reverse("web:setup")) if state in waits else None
