"""Write the letters that are kept as examples, from figures that are made up and never change."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from flask import Flask

from satisfaction import clock
from satisfaction.concerns import Concern, ReasonCount
from satisfaction.digests import (
    Before,
    Correction,
    Device,
    Digest,
    Facts,
    Line,
    Owed,
    Reader,
    build_digest,
    without_counts,
)
from satisfaction.figures import CountRow, LevelCount
from satisfaction.heartbeats import KioskTrouble
from satisfaction.letters import Rendered
from satisfaction.periods import Period, day_period, month_period
from satisfaction.releases import Release, ReleaseTable
from satisfaction.terms import Dimension, Language, Leaning, LetterKind, PeriodKind
from satisfaction.troubles import Trouble, TroubleKind
from satisfaction.web.letter_pages import render_letter

FOLDER = Path(__file__).parent
SECRET = "a key that is no secret, for examples alone"
DAY = date(2025, 10, 14)
EVENING = datetime(2025, 10, 14, 11, 0, tzinfo=UTC)
DESKS = (
    ("1 Tiếp nhận", 21, 20, 1),
    ("2 Hộ tịch", 23, 23, 0),
    ("3 Chứng thực", 38, 36, 1),
    ("4 Đất đai, xây dựng", 16, 13, 3),
    ("5 Đăng ký kinh doanh", 10, 10, 0),
    ("6 Chứng thực (tăng cường)", 15, 14, 0),
    ("7 Người có công", 11, 11, 0),
)
WAIT = ReasonCount("wait", "Chờ lâu", "Long wait", 2)
MONTH_DESKS = (
    ("1 Tiếp nhận", 415, 402, 5),
    ("2 Hộ tịch", 30, 27, 2),
    ("3 Chứng thực", 608, 588, 9),
    ("4 Đất đai, xây dựng", 52, 46, 3),
    ("5 Đăng ký kinh doanh", 97, 97, 0),
    ("6 Chứng thực (tăng cường)", 20, 18, 1),
    ("7 Người có công", 18, 17, 0),
)
CITY = (
    ("Phường Hoa Sen", 1204, 1160, 21),
    ("Phường Hoa Mai", 986, 951, 12),
    ("Xã Suối Trong", 402, 380, 9),
    ("Trung tâm Phục vụ hành chính công", 3120, 3044, 40),
)
LIMIT = 5
FEE = ReasonCount("fee", "Đòi thêm tiền, giấy tờ", "Asked for extra money or papers", 1)


def _row(*levels: int, finished: int) -> CountRow:
    leanings = (
        Leaning.DISSATISFIED,
        Leaning.DISSATISFIED,
        Leaning.NEUTRAL,
        Leaning.SATISFIED,
        Leaning.SATISFIED,
    )
    counted = tuple(
        LevelCount("five-1", place, "", "", leaning, place, count)
        for place, (leaning, count) in enumerate(zip(leanings, levels, strict=True), start=1)
    )
    return CountRow(
        key="",
        label="",
        finished_visits=finished,
        rated_visits=sum(levels),
        levels=counted,
        unlinked=0,
        voided=0,
    )


def _facts(kind: LetterKind, period: Period, *, total: CountRow, is_open: bool = True) -> Facts:
    is_daily = kind is LetterKind.DAILY
    has_answers = bool(total.answers)
    before = Before(day_period(DAY - timedelta(days=7)), _row(1, 2, 4, 40, 80, finished=200))
    return Facts(
        kind=kind,
        unit_name="Phường Hoa Sen",
        is_demonstration=True,
        period=period,
        planned_at=EVENING,
        as_of=EVENING,
        is_open=is_open,
        total=total,
        before=before if is_daily and has_answers else None,
        lines=tuple(Line(name, "", *counts) for name, *counts in DESKS) if has_answers else (),
        concerns=(
            Concern("4 Đất đai, xây dựng", 3, 1, (WAIT, FEE)),
            Concern("1 Tiếp nhận", 1, 0, ()),
            Concern("3 Chứng thực", 1, 0, (replace(WAIT, count=1),)),
        )
        if has_answers
        else (),
        devices=(
            Device("Máy ở Bàn 7", KioskTrouble.SILENT, EVENING - timedelta(minutes=160), queue=3),
        )
        if is_daily and has_answers
        else (),
        device_count=8 if is_daily else 0,
        closed_days=() if is_daily else (date(2025, 10, 11), date(2025, 10, 12)),
    )


def _reader(*, sees_allegations: bool, has_account: bool = True) -> Reader:
    return Reader(
        address="head@example.gov.vn",
        subscription_id=7,
        sees_reasons=has_account,
        sees_allegations=sees_allegations,
        has_account=has_account,
        hour=18,
    )


def _release(month: Period) -> Release:
    """Return what is released of a month of 1,240 answers: two desks are joined with a third."""
    total = _row(6, 14, 25, 480, 715, finished=2011)
    levels = total.levels
    groups = (levels[:2], levels[2:3], levels[3:])
    desk = replace(total, levels=())
    lines = [
        (replace(desk, key=name, label=name), counts)
        for name, counts in (
            ("1 Tiếp nhận", (5, 8, 402)),
            ("3 Chứng thực", (9, 11, 588)),
            ("5 Đăng ký kinh doanh", (0, 0, 97)),
        )
    ]
    return Release(
        unit_code="00103",
        unit_name="Phường Hoa Sen",
        is_demonstration=True,
        kind=PeriodKind.MONTH,
        period=month,
        as_of=EVENING,
        is_settled=False,
        limit=LIMIT,
        left_out=(),
        groups=groups,
        counts=(20, 25, 1195),
        finished=2011,
        rated=1240,
        tables=(
            ReleaseTable(
                by=Dimension.DESK, groups=groups, lines=tuple(lines), others=(6, 6, 108), joined=4
            ),
        ),
    )


def _of_a_month(month: Period) -> Facts:
    """Return the exact facts of the month of which the release tells."""
    concerns = [Concern(name, amount, 0, ()) for name, _, _, amount in MONTH_DESKS if amount]
    return replace(
        _facts(LetterKind.MONTHLY, month, total=_row(6, 14, 25, 480, 715, finished=2011)),
        lines=tuple(Line(name, "", *counts) for name, *counts in MONTH_DESKS),
        concerns=tuple(sorted(concerns, key=lambda one: -one.amount)),
        closed_days=(date(2025, 9, 1), date(2025, 9, 2)),
    )


def _of_a_city(month: Period) -> Facts:
    """Return the facts of a city, under which there are too many desks to name each."""
    total = _row(30, 52, 95, 2100, 3435, finished=9412)
    concerns = [
        Concern(f"{number} Chứng thực", amount, 0, ())
        for number, amount in enumerate((20, 15, 12, 11, 9, 8, 7), start=1)
    ]
    return replace(
        _of_a_month(month),
        unit_name="Thành phố Sông Hồng",
        total=total,
        by_unit=True,
        lines=tuple(Line(name, "", *counts) for name, *counts in CITY),
        concerns=tuple(concerns),
    )


def make_digests() -> dict[str, tuple[Digest, Language]]:
    """Return the examples by their names."""
    full = _row(2, 3, 2, 47, 80, finished=219)
    none = _row(0, 0, 0, 0, 0, finished=0)
    day = _facts(LetterKind.DAILY, day_period(DAY), total=full)
    week, month = Period(date(2025, 10, 6), date(2025, 10, 13)), month_period(date(2025, 9, 1))
    ill = (
        Trouble(kind=TroubleKind.DISK_FULL, share=0.93),
        Trouble(kind=TroubleKind.OLD_BACKUP, since=EVENING - timedelta(hours=40)),
    )
    late = Correction(day_period(DAY - timedelta(days=1)), 120, 123, 116)
    head, guest = _reader(sees_allegations=True), _reader(sees_allegations=False, has_account=False)
    closed = build_digest(
        _facts(LetterKind.DAILY, day_period(DAY), total=none, is_open=False), head
    )
    daily = build_digest(day, head, corrections=(late,))
    weekly = build_digest(_facts(LetterKind.WEEKLY, week, total=full), head)
    monthly = _of_a_month(month)
    few = replace(
        _facts(LetterKind.DAILY, day_period(DAY), total=_row(0, 1, 1, 4, 6, finished=20)),
        lines=(Line("1 Tiếp nhận", "", 9, 8, 0), Line("3 Chứng thực", "", 3, 2, 1)),
        concerns=(Concern("3 Chứng thực", 1, 0, ()),),
        before=None,
        devices=(),
    )
    made_up_for = replace(
        day,
        as_of=EVENING + timedelta(hours=15),
        devices=(),
        owed_in_all=Owed(3, date(2025, 10, 3)),
    )
    released = without_counts(monthly, limit=LIMIT, release=_release(month))
    vietnamese = {
        "daily": daily,
        "daily-guest": build_digest(without_counts(day, limit=LIMIT), guest),
        "daily-few": build_digest(few, head),
        "daily-late": build_digest(made_up_for, head),
        "closed": closed,
        "daily-system": build_digest(
            replace(day, troubles=ill), replace(head, sees_allegations=False, sees_system=True)
        ),
        "weekly": weekly,
        "monthly": build_digest(monthly, head),
        "monthly-city": replace(build_digest(_of_a_city(month), head), lacks_file=True),
        "monthly-guest": build_digest(released, guest),
    }
    english = {"daily", "daily-system", "closed", "weekly", "monthly", "monthly-guest"}
    return {f"{name}.vi": (one, Language.VI) for name, one in vietnamese.items()} | {
        f"{name}.en": (vietnamese[name], Language.EN) for name in english
    }


def write_letters(app: Flask) -> dict[str, Rendered]:
    """Return the examples in words."""
    app.config["SECRET_KEY"] = SECRET
    app.config["SETTINGS"] = app.config["SETTINGS"].model_copy(
        update={"public_url": "https://danhgia.example.gov.vn"}
    )
    with app.app_context(), clock.replaced(EVENING):
        return {name: render_letter(*one) for name, one in make_digests().items()}


def files_of(letters: dict[str, Rendered]) -> dict[str, str]:
    """Return the letters as files: the subject above the plain text, and the HTML."""
    plain = {f"{name}.txt": f"{one.subject}\n\n{one.plain}" for name, one in letters.items()}
    return plain | {f"{name}.html": one.html for name, one in letters.items()}
