"""The state of the instance in words: each check, and each thing that is proved from time to time."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dangol.core.operations.models import ProofName

_CHECKS: Mapping[str, Promise] = {
    "stopping": _("요청을 받고 있어요"),
    "disk": _("디스크의 빈 자리"),
    "database": _("데이터베이스"),
    "migrations": _("데이터베이스의 판"),
    "sequencer": _("순번(sequencer)"),
}
PROOFS: Mapping[ProofName, tuple[Promise, str]] = {
    ProofName.BACKUP: (_("데이터 백업"), "dangol backup --to DIR"),
    ProofName.KEY_BACKUP: (_("키 백업"), "dangol backup keys --to DIR"),
    ProofName.RESTORE_TEST: (_("되돌려 보기"), "dangol backup test"),
    ProofName.LEDGER: (_("원장 확인"), "dangol ledger verify"),
    ProofName.ACCESS_LOG: (_("열람 기록 확인"), "dangol access-log verify"),
    ProofName.SEGMENTS: (_("세그먼트 확인"), "dangol segments verify"),
}


def check_name(name: str) -> str:
    """Return what a check looks at."""
    return str(_CHECKS.get(name, name))
