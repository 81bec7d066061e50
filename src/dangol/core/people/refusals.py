"""What people's refusals say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.people.actors import ReasonMissing
from dangol.core.people.consents import ConsentKeyReused
from dangol.core.people.data_keys import KeyStoreGone, PersonKeyMissing
from dangol.core.people.guardians import GuardianNeeded
from dangol.core.people.held import LastIdentity, NotTyped, UnknownIdentity
from dangol.core.people.holds import HoldOver, UnderHold, UnknownHold
from dangol.core.people.merge_errors import (
    AlreadyMerged,
    GuestNotMerged,
    MergeStacked,
    NotMerged,
    SameCustomer,
)
from dangol.core.people.notes import NotYourNote, UnknownNote
from dangol.core.people.profiles import IdentityTaken, NotThemselves, UnknownCustomer
from dangol.core.people.refused_values import (
    DayOutOfRange,
    EmptyValue,
    NotAChannel,
    NotALanguage,
    NotAnEmail,
    NotAPhone,
    NotAPurpose,
    NotATrait,
    NotAZone,
    NotDigits,
    PaymentCard,
    PlaceholderValue,
    ResidentNumber,
    TooLong,
    UnknownCode,
    UnseenCharacter,
    WrongLength,
)
from dangol.core.people.sealing import PersonErased, SealBroken
from dangol.core.people.selectors import NoShop
from dangol.core.people.shops import UnknownStore
from dangol.core.people.tombstones import IdentityErased
from dangol.core.refusals import Words, register
from dangol.core.storage.master_keys import NoMasterKey, UnknownMasterKey, WrappedKeyBroken

register(
    {
        EmptyValue.code: Words(_("‘{field}’에 값이 없어요."), _("값을 적거나, 모르면 칸을 비워 두세요.")),
        PlaceholderValue.code: Words(
            _("‘{field}’에 값이 없다는 뜻의 말이나 0만 있어요."), _("모르면 칸을 비워 두세요.")
        ),
        TooLong.code: Words(_("‘{field}’ 값이 너무 길어요."), _("더 짧게 적으세요.")),
        UnseenCharacter.code: Words(_("‘{field}’에 보이지 않는 글자가 있어요."), _("그 글자를 지우세요.")),
        NotAnEmail.code: Words(_("이메일 주소가 아니에요."), _("name@example.com 꼴로 적으세요.")),
        NotAPhone.code: Words(
            _("전화번호가 아니에요."),
            _("실제로 쓰는 번호를 적으세요. 다른 나라 번호는 +와 나라 번호로 시작해요."),
        ),
        NotDigits.code: Words(_("카드 번호에 숫자가 아닌 글자가 있어요."), _("숫자만 적으세요.")),
        WrongLength.code: Words(_("카드 번호의 길이가 맞지 않아요."), _("4자리에서 24자리로 적으세요.")),
        PaymentCard.code: Words(
            _("결제 카드 번호는 저장하지 않아요."), _("가게의 멤버십 카드 번호를 적으세요.")
        ),
        ResidentNumber.code: Words(_("주민등록번호는 저장하지 않아요."), _("가게의 고객 번호를 적으세요.")),
        DayOutOfRange.code: Words(
            _("‘{field}’ 날짜가 맞지 않아요."), _("1900년부터 오늘까지의 날짜를 적으세요.")
        ),
        UnknownCode.code: Words(
            _("‘{field}’ 코드를 알 수 없어요."), _("통화는 KRW, 나라는 KR처럼 ISO 코드를 적으세요.")
        ),
        NotALanguage.code: Words(_("언어 코드가 아니에요."), _("ko나 en-US처럼 적으세요.")),
        NotATrait.code: Words(
            _("‘{field}’은(는) 특성으로 저장할 수 없어요."),
            _("이름은 영문 소문자로, 값은 글이나 정수로 적으세요."),
        ),
        NotAChannel.code: Words(
            _("그런 채널은 없어요."), _("email, sms, kakao, push, call, post, none 가운데 하나를 적으세요.")
        ),
        NotAPurpose.code: Words(_("동의의 목적이 아니에요."), _("marketing처럼 영문 소문자로 적으세요.")),
        NotAZone.code: Words(_("그런 시간대는 없어요."), _("Asia/Seoul처럼 IANA 이름을 적으세요.")),
        IdentityTaken.code: Words(
            _("이 값({kind})은 이미 다른 고객의 것이에요."),
            _("값을 고치거나 두 고객이 같은 사람인지 확인하세요."),
        ),
        UnknownCustomer.code: Words(_("그런 고객은 없어요: {customer_id}"), _("고객을 먼저 가져오세요.")),
        UnknownStore.code: Words(
            _("그런 매장은 없어요: {store}"), _("매장을 먼저 등록하거나 번호를 고치세요.")
        ),
        PersonErased.code: Words(_("개인정보를 지운 고객이에요: {customer_id}")),
        ReasonMissing.code: Words(_("까닭을 적지 않았어요."), _("누가 나중에 보아도 알 만하게 적으세요.")),
        NotThemselves.code: Words(
            _("다른 고객과 합친 고객이에요: {customer_id}"), _("합친 뒤의 고객으로 다시 하세요.")
        ),
        SameCustomer.code: Words(_("이미 같은 사람이에요."), _("서로 다른 두 고객을 고르세요.")),
        AlreadyMerged.code: Words(
            _("이미 다른 고객과 합쳤어요: {customer_id}"), _("합친 뒤의 고객 {into}을(를) 고르세요.")
        ),
        GuestNotMerged.code: Words(
            _("비회원은 합칠 수 없어요: {customer_id}"), _("회원이 그 주문을 가져가게 하세요.")
        ),
        NotMerged.code: Words(
            _("다른 고객과 합친 적이 없는 고객이에요: {customer_id}"), _("합쳐진 쪽의 고객을 고르세요.")
        ),
        MergeStacked.code: Words(
            _("합친 고객이 그 뒤에 또 다른 고객 {into}과(와) 합쳐졌어요."),
            _("나중에 합친 것부터 되돌리세요."),
        ),
        UnknownIdentity.code: Words(
            _("이 회원에게 없는 값이에요. 그사이 바뀌었을 수 있어요."),
            _("회원의 페이지를 새로 열어 확인하세요."),
        ),
        LastIdentity.code: Words(
            _("이 회원을 찾을 수 있는 마지막 값이에요."),
            _("다른 값을 먼저 더하거나, 찾을 수 없게 되는 것을 알고 한 번 더 누르세요."),
        ),
        NotTyped.code: Words(
            _("직접 적을 수 없는 종류예요."), _("전화번호, 이메일, 카드, 회원 번호 가운데 고르세요.")
        ),
        UnknownNote.code: Words(
            _("그런 메모는 없어요. 이미 지웠을 수 있어요."), _("회원의 페이지를 새로 열어 확인하세요.")
        ),
        NotYourNote.code: Words(
            _("{name} 님이 쓴 메모라서 고치거나 지울 수 없어요."),
            _("쓴 사람에게 부탁하거나 새 메모를 쓰세요."),
        ),
        UnderHold.code: Words(
            _("{since}부터 보존해야 하는 고객이에요: {reason}"),
            _("보존 의무가 끝나면 풀고 다시 하세요."),
            dates=("since",),
        ),
        HoldOver.code: Words(
            _("보존이 끝나는 때가 시작보다 빨라요: {until}"), _("더 뒤의 때를 적으세요."), dates=("until",)
        ),
        UnknownHold.code: Words(
            _("이 고객에게 걸린 보존이 아니거나 이미 풀렸어요: {hold}"), _("고객과 번호를 확인하세요.")
        ),
        IdentityErased.code: Words(
            _("스스로 지워 달라고 한 사람의 값({kind})이에요."),
            _("파일에서 빼 주세요. 본인이 다시 가입하면 새 고객이 돼요."),
        ),
        ConsentKeyReused.code: Words(
            _("‘{key}’은(는) 이미 다른 동의 기록의 키예요."), _("동의 기록마다 다른 키를 쓰세요.")
        ),
        GuardianNeeded.code: Words(
            _("만 14세 미만은 법정대리인이 동의해야 해요."),
            _("법정대리인의 이름과 전화번호를 적고, 법정대리인이 맞는지 확인했다고 표시하세요."),
        ),
        SealBroken.code: Words(
            _("봉인이 깨졌어요: {table}.{column}, 고객 {customer_id}"),
            _("누가 고쳤거나 옮긴 값이에요. 백업에서 되돌리세요."),
        ),
        PersonKeyMissing.code: Words(
            _("고객 {customer_id}의 키가 없어요."),
            _("키 저장소가 데이터베이스보다 오래됐어요. 키 저장소의 새 백업을 되돌리세요."),
        ),
        KeyStoreGone.code: Words(
            _("키 저장소가 없어서 지금은 이름과 번호로 찾을 수 없어요."),
            _("키 저장소를 백업에서 되돌리고 다시 시작하세요."),
        ),
        NoMasterKey.code: Words(
            _("마스터 키가 없어요."),
            _("master.keys를 백업에서 되돌리세요(DANGOL_MASTER_KEYS를 썼다면 그 값을 다시 주세요)."),
        ),
        UnknownMasterKey.code: Words(
            _("마스터 키 {name}이(가) 없어요."),
            _("지운 줄을 master.keys에 다시 넣고 `dangol keys rotate`를 실행하세요."),
        ),
        WrappedKeyBroken.code: Words(
            _("키가 저장된 그대로가 아니에요."), _("키 저장소의 백업을 되돌리세요.")
        ),
        NoShop.code: Words(_("아직 가게가 없어요."), _("`dangol init`이나 `dangol demo`를 실행하세요.")),
        "brand.not_a_color": Words(
            _("색을 읽을 수 없어요."), _("#3a4fb8처럼 #과 여섯 글자(0-9, a-f)로 적으세요.")
        ),
    }
)
