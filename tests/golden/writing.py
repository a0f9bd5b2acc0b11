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
    Reader,
    build_digest,
)
from satisfaction.figures import CountRow, LevelCount
from satisfaction.heartbeats import KioskTrouble
from satisfaction.letters import Rendered
from satisfaction.periods import Period, day_period
from satisfaction.terms import Language, Leaning, LetterKind
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


def make_digests() -> dict[str, tuple[Digest, Language]]:
    """Return the examples by their names."""
    full = _row(2, 3, 2, 47, 80, finished=219)
    none = _row(0, 0, 0, 0, 0, finished=0)
    day = _facts(LetterKind.DAILY, day_period(DAY), total=full)
    week = Period(date(2025, 10, 6), date(2025, 10, 13))
    late = Correction(day_period(DAY - timedelta(days=1)), 120, 123, 116)
    head, guest = _reader(sees_allegations=True), _reader(sees_allegations=False, has_account=False)
    closed = _facts(LetterKind.DAILY, day_period(DAY), total=none, is_open=False)
    weekly = _facts(LetterKind.WEEKLY, week, total=full)
    return {
        "daily.vi": (build_digest(day, head, corrections=(late,)), Language.VI),
        "daily.en": (build_digest(day, head, corrections=(late,)), Language.EN),
        "daily-guest.vi": (build_digest(day, guest), Language.VI),
        "closed.vi": (build_digest(closed, head), Language.VI),
        "weekly.vi": (build_digest(weekly, head), Language.VI),
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
