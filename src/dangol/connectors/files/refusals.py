"""What the refusals of whole files and jobs say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.connectors.files import errors
from dangol.core.refusals import Words, register

register(
    {
        errors.FileMissing.code: Words(_("‘{file}’ 파일이 없어요."), _("경로와 이름을 확인하세요.")),
        errors.FileEmpty.code: Words(
            _("‘{file}’에 머리글이 없어요."), _("첫 줄에 열 이름이 있는 파일을 주세요.")
        ),
        errors.NotATable.code: Words(
            _("‘{file}’은(는) CSV도 Parquet도 아니에요({found})."), _("CSV(UTF-8)로 다시 저장하세요.")
        ),
        errors.Undecodable.code: Words(
            _("‘{file}’의 {line}번째 줄을 읽을 수 없어요. 시도한 인코딩: {tried}"),
            _("CSV(UTF-8)로 다시 저장하거나 `{remedy}`로 인코딩을 알려 주세요."),
        ),
        errors.ColumnMissing.code: Words(
            _("‘{file}’에 {column} 열이 없어요. 있는 열: {headers}. 가장 비슷한 열: {nearest}"),
            _("`--map {column}=<열 이름>`으로 알려 주세요."),
        ),
        errors.ColumnUnknown.code: Words(
            _("‘{column}’ 열을 몰라요. 아는 열: {known}. 가장 비슷한 열: {nearest}"),
            _("`--map`에 적은 이름을 확인하세요."),
        ),
        errors.ColumnTwice.code: Words(
            _("‘{file}’에 ‘{header}’ 열이 둘이어서 {column}을(를) 고를 수 없어요."),
            _("한 열의 이름을 바꾸거나 `--map {column}=<열 이름>`으로 알려 주세요."),
        ),
        errors.ColumnNested.code: Words(
            _("‘{file}’의 ‘{header}’ 열은 목록이나 구조여서({type}) 읽을 수 없어요."),
            _("값 하나씩 든 열로 펼쳐서 저장하세요."),
        ),
        errors.UnknownKind.code: Words(
            _("‘{kind}’은(는) 내보낼 수 없어요."), _("이 가운데 고르세요: {known}")
        ),
        errors.UnknownJob.code: Words(
            _("‘{job}’ 가져오기가 없어요."), _("`dangol import jobs`로 번호를 확인하세요.")
        ),
        errors.AmbiguousJob.code: Words(
            _("‘{job}’(으)로 시작하는 가져오기가 {count}개예요."),
            _("`dangol import jobs`에서 번호를 더 길게 적으세요."),
        ),
        errors.CurrencyChanged.code: Words(
            _("파일을 읽는 사이에 가게의 통화가 {currency}(으)로 바뀌었어요."),
            _("통화를 확인하고 파일을 다시 가져오세요."),
        ),
        errors.JobRunning.code: Words(
            _("다른 프로세스가 이 파일을 가져오고 있어요."), _("그것이 끝난 뒤에 다시 실행하세요.")
        ),
        errors.CannotUndo.code: Words(
            _("{kind} 가져오기는 되돌리지 않고 고쳐요."), _("고친 파일을 다시 가져오세요.")
        ),
        errors.NothingToUndo.code: Words(
            _("이 가져오기는 아직 아무것도 쓰지 않아서 되돌릴 것이 없어요."),
            _("그대로 두거나, 같은 명령으로 다시 가져오세요."),
        ),
        errors.AlreadyUndone.code: Words(
            _("이 가져오기는 이미 되돌렸어요."),
            _("다시 가져오려면 `--source`에 다른 이름을 적으세요."),
        ),
        errors.PointsSpent.code: Words(
            _("이 가져오기로 생긴 포인트를 이미 썼어요: {orders}건, {points}포인트."),
            _("`--skip-spent`를 붙이면 그것만 남기고 되돌려요."),
        ),
        errors.BadOption.code: Words(
            _("{option} 값 ‘{value}’을(를) 쓸 수 없어요. {known}"),
            _("명령에 `--help`를 붙이면 쓸 수 있는 값을 알려 줘요."),
        ),
        errors.OnlyCsv.code: Words(
            _("‘{file}’은(는) CSV가 아니에요({found}). 이 화면은 눌러 담은 파일을 풀지 않아요."),
            _("스프레드시트에서 ‘다른 이름으로 저장’을 열고 CSV UTF-8로 저장해서 올리세요."),
        ),
        errors.UploadMissing.code: Words(_("올린 파일이 없어요."), _("CSV 파일을 고르세요.")),
        errors.UploadTooLarge.code: Words(
            _("‘{file}’이(가) 너무 커요. 한 파일은 {most}바이트까지 올릴 수 있어요."),
            _("파일을 나누어 올리거나 서버에서 `dangol import`로 가져오세요."),
        ),
        errors.UploadSpaceFull.code: Words(
            _("가져오기를 기다리는 파일이 자리를 다 썼어요({most}바이트)."),
            _("기다리는 파일을 가져오거나 버린 뒤 다시 올리세요."),
        ),
        errors.UploadUnknown.code: Words(
            _("‘{upload}’ 파일이 없어요."), _("가져오기 화면에서 다시 고르세요.")
        ),
        errors.UploadBusy.code: Words(
            _("지금은 할 수 없는 일이에요. 그 사이 다른 화면에서 달라졌어요."), _("화면을 새로 고치세요.")
        ),
    }
)
