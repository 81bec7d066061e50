"""`dangol doctor`: what is wrong here, and the command that mends it."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlsplit

import pysqlite3
import typer
from django.conf import settings
from django.db import Error as DatabaseError, connection, connections
from django.utils.translation import gettext as _, gettext_lazy, ngettext
from rich.console import Group
from rich.text import Text

from dangol.cli.broken_database import explain_broken, is_broken_file, name_error
from dangol.cli.exits import ExitCode
from dangol.cli.home import KeyStoreLost, command, place, require_shop, table_names
from dangol.cli.instance import secret_files
from dangol.cli.output import JsonOption, Output, QuietOption
from dangol.core.access.selectors import list_owners, roles_out_of_step
from dangol.core.duties.selectors import read_duties
from dangol.core.events.selectors import show_consumers
from dangol.core.events.webhooks.selectors import list_endpoints
from dangol.core.messaging.selectors import outbox_status
from dangol.core.messaging.senders import EMAIL, find_sender
from dangol.core.operations.migrating import pending_migrations
from dangol.core.operations.models import ProofName
from dangol.core.operations.proofs import find_proofs, is_overdue
from dangol.core.people.keystore import KEY_STORE
from dangol.core.people.lost_keys import count_lost_keys
from dangol.core.people.models import PersonKey, Shop
from dangol.core.people.selectors import shop
from dangol.core.refusals import explain
from dangol.core.segments.consumers import has_segments
from dangol.core.segments.selectors import waits_since
from dangol.core.storage.master_keys import key_ring
from dangol.core.storage.sqlite.base import OLDEST_SAFE_VERSION
from dangol.core.tasks.selectors import dead_jobs, silent_workers
from dangol.domain.errors import DomainError
from dangol.domain.webhooks import EndpointState
from dangol.project.clock import now

OLDEST_POSTGRES = 15
BYTES_WANTED, BYTES_NEEDED = 2 * 1024**3, 256 * 1024**2
STUCK_AFTER = timedelta(minutes=5)
MAIL_LATE_AFTER = SEGMENTS_LATE_AFTER = timedelta(minutes=5)
EVENTS_BEHIND = 10_000


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


class Finding(NamedTuple):
    """What one check found; `remedy` is the next thing to do, empty where all is well."""

    check: str
    level: Level
    sentence: str
    remedy: str = ""


def check_access() -> Iterator[Finding]:
    """Look whether both databases can be read at all; says nothing where they can."""
    for alias in connections:
        try:
            table_names(alias)
        except DatabaseError as error:
            yield Finding("database", Level.BAD, *explain_broken(alias, error))


def check_database() -> Iterator[Finding]:
    """Look at the database's own version: older ones lose or corrupt data."""
    version: tuple[int, ...]
    oldest: tuple[int, ...]
    if connection.vendor == "sqlite":
        version, oldest = pysqlite3.sqlite_version_info, OLDEST_SAFE_VERSION
    else:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            number = int(cursor.fetchone()[0])
        version, oldest = (number // 10_000, number % 10_000), (OLDEST_POSTGRES,)
    shown = f"{connection.display_name} {'.'.join(map(str, version))}"
    if version >= oldest:
        yield Finding("database", Level.OK, shown)
    else:
        needed = ".".join(map(str, oldest))
        sentence = _("{shown}은(는) 너무 오래됐어요. {needed}부터 안전해요.")
        remedy = "make demo" if connection.vendor == "sqlite" else _("서버를 새 판으로 올리세요.")
        yield Finding("database", Level.BAD, sentence.format(shown=shown, needed=needed), remedy)


def check_home() -> Iterator[Finding]:
    """Look at who may read the home's secrets."""
    open_files = [path for path in secret_files() if path.stat().st_mode & 0o077]
    keys = [path for path in open_files if path.suffix in (".key", ".keys")]
    for path in open_files:
        level = Level.BAD if path in keys else Level.WARN
        sentence = _("{path}을(를) 다른 사람도 읽을 수 있어요.").format(path=path)
        yield Finding("home", level, sentence, f"chmod 600 {path}")
    if not open_files:
        yield Finding("home", Level.OK, str(settings.HOME))


def check_disk() -> Iterator[Finding]:
    """Look at the room that is left."""
    free = shutil.disk_usage(settings.HOME).free
    sentence = _("{free:,.1f}GB 남았어요.").format(free=free / 1024**3)
    remedy = _("디스크를 비우거나 홈을 더 큰 디스크로 옮기세요.")
    if free >= BYTES_WANTED:
        yield Finding("disk", Level.OK, sentence)
    else:
        yield Finding("disk", Level.WARN if free >= BYTES_NEEDED else Level.BAD, sentence, remedy)


def check_migrations() -> Iterator[Finding]:
    """Look whether both databases have this version's tables."""
    for alias in connections:
        missing = pending_migrations(alias)
        if missing:
            sentence = _("‘{alias}’에 아직 적용하지 않은 변경이 있어요: {names}")
            words = sentence.format(alias=alias, names=", ".join(missing))
            yield Finding("migrations", Level.BAD, words, command("init --upgrade"))
        else:
            yield Finding("migrations", Level.OK, alias)


def check_shop() -> Iterator[Finding]:
    """Look whether there is a shop."""
    shop = Shop.objects.first()
    if shop is None:
        yield Finding("shop", Level.BAD, _("가게가 없어요."), command("init"))
    else:
        yield Finding("shop", Level.OK, f"{shop.name} · {shop.zone} · {shop.currency}")


def check_keys() -> Iterator[Finding]:
    """Look whether the master keys are there and open what they should, and whether everyone has a key."""
    try:
        ring = key_ring()
        used = set(PersonKey.objects.order_by().values_list("master", flat=True).distinct())
        some = PersonKey.objects.filter(destroyed_at=None).first()
        if some is not None:
            ring.unwrap(bytes(some.wrapped), owner=some.customer_id)
    except DomainError as error:
        sentence, remedy = explain(error)
        yield Finding("keys", Level.BAD, sentence, remedy)
        return
    except ValueError as error:
        yield Finding("keys", Level.BAD, str(error), _("열쇠 파일의 그 줄을 백업에서 되돌리세요."))
        return
    old = used - {ring.newest, ""}
    if lost := count_lost_keys():
        words = ngettext(
            "고객 %(count)d명의 키가 없어서 그 개인정보를 열 수 없어요.",
            "고객 %(count)d명의 키가 없어서 그 개인정보를 열 수 없어요.",
            lost,
        )
        _sentence, remedy = explain(KeyStoreLost(store=place(KEY_STORE)))
        yield Finding("keys", Level.BAD, words % {"count": lost}, remedy)
    if old:
        sentence = _("예전 마스터 키로 감싼 열쇠가 남아 있어요: {names}").format(names=", ".join(sorted(old)))
        yield Finding("keys", Level.WARN, sentence, command("keys rotate"))
    elif not lost:
        yield Finding("keys", Level.OK, ring.newest)


def check_staff() -> Iterator[Finding]:
    """Look whether everyone's role is what their grants come to, and whether an owner can sign in."""
    for name in roles_out_of_step():
        sentence = _("‘{name}’의 역할이 역할의 기록과 달라요.").format(name=name)
        yield Finding(
            "staff", Level.BAD, sentence, _("누가 바꿨는지 알아보고, 직원 페이지에서 역할을 다시 정하세요.")
        )
    owners = list_owners()
    if owners:
        yield Finding("staff", Level.OK, ", ".join(owners))
    else:
        yield Finding(
            "staff", Level.BAD, _("로그인할 수 있는 가게 주인이 없어요."), command("staff recover NAME")
        )


def check_workers() -> Iterator[Finding]:
    """Look whether the background processes give signs of life, and what they gave up."""
    silent = silent_workers(now())
    for one in silent:
        since = _("시작한 적이 없어요") if one.since is None else f"{one.since:%Y-%m-%d %H:%M:%S}Z"
        sentence = _("‘{name}’이(가) 조용해요({since}).").format(name=one.name, since=since)
        yield Finding("worker", Level.WARN, sentence, command("serve"))
    dead = dead_jobs().count()
    if dead:
        words = ngettext("끝내 하지 못한 일이 %d개 있어요.", "끝내 하지 못한 일이 %d개 있어요.", dead) % dead
        last = dead_jobs()[0]
        yield Finding("worker", Level.WARN, words, f"{last.name}: {last.last_error.strip().splitlines()[-1]}")
    if not silent and not dead:
        yield Finding("worker", Level.OK, _("일하고 있어요."))


def check_consumers() -> Iterator[Finding]:
    """Look for consumers that stand before an event they cannot pass, or that have fallen far behind."""
    healthy = True
    for state in show_consumers(now()):
        if state.error:
            healthy = False
            stuck = state.failed_for is not None and state.failed_for > STUCK_AFTER
            sentence = _("‘{name}’이(가) {position:,}번 뒤에서 멈췄어요: {error}").format(
                name=state.name, position=state.position, error=state.error.strip().splitlines()[-1]
            )
            remedy = _("원인을 고치면 스스로 이어서 해요. 다시 보려면 `dangol doctor`")
            yield Finding("consumers", Level.BAD if stuck else Level.WARN, sentence, remedy)
        elif state.behind > EVENTS_BEHIND:
            healthy = False
            sentence = _("‘{name}’이(가) 활동 {behind:,}개만큼 밀려 있어요.").format(
                name=state.name, behind=state.behind
            )
            yield Finding("consumers", Level.WARN, sentence, command("worker"))
    if healthy:
        yield Finding("consumers", Level.OK, _("밀린 것이 없어요."))


def check_segments() -> Iterator[Finding]:
    """Look for customers who have long been due to be looked at for segments."""
    at = now()
    since = waits_since(at) if has_segments() else None
    if since is None or at - since <= SEGMENTS_LATE_AFTER:
        yield Finding("segments", Level.OK, _("모두 제때 살펴봤어요."))
        return
    minutes = int((at - since).total_seconds() // 60)
    words = ngettext(
        "세그먼트를 살펴보는 일이 %d분 밀려 있어요.", "세그먼트를 살펴보는 일이 %d분 밀려 있어요.", minutes
    )
    yield Finding("segments", Level.WARN, words % minutes, command("serve"))


def check_mail() -> Iterator[Finding]:
    """Look whether messages can leave, and whether they do."""
    sender, found = find_sender(EMAIL), outbox_status(now())
    if sender is None:
        sentence = _("이메일을 보낼 길이 없어요. 회원은 매장의 QR로만 들어올 수 있어요.")
        remedy = _(
            "설정의 ‘메일 보내기’에서 메일 서버를 정하거나, DANGOL_SMTP_URL과 DANGOL_MAIL_FROM을 정하세요."
        )
        yield Finding("mail", Level.WARN, sentence, remedy)
        return
    if found.oldest_at is not None and now() - found.oldest_at > MAIL_LATE_AFTER:
        words = ngettext(
            "메시지 %d개가 5분 넘게 기다려요.", "메시지 %d개가 5분 넘게 기다려요.", found.waiting
        )
        yield Finding("mail", Level.WARN, words % found.waiting, command("messages test ADDRESS"))
    if found.dead:
        words = ngettext(
            "하루 사이 메시지 %d개를 보내지 못했어요.", "하루 사이 메시지 %d개를 보내지 못했어요.", found.dead
        )
        told = f"{words % found.dead} ({found.last_error})"
        yield Finding("mail", Level.WARN, told, command("messages test ADDRESS"))
    if not found.dead and not found.waiting:
        yield Finding("mail", Level.OK, sender.name)


def check_webhooks() -> Iterator[Finding]:
    """Look for endpoints that fail or were given up; says nothing where all is well or there is none."""
    for one in list_endpoints():
        if one.state == EndpointState.ACTIVE:
            continue
        sentence = (
            _("웹훅이 ‘{host}’(으)로 가지 않아요.")
            if one.state == EndpointState.FAILING
            else _("‘{host}’(으)로 웹훅을 보내지 않고 있어요.")
        )
        remedy = _("웹훅 화면에서 까닭을 보고, 고친 뒤에 놓친 것을 다시 보내세요.")
        # Its path may be the receiver's secret.
        yield Finding("webhooks", Level.WARN, sentence.format(host=urlsplit(one.url).hostname), remedy)


_OWED = {
    "incidents": gettext_lazy("유출 사고를 알릴 때가 지났어요: {count}건"),
    "reviews": gettext_lazy("열람 기록을 점검할 때가 지난 달: {count}개"),
    "requests": gettext_lazy("답할 때가 지난 본인 요청: {count}개"),
    "notices": gettext_lazy("메일 서버가 없어서 알리지 못한 채 때가 지난 사람: {count}명"),
}
_OWED_AT = {
    "incidents": "/incidents", "reviews": "/access-log/reviews", "requests": "/requests",
    "notices": "/settings/mail",
}  # fmt: skip


def check_duties() -> Iterator[Finding]:
    """Look for what the law asks of the shop and is late."""
    late = [line for line in read_duties(as_of=now(), zone=shop().tz) if line.overdue]
    for line in late:
        sentence = str(_OWED[line.kind]).format(count=line.overdue)
        yield Finding("duties", Level.WARN, sentence, _OWED_AT[line.kind])
    if not late:
        yield Finding("duties", Level.OK, _("밀린 것이 없어요."))


_PROVED = {
    ProofName.BACKUP: (gettext_lazy("데이터 백업"), "backup --to DIR"),
    ProofName.KEY_BACKUP: (gettext_lazy("키 백업"), "backup keys --to DIR"),
    ProofName.RESTORE_TEST: (gettext_lazy("되돌려 보기"), "backup test"),
    ProofName.LEDGER: (gettext_lazy("원장 확인"), "ledger verify"),
    ProofName.ACCESS_LOG: (gettext_lazy("열람 기록 확인"), "access-log verify"),
    ProofName.SEGMENTS: (gettext_lazy("세그먼트 확인"), "segments verify"),
}


def check_backups() -> Iterator[Finding]:
    """Tell when each was last backed up, tried and proved, and where; warns of what is overdue."""
    proofs, at = find_proofs(), now()
    for name, (label, words) in _PROVED.items():
        proof = proofs.get(name)
        if proof is None or proof.good_at is None:
            sentence = _("{label}: 한 번도 없었어요.").format(label=label)
        else:
            sentence = _("{label}: 마지막 {at:%Y-%m-%d %H:%M}Z {told}").format(
                label=label, at=proof.good_at, told="" if proof.broken else proof.told
            )
        if proof is not None and proof.broken:
            broken = _("{label}: 맞지 않았어요. {told}").format(label=label, told=proof.told)
            yield Finding("backups", Level.BAD, broken, command(words))
        elif is_overdue(proof, name, as_of=at):
            yield Finding("backups", Level.WARN, sentence.strip(), command(words))
        else:
            yield Finding("backups", Level.OK, sentence.strip())


ALWAYS = (check_database, check_home, check_disk)
WITH_SHOP = (
    check_migrations, check_shop, check_keys, check_staff, check_workers, check_consumers, check_segments,
    check_webhooks, check_mail, check_duties,
    check_backups,
)  # fmt: skip


def examine() -> list[Finding]:
    """Run all checks that make sense here, in the order in which things depend on one another."""
    if unusable := list(check_access()):
        return unusable
    try:
        require_shop()
    except DomainError as error:
        about = "keys" if isinstance(error, KeyStoreLost) else "home"
        return [Finding(about, Level.BAD, *explain(error))]
    found = [finding for check in ALWAYS for finding in _run(check)]
    for check in WITH_SHOP:
        found += _run(check)
        if check is check_migrations and found[-1].level is Level.BAD:
            break
    return found


def _run(check: Callable[[], Iterator[Finding]]) -> list[Finding]:
    try:
        return list(check())
    except DatabaseError as error:
        name = check.__name__.removeprefix("check_")
        remedy = (
            _("데이터베이스를 백업에서 되돌리세요.") if is_broken_file(error) else command("init --upgrade")
        )
        sentence = _("데이터베이스가 답하지 못했어요({name}).").format(name=name_error(error))
        return [Finding(name, Level.BAD, sentence, remedy)]


def doctor(as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """Name what is wrong and the next command; fail if anything is bad."""
    output = Output(as_json=as_json, quiet=quiet)
    findings = examine()
    output.show("dangol.doctor/1", {"findings": [one._asdict() for one in findings]}, _form(findings))
    bad = sum(one.level is Level.BAD for one in findings)
    if bad:
        output.complain(_("고쳐야 할 것이 {bad}개 있어요.").format(bad=bad))
        raise typer.Exit(ExitCode.FAILED)
    output.say(_("쓸 수 있어요."))


def _form(findings: list[Finding]) -> Group:
    styles = {Level.OK: ("✓", "green"), Level.WARN: ("!", "yellow"), Level.BAD: ("✗", "red")}
    lines = []
    for one in findings:
        mark, style = styles[one.level]
        line = Text(f"{mark} ", style=style).append(f"{one.check:<11}", style="bold").append(one.sentence, "")
        lines.append(line.append(f"\n  → {one.remedy}" if one.remedy else ""))
    return Group(*lines)
