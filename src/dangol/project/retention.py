"""The retention table: how long each class of records is kept, in one list.

What is kept "at least" is what the law has a Korean shop keep; have a lawyer read it before you claim
anything. docs/reference/retention.md is written from it.
"""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from dangol.connectors.files.uploads import KEPT
from dangol.core.access.chain import prune_entries
from dangol.core.behavior.upkeep import KEEP as KEEP_ENTRIES
from dangol.core.duties.notices import forget_told
from dangol.core.people.retention import (
    YEAR,
    RecordClass,
    delete_runs,
    kept_years,
    scrub_after_erasures,
)
from dangol.rooms.rewards.referrals.signs import KEPT as KEPT_MARKS

DAY = timedelta(days=1)

RECORD_CLASSES: list[RecordClass] = [
    RecordClass(
        "orders", _("주문, 반품, 결제"), None,
        _("계약과 대금의 기록은 5년 이상 보존해요. 지운 사람의 것은 누구인지 모를 번호로만 남아요."),
    ),
    RecordClass("points", _("포인트 원장"), None, _("대금의 기록과 함께 5년 이상 보존해요.")),
    RecordClass(
        "consents", _("수신 동의와 철회"), None,
        _("동의를 받았다는 증거라서 남겨요. 지운 사람의 것은 누구인지 모를 번호로만 남아요."),
    ),
    RecordClass("notes", _("직원의 메모"), None, _("쓴 사람이 지우거나, 그 사람을 지울 때 함께 사라져요.")),
    RecordClass("timeline", _("활동"), None, _("개인정보를 담지 않아요.")),
    RecordClass(
        "incoming", _("들어온 활동의 기록"), KEEP_ENTRIES,
        _("개인정보를 담지 않아요. `behavior.trim_entries`가 지우고, 10만 개까지만 둬요."),
    ),
    RecordClass("lake", _("분석용 파일"), None, _("무작위 열쇠로만 적혀 있고, 지우면 열쇠가 사라져요.")),
    RecordClass(
        "people", _("오래 소식이 없는 고객"), kept_years(),
        _("DANGOL_FORGET_AFTER_YEARS로 정해요. 안 정하면 지우지 않아요. 30일 전에 메일로 알려요."),
        forget_told,
    ),
    RecordClass(
        "access_log", _("개인정보 열람 기록"), 2 * YEAR,
        _("5만 명 이상이면 2년 이상 보존해야 해요."),
        lambda before, as_of: prune_entries(before=before, as_of=as_of),
    ),
    RecordClass(
        "referral_marks", _("추천을 견주는 흔적"), KEPT_MARKS,
        _(
            "메일함, 기기, 인터넷 주소의 해시예요."
            " `referrals.forget_marks`가 매일 지우고, 본인을 지울 때 함께 사라져요."
        ),
    ),
    RecordClass("sign_ins", _("로그인 기록"), None, _("3개월 이상 보존해요.")),
    RecordClass("grants", _("권한을 주고 거둔 기록"), None, _("3년 이상 보존해요.")),
    RecordClass("erasures", _("지웠다는 기록"), None, _("다시 살아나지 않게 하는 표시예요.")),
    RecordClass("imports", _("가져오기가 남긴 것"), 30 * DAY, _("`files.forget`이 매일 지워요.")),
    RecordClass(
        "uploads", _("올린 파일"), KEPT,
        _(
            "가져오기가 끝나면 바로, 가져오지 않으면 `files.forget`이 지워요."
            " 그때까지는 지운 사람의 값도 들어 있지만, 파일로 되살아나지는 않아요."
        ),
    ),
    RecordClass("jobs", _("끝난 작업"), 30 * DAY, _("`tasks.delete_finished`가 매일 지워요.")),
    RecordClass(
        "key_backups", _("키 저장소의 백업"), 35 * DAY,
        _("백업을 만드는 쪽에서 지워야 해요. 더 오래 두면 지운 사람을 되살릴 수 있어요."),
    ),
    RecordClass(
        "retention_runs", _("보존 기간이 지나 지운 기록"), 3 * YEAR,
        _("무엇을 지웠는지의 보고예요."), delete_runs,
    ),
    RecordClass(
        "deleted_bytes", _("지운 자리에 남은 바이트"), DAY,
        _("사람을 지운 다음 날 데이터베이스를 다시 써서 없애요."), scrub_after_erasures,
    ),
]  # fmt: skip
