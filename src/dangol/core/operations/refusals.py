"""What the refusals of running an instance say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.operations.backups import FolderUnusable, KeysNotApart
from dangol.core.operations.dumps import NoProgram, ProgramFailed, ProgramTooOld
from dangol.core.operations.manifest import BackupBroken, NotABackup
from dangol.core.operations.restores import BackupNewer, HomeNotEmpty, OtherEngine, StillRunning
from dangol.core.refusals import Words, register
from dangol.core.storage.faults import Busy

register(
    {
        Busy.code: Words(
            _("다른 일이 쓰고 있어서 {seconds}초 안에 차례가 오지 않았어요."), _("잠시 뒤 다시 하세요.")
        ),
        FolderUnusable.code: Words(
            _("백업 폴더(--to)에 쓸 수 없어요: {folder} ({reason})"),
            _("쓸 수 있고 자리가 있는 다른 폴더를 고르세요."),
        ),
        KeysNotApart.code: Words(
            _("{folder}에는 다른 종류의 백업이 있어요. 데이터와 키는 한 폴더에 두지 않아요."),
            _("`--to`에 다른 폴더를 적으세요. 되도록 다른 기기의 폴더로요."),
        ),
        NoProgram.code: Words(
            _("이 컴퓨터에 {program}이(가) 없어요."),
            _("postgresql-client-{version} 꾸러미를 설치하거나, 그 폴더를 DANGOL_POSTGRES_BIN에 적으세요."),
        ),
        ProgramTooOld.code: Words(
            _("{program} {found}은(는) 서버 {needed}보다 오래됐어요."),
            _("postgresql-client-{needed} 꾸러미를 설치하세요."),
        ),
        ProgramFailed.code: Words(
            _("{program}이(가) 일을 마치지 못했어요(끝난 값 {status})."),
            _("데이터베이스와 디스크를 `dangol doctor`로 살펴보고 다시 하세요. 아무것도 남기지 않았어요."),
        ),
        NotABackup.code: Words(
            _("{folder}에는 다 만든 백업({kind})이 없어요."),
            _("`dangol backup --to`나 `dangol backup keys --to`로 만든 폴더를 고르세요."),
        ),
        BackupBroken.code: Words(
            _("백업의 파일이 없거나 쓴 그대로가 아니에요: {file}"), _("다른 백업을 고르세요.")
        ),
        OtherEngine.code: Words(
            _("백업은 {found}의 것인데 이 가게는 {wanted}을(를) 써요."),
            _("같은 종류의 데이터베이스에 되돌리세요(DATABASE_URL, DANGOL_KEYS_URL)."),
        ),
        BackupNewer.code: Words(
            _("백업이 더 새로운 판({version})의 것이에요."), _("그 판을 설치하고 다시 하세요.")
        ),
        HomeNotEmpty.code: Words(
            _("{home}에는 이미 무언가 있어요. 아무것도 바꾸지 않았어요."),
            _("빈 홈을 `--home`으로 고르거나, 바꿔도 되면 `--replace`를 붙이세요."),
        ),
        StillRunning.code: Words(
            _("아직 돌고 있거나 방금까지 돌았어요: {names}"),
            _("`dangol serve`를 멈추고 30초 뒤에 다시 하세요."),
        ),
    }
)
