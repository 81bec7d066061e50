"""Work and the access log in words: where a job stands, what was done with whose data, by whom."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dangol.core.access.log import Access
from dangol.core.people.actors import ActorKind
from dangol.core.tasks.models import State

JOB_STATES: Mapping[str, tuple[Promise, str, str]] = {
    State.WAITING: (_("차례를 기다려요"), "info", "clock"),
    State.RUNNING: (_("하고 있어요"), "info", "loader"),
    State.DONE: (_("끝났어요"), "good", "circle-check"),
    State.DEAD: (_("포기했어요"), "bad", "circle-alert"),
}
ACCESSES: Mapping[str, Promise] = {
    Access.UNMASK: _("가린 것을 열어 봤어요"),
    Access.DOWNLOAD: _("내려받았어요"),
    Access.TAKEOUT: _("본인 자료를 내줬어요"),
    Access.MERGE: _("두 사람을 합쳤어요"),
    Access.UNMERGE: _("합친 것을 나눴어요"),
    Access.ERASE: _("지웠어요"),
    Access.HOLD: _("지우지 않게 묶었어요"),
    Access.RELEASE: _("묶은 것을 풀었어요"),
    Access.CONFIGURE: _("설정을 바꿨어요"),
    Access.IMPORT_UPLOAD: _("가져올 파일을 올렸어요"),
    Access.IMPORT_PREVIEW: _("가져올 파일을 가리지 않고 봤어요"),
    Access.IMPORT_START: _("파일을 가져왔어요"),
    Access.IMPORT_ERRORS: _("잘못된 줄을 내려받았어요"),
    Access.IMPORT_UNDO: _("가져온 것을 되돌렸어요"),
    Access.ADD_IDENTITY: _("찾는 값을 더했어요"),
    Access.CHANGE_IDENTITY: _("찾는 값을 바꿨어요"),
    Access.REMOVE_IDENTITY: _("찾는 값을 뺐어요"),
    Access.LINK: _("회원 휴대폰에 열 QR을 보였어요"),
    Access.MESSAGES: _("보낸 메시지를 읽었어요"),
    Access.OWN_DATA: _("자기 자료를 내려받았어요"),
    Access.LOG: _("열람 기록을 내려받았어요"),
}
ACTORS: Mapping[str, Promise] = {
    ActorKind.STAFF: _("직원"),
    ActorKind.KEY: _("API 키"),
    ActorKind.MEMBER: _("회원 본인"),
    ActorKind.SYSTEM: _("명령"),
}
_SEEN: Mapping[str, Promise] = {
    "name": _("이름"),
    "phone": _("전화번호"),
    "email": _("이메일"),
    "card": _("카드"),
    "birthday": _("생일"),
    "external_id": _("회원 번호"),
    "external": _("회원 번호"),
    "anonymous": _("브라우저"),
    "shop_name": _("가게 이름"),
    "text": _("내용"),
    "traits": _("그 밖의 정보"),
    "zone": _("시간대"),
    "currency": _("통화"),
    "region": _("전화번호의 나라"),
    "language": _("언어"),
    "color": _("브랜드 색"),
    "kind": _("가게의 종류"),
    "mail.host": _("메일 서버"),
    "mail.port": _("포트"),
    "mail.tls": _("암호화"),
    "mail.user": _("메일 계정"),
    "mail.password": _("메일 비밀번호"),
    "mail.sender": _("보내는 주소"),
    "promotion.published": _("프로모션 발행 승인"),
    "event_rule.published": _("적립 활동 발행 승인"),
    "checkout.settings": _("결제 설정"),
    "stored_value.settings": _("상품권과 예치금 설정"),
    "households.settings": _("가족 설정"),
    "program": _("멤버십"),
    "segment.archived": _("세그먼트 보관"),
    "segment.restored": _("보관한 세그먼트 되살림"),
}
FAULTS: Mapping[str, Promise] = {
    "removed": _("기록이 사라졌어요"),
    "changed": _("기록이 바뀌었어요"),
    "added": _("나중에 끼워 넣은 기록이에요"),
    "rewritten": _("사슬을 통째로 다시 썼어요"),
}


def job_state(state: str) -> tuple[Promise, str, str]:
    """Return where a job stands: the words, the color of the chip and its icon."""
    return JOB_STATES[state]


def access_name(action: str) -> str:
    """Return what was done with somebody's data."""
    return str(ACCESSES.get(action, action))


def actor_kind(kind: str) -> str:
    """Return what somebody is who did it."""
    return str(ACTORS.get(kind, kind))


def seen_names(fields: tuple[str, ...]) -> str:
    """Return what was seen, in a line."""
    return ", ".join(str(_SEEN.get(one, one)) for one in fields)


def chain_fault(what: str) -> str:
    """Return where a log is not what was written."""
    return str(FAULTS.get(what, what))


def last_line(text: str) -> str:
    """Return the last line of an error, which says what it was."""
    return text.strip().rpartition("\n")[2]
