"""What the refusals about coupons say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.refusals import Words, register
from dangol.domain.coupon_codes import GuessablePattern, InvalidPattern
from dangol.rooms.rewards.coupons.batches import CodeTaken, InvalidBatch, UnknownBatch
from dangol.rooms.rewards.coupons.files import UnknownFile
from dangol.rooms.rewards.coupons.guessing import GuesserUnknown, TooManyCodes, TooManyGuesses
from dangol.rooms.rewards.coupons.holding import (
    BatchClosed,
    CodeHeld,
    IssueKeyReused,
    NoCodesLeft,
    UnknownCode,
)
from dangol.rooms.rewards.coupons.importing import NotImported

register(
    {
        InvalidPattern.code: Words(
            _("쿠폰 번호의 모양이 맞지 않아요({problem})."),
            _("영문 대문자와 숫자, 붙임표와 #으로 64자보다 짧게 적으세요. 예: SPRING-####-####-####"),
        ),
        GuessablePattern.code: Words(
            _("무작위로 뽑는 글자가 적어서 누군가 번호를 맞힐 수 있어요({bits}비트)."),
            _("#을 12개 이상 적어서 {least}비트 이상이 되게 하세요."),
        ),
        InvalidBatch.code: Words(
            _("쿠폰의 ‘{field}’이(가) 맞지 않아요({problem})."), _("그 값을 고쳐서 다시 저장하세요.")
        ),
        CodeTaken.code: Words(
            _("‘{coupon}’와(과) 같거나 비슷하게 읽히는 쿠폰 번호가 이미 있어요."), _("다른 번호로 정하세요.")
        ),
        GuesserUnknown.code: Words(
            _("손님이 번호를 적었는데 누구인지도 어디서인지도 알 수 없어요."),
            _("회원이나 손님의 네트워크 주소(address)를 함께 보내세요."),
        ),
        TooManyCodes.code: Words(
            _("쿠폰 번호는 한 번에 {most}개까지 적을 수 있어요."), _("쓸 쿠폰만 적으세요.")
        ),
        TooManyGuesses.code: Words(
            _("번호를 너무 여러 번 잘못 적었어요."), _("{seconds}초 뒤에 다시 해 보세요.")
        ),
        NotImported.code: Words(
            _("이 쿠폰 묶음에는 번호를 가져올 수 없어요."), _("‘가져온 번호’ 묶음을 만들어 가져오세요.")
        ),
        UnknownFile.code: Words(
            _("그 파일은 이미 가져왔거나, 하루가 지나 지워졌어요."), _("파일을 다시 올리세요.")
        ),
        UnknownBatch.code: Words(_("그런 쿠폰 묶음은 없어요: {batch}"), _("쿠폰 묶음의 id를 확인하세요.")),
        UnknownCode.code: Words(_("그런 쿠폰 번호는 없어요: {coupon}"), _("번호를 다시 확인하세요.")),
        CodeHeld.code: Words(
            _("‘{coupon}’은(는) 이미 다른 고객의 것이거나, 쓰였거나, 모두가 쓰는 번호예요."),
            _("같은 묶음의 다른 번호를 주세요."),
        ),
        BatchClosed.code: Words(
            _("막혔거나 기간이 끝난 쿠폰 묶음이에요."), _("다른 묶음을 쓰거나 막은 것을 푸세요.")
        ),
        NoCodesLeft.code: Words(
            _("나눠 줄 쿠폰 번호가 더 없어요."), _("같은 프로모션에 새 묶음을 만드세요.")
        ),
        IssueKeyReused.code: Words(
            _("중복 방지 키 ‘{key}’은(는) 다른 쿠폰 묶음에 이미 쓰였어요."), _("새 요청에는 새 키를 쓰세요.")
        ),
    }
)
