"""What a database's error may tell: its name and the remedy, never its words, which may quote a row."""

from django.db import Error as DatabaseError, connections
from django.utils.translation import gettext as _

from dangol.cli.home import place
from dangol.core.people.keystore import KEY_STORE

BROKEN_FILE = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


def name_error(error: DatabaseError) -> str:
    """Return an error's kind and the database's own name for it: SQLITE_BUSY, or the SQLSTATE 40001."""
    cause = error.__cause__ or error
    code = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__


def is_broken_file(error: DatabaseError) -> bool:
    """Say whether a SQLite file is no database any more, or one with damaged pages."""
    return str(getattr(error.__cause__, "sqlite_errorname", "")).startswith(BROKEN_FILE)


def explain_broken(alias: str, error: DatabaseError) -> tuple[str, str]:
    """Return what is wrong with a database that cannot be used at all, and what to do next."""
    facts = {"place": place(alias), "name": name_error(error)}
    if connections[alias].vendor == "sqlite":
        sentence = _("데이터베이스 파일을 읽을 수 없어요({name}): {place}")
        if is_broken_file(error):
            return sentence.format_map(facts), _("그 파일을 백업에서 되돌리세요.")
        remedy = _("권한과 디스크, 그리고 누가 그 파일을 쓰고 있는지 확인하세요.")
        return sentence.format_map(facts), remedy
    variable = "DANGOL_KEYS_URL" if alias == KEY_STORE else "DATABASE_URL"
    sentence = _("PostgreSQL에 연결할 수 없어요({name}): {place}")
    remedy = _("서버를 켜고, {variable}의 주소와 이름, 비밀번호를 확인하세요.")
    return sentence.format_map(facts), remedy.format(variable=variable)
