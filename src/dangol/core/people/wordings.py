"""What people are shown before they agree, word for word, with the version a consent is recorded under.

The texts name what the Personal Information Protection Act (개인정보 보호법 §15②, §22) asks for: what
is collected, for what, how long it is kept, and that one may refuse and what follows. Advertising is asked
for apart from membership, each channel by itself (정보통신망법 §50). A text is never changed: a new
version is added. `{topic}` and `{subject}` stand for the shop's name with its particle.
"""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dangol.core.people.consents import NO_CHANNEL

MEMBERSHIP, MARKETING = "membership", "marketing"


class Wording(NamedTuple):
    """A text to agree to: for what, by which channel, and whether one can join without."""

    version: str
    purpose: str
    channel: str
    title: Promise
    text: Promise
    required: bool

    @property
    def name(self) -> str:
        """Its name in a form."""
        return f"{self.purpose}-{self.channel}"


# The newest version of each; joining records the version that was on the screen.
JOINING = (
    Wording(
        "membership-2026-11-27",
        MEMBERSHIP,
        NO_CHANNEL,
        _("개인정보 수집·이용 (꼭 필요해요)"),
        _(
            "{topic} 멤버십을 운영하려고 이름, 휴대전화 번호, 이메일, 생일, 추천한 회원, 구매와 포인트 내역을"
            " 모아요."
            " 만 14세 미만이면 동의한 법정대리인의 이름과 전화번호도 모아요."
            " 지워 달라고 할 때까지 보관해요. 탈퇴하면 포인트가 더 쌓이지 않고,"
            " 다시 가입할 때를 위해 남겨 둔 것도 말하면 바로 지워요."
            " 법이 더 오래 두라고 한 거래 기록만 그 기간 동안 따로 보관해요."
            " 동의하지 않아도 물건을 살 수 있지만 포인트는 쌓이지 않아요."
        ),
        True,
    ),
    Wording(
        "marketing-sms-2026-11",
        MARKETING,
        "sms",
        _("혜택 문자 받기 (골라도 돼요)"),
        _(
            "{subject} 쿠폰과 행사 소식을 문자로 보내요."
            " 언제든 그만 받을 수 있고, 동의하지 않아도 포인트는 그대로 쌓여요."
        ),
        False,
    ),
    Wording(
        "marketing-email-2026-11",
        MARKETING,
        "email",
        _("혜택 이메일 받기 (골라도 돼요)"),
        _(
            "{subject} 쿠폰과 행사 소식을 이메일로 보내요."
            " 언제든 그만 받을 수 있고, 동의하지 않아도 포인트는 그대로 쌓여요."
        ),
        False,
    ),
)

# What was shown before, and is still the proof of what was agreed to then.
EARLIER = (
    Wording(
        "membership-2026-11-26",
        MEMBERSHIP,
        NO_CHANNEL,
        _("개인정보 수집·이용 (꼭 필요해요)"),
        _(
            "{topic} 멤버십을 운영하려고 이름, 휴대전화 번호, 이메일, 생일, 구매와 포인트 내역을 모아요."
            " 만 14세 미만이면 동의한 법정대리인의 이름과 전화번호도 모아요."
            " 지워 달라고 할 때까지 보관해요. 탈퇴하면 포인트가 더 쌓이지 않고,"
            " 다시 가입할 때를 위해 남겨 둔 것도 말하면 바로 지워요."
            " 법이 더 오래 두라고 한 거래 기록만 그 기간 동안 따로 보관해요."
            " 동의하지 않아도 물건을 살 수 있지만 포인트는 쌓이지 않아요."
        ),
        True,
    ),
    Wording(
        "membership-2026-11",
        MEMBERSHIP,
        NO_CHANNEL,
        _("개인정보 수집·이용 (꼭 필요해요)"),
        _(
            "{topic} 멤버십을 운영하려고 이름, 휴대전화 번호, 구매와 포인트 내역을 모아요."
            " 탈퇴할 때까지 보관하고, 법이 더 오래 두라고 한 거래 기록만 그 기간 동안 따로 보관해요."
            " 동의하지 않아도 물건을 살 수 있지만 포인트는 쌓이지 않아요."
        ),
        True,
    ),
)
