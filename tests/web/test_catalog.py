"""Nothing on a screen stays untranslated, and the compiled catalog is the written one."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from dangol.web.catalog import (
    MO,
    PO,
    Message,
    collect_messages,
    compile_catalog,
    find_untranslated,
    read_catalog,
)


def test_catalog__every_message_of_the_source__has_its_english() -> None:
    missing = find_untranslated(collect_messages(), read_catalog())

    assert not missing, (
        f"{len(missing)} without English; add them to {PO.name}: {[one.text for one in missing]}"
    )


def test_catalog__compiled_file__is_the_written_one() -> None:
    assert MO.read_bytes() == compile_catalog(read_catalog())


def test_catalog__messages_no_longer_used__none() -> None:
    used = {(one.text, one.context) for one in collect_messages()}
    kept = {
        (one.id[0] if isinstance(one.id, tuple) else str(one.id), one.context)
        for one in read_catalog()
        if one.id
    }

    assert kept <= used, f"run python -m dangol.web.catalog: {kept - used}"


@pytest.mark.parametrize(
    ("name", "source", "message"),
    [
        ("a.py", '_("저장하기")', Message("저장하기")),
        ("b.py", 'gettext("저" "장")', Message("저장")),
        ("c.py", 'from django.utils.translation import gettext_lazy as lazy\nlazy("회원")', Message("회원")),
        ("d.py", 'ngettext("%(n)s명", "%(n)s명들", 3)', Message("%(n)s명", "%(n)s명들")),
        ("e.py", 'pgettext("길", "오른쪽")', Message("오른쪽", None, "길")),
        ("f.html", '{% translate "현황" %}', Message("현황")),
        ("g.html", "{% blocktranslate %}{{ n }}번{% endblocktranslate %}", Message("%(n)s번")),
        (
            "h.html",
            "{% blocktranslate count n=x %}하나{% plural %}{{ n }}개{% endblocktranslate %}",
            Message("하나", "%(n)s개"),
        ),
        ("i.html", '{{ _("끝") }}', Message("끝")),
    ],
)
def test_collect_messages__each_way_to_mark_one__found(
    tmp_path: Path, name: str, source: str, message: Message
) -> None:
    (tmp_path / name).write_text(source, encoding="utf-8")

    assert collect_messages(tmp_path) == {message}


@pytest.mark.parametrize(
    ("translation", "is_missing"),
    [("", True), ("%(count)s members", False), ("members", True), ("%(cuont)s members", True)],
)
def test_find_untranslated__lost_placeholder__is_missing(translation: str, is_missing: bool) -> None:
    catalog = Catalog(locale="en")
    catalog.add("회원 %(count)s명", translation)

    assert bool(find_untranslated([Message("회원 %(count)s명")], catalog)) is is_missing
