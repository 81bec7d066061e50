"""What this connector's refusals say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.connectors.smtp import errors
from dangol.core.refusals import Words, register

register(
    {
        errors.HostUnfit.code: Words(
            _("메일 서버의 주소를 읽을 수 없어요."), _("smtp.example.com처럼 서버 이름만 적으세요.")
        ),
        errors.PortUnfit.code: Words(
            _("포트는 1부터 65535까지의 수예요."), _("보통 465(TLS)나 587(STARTTLS)을 써요.")
        ),
        errors.TlsUnfit.code: Words(
            _("암호화하지 않고는 이 컴퓨터의 메일 서버에만 보낼 수 있어요."), _("TLS나 STARTTLS를 고르세요.")
        ),
        errors.UserUnfit.code: Words(
            _("메일 서버의 계정과 비밀번호는 둘 다 있거나 둘 다 없어야 해요."),
            _("계정이 필요 없는 서버라면 둘 다 비우세요."),
        ),
        errors.PasswordWanted.code: Words(
            _("서버나 계정을 바꾸면 저장된 비밀번호를 쓰지 않아요."), _("비밀번호를 다시 적어 주세요.")
        ),
        errors.SenderUnfit.code: Words(
            _("보내는 주소를 읽을 수 없어요."),
            _("hello@shop.example 또는 골목 가게 <hello@shop.example>처럼 적으세요."),
        ),
        errors.SetElsewhere.code: Words(
            _("메일 서버를 환경 변수 DANGOL_SMTP_URL로 정해 두었어요."),
            _("여기서 정하려면 그 변수를 빼고 다시 시작하세요."),
        ),
    }
)
