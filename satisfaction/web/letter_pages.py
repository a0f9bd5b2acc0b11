"""Put a letter into words: its subject, plain text and HTML, in the reader's language.

Refuses to compute; the digest says what is so. Addresses in it need a sign-in, but for the one by
which letters are stopped, which is signed.
"""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from flask import Flask, current_app, render_template, url_for
from flask_babel import force_locale, lazy_gettext
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeSerializer

from satisfaction import clock
from satisfaction.config import Settings
from satisfaction.digests import Comparison, Correction, Device, Digest, Finding
from satisfaction.errors import NotFoundError
from satisfaction.heartbeats import KioskTrouble
from satisfaction.letters import Rendered
from satisfaction.terms import DeliveryState, Language, LetterKind, PeriodKind
from satisfaction.web.formats import (
    WEEKDAYS,
    as_clock,
    as_day,
    as_moment,
    as_number,
    as_share,
    as_short_day,
    as_weekday,
    is_vietnamese,
)
from satisfaction.web.words import name_dates, name_period

COLUMNS = 72
BAR_PIXELS = 204
LONGEST_TOKEN = 200
_LINKS = "hailong-letter-links"
DEVICE_WORDS: Mapping[KioskTrouble, str] = {
    KioskTrouble.NEVER_SEEN: lazy_gettext("chưa báo lần nào"),
    KioskTrouble.SILENT: lazy_gettext("mất liên lạc từ %(since)s"),
    KioskTrouble.LONG_QUEUE: lazy_gettext("%(queue)s lượt đang lưu tại máy, sẽ tự gửi"),
    KioskTrouble.OLD_QUEUE: lazy_gettext("có lượt chờ gửi hơn 24 giờ, còn lưu tại máy"),
    KioskTrouble.WRONG_CLOCK: lazy_gettext("đồng hồ sai"),
    KioskTrouble.RATINGS_MISSING: lazy_gettext("thiếu lượt đánh giá"),
    KioskTrouble.OLD_VERSION: lazy_gettext("phiên bản cũ"),
    KioskTrouble.STORE_NOT_KEPT: lazy_gettext("bộ nhớ có thể bị xóa"),
}
# What cannot wait until somebody reads on: answers are lost, or wait where nobody counts them.
IN_SUBJECT = frozenset({KioskTrouble.SILENT, KioskTrouble.RATINGS_MISSING, KioskTrouble.OLD_QUEUE})
KIND_WORDS: Mapping[LetterKind, str] = {
    LetterKind.DAILY: lazy_gettext("Hằng ngày"),
    LetterKind.WEEKLY: lazy_gettext("Hằng tuần"),
    LetterKind.MONTHLY: lazy_gettext("Hằng tháng"),
}
STATE_WORDS: Mapping[DeliveryState, str] = {
    DeliveryState.PLANNED: lazy_gettext("chờ gửi"),
    DeliveryState.SENDING: lazy_gettext("đang gửi"),
    DeliveryState.UNCERTAIN: lazy_gettext("chưa rõ đã tới chưa, sẽ gửi lại"),
    DeliveryState.SENT: lazy_gettext("đã gửi"),
    DeliveryState.FAILED: lazy_gettext("không gửi được"),
    DeliveryState.WITHHELD: lazy_gettext("không gửi: người nhận đã ngừng hoặc không còn quyền"),
}


@dataclass(frozen=True)
class LetterLinks:
    """Endpoints of the officers' face that letters lead to; only the face knows their names."""

    figures: str
    voices: str
    subscriptions: str
    stop: str


def install_letter_links(app: Flask, links: LetterLinks) -> None:
    """Have letters lead to a face."""
    app.extensions[_LINKS] = links


def letter_word(term: StrEnum) -> str:
    """Return what a kind of letter or the state of one is called."""
    if isinstance(term, LetterKind):
        return str(KIND_WORDS[term])
    return str(STATE_WORDS[DeliveryState(term)])


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="stop letters")


def stop_token(subscription_id: int) -> str:
    """Return the word by which a reader stops letters without signing in."""
    sealed = _serializer().dumps(subscription_id)
    return sealed if isinstance(sealed, str) else sealed.decode()


def read_stop_token(token: str) -> int:
    """Return which subscription a word stops.

    Raises: NotFoundError for one that was altered.
    """
    try:
        found = _serializer().loads(token) if len(token) <= LONGEST_TOKEN else None
    except BadData as problem:
        raise NotFoundError() from problem
    if not isinstance(found, int):
        raise NotFoundError()
    return found


def stop_url(subscription_id: int) -> str:
    """Return the address that stops letters; empty where nobody knows how phones reach us."""
    settings: Settings = current_app.config["SETTINGS"]
    links: LetterLinks | None = current_app.extensions.get(_LINKS)
    if not settings.public_url or links is None:
        return ""
    with current_app.test_request_context(base_url=settings.public_url):
        return url_for(links.stop, token=stop_token(subscription_id), _external=True)


def render_letter(digest: Digest, language: Language) -> Rendered:
    """Return a letter in words; as if it were a page of the public address."""
    settings: Settings = current_app.config["SETTINGS"]
    base = settings.public_url or "http://localhost"
    page = current_app.test_request_context(base_url=base, query_string={"lang": language.value})
    with page, force_locale(language.value):
        values = {
            "digest": digest,
            "facts": digest.facts,
            "heading": _heading(digest),
            "title": title_of(digest),
            "when": name_when(digest),
            "preheader": _preheader(digest),
            "compared": _say_comparison(digest),
            "corrections": [say_correction(one) for one in digest.corrections],
            "devices": [say_device(one) for one in digest.facts.devices],
            "reasons": [_say_reasons(one.reasons) for one in digest.concerns],
            "why": _say_why(digest),
            "bars": _bars(digest),
            "links": _addresses(digest) if settings.public_url else None,
        }
        html = render_template("mail/letter.html", **values)
        plain = render_template("mail/letter.txt", **values)
    return Rendered(title_of_kept(values["title"]), wrap(plain), _slim(html))


def title_of_kept(title: object) -> str:
    """Return a subject as one line that fits its column."""
    return " ".join(str(title).split())[:300]


def _addresses(digest: Digest) -> dict[str, str] | None:
    links: LetterLinks | None = current_app.extensions.get(_LINKS)
    if links is None:
        return None
    period = digest.facts.period
    dates = {"from": period.first_day.isoformat(), "to": period.last_day.isoformat()}
    token = stop_token(digest.reader.subscription_id)
    answers = links.voices if digest.reader.sees_reasons else links.figures
    return {
        "answers": url_for(answers, _external=True, **dates),
        "subscriptions": url_for(links.subscriptions, _external=True),
        "stop": url_for(links.stop, token=token, _external=True),
    }


def name_when(digest: Digest) -> str:
    """Return what the letter's period is called above the finding."""
    facts = digest.facts
    if facts.kind is LetterKind.DAILY:
        day = facts.period.first_day
        return f"{WEEKDAYS[day.weekday()]}, {as_day(day)}"
    named = PeriodKind.WEEK if facts.kind is LetterKind.WEEKLY else PeriodKind.MONTH
    return f"{name_period(named, facts.period)} · {name_dates(facts.period)}"


def _period_name(kind: LetterKind, digest: Digest) -> str:
    first = digest.facts.period.first_day
    if kind is LetterKind.DAILY:
        return str(_("ngày %(day)s", day=as_short_day(first)))
    if kind is LetterKind.WEEKLY:
        return str(_("tuần %(days)s", days=name_dates(digest.facts.period)))
    return str(_("tháng %(month)s/%(year)s", month=first.month, year=first.year))


def title_of(digest: Digest) -> str:
    """Return the subject: the finding in it, and trouble first."""
    facts = digest.facts
    period = _period_name(facts.kind, digest)
    if digest.finding is Finding.CLOSED:
        return str(_("%(period)s: không làm việc", period=period[:1].upper() + period[1:]))
    said = _say_result(digest)
    urgent = [one for one in facts.devices if one.trouble in IN_SUBJECT]
    if urgent:
        device = urgent[0]
        trouble = f"{device.name} {say_trouble(device)}"
        return str(
            _(
                "%(trouble)s; đánh giá %(period)s: %(said)s",
                trouble=trouble,
                period=period,
                said=said,
            )
        )
    return str(_("Đánh giá %(period)s: %(said)s", period=period, said=said))


def _say_result(digest: Digest) -> str:
    total = digest.facts.total
    if digest.finding is Finding.NOTHING:
        return str(_("chưa có lượt nào"))
    if not digest.needs:
        count = as_number(total.answers)
        return str(_("%(count)s lượt, không có ý kiến chưa hài lòng", count=count))
    needs = as_number(digest.needs)
    if digest.finding is Finding.SHARE:
        share = as_share(total.satisfied_share, total.answers)
        return str(_("%(share)s hài lòng, %(needs)s ý kiến cần xem", share=share, needs=needs))
    return str(
        _(
            "%(satisfied)s trong %(answers)s lượt hài lòng, %(needs)s ý kiến cần xem",
            satisfied=as_number(total.satisfied),
            answers=as_number(total.answers),
            needs=needs,
        )
    )


def _heading(digest: Digest) -> str:
    """Return the finding as one or two whole sentences."""
    total = digest.facts.total
    if digest.finding is Finding.CLOSED:
        return str(_("Không làm việc."))
    if digest.finding is Finding.NOTHING:
        return str(_("Chưa có lượt đánh giá nào."))
    if digest.finding is Finding.SHARE:
        share = as_share(total.satisfied_share, total.answers)
        said = _with_comparison(share, digest.comparison)
    else:
        said = str(
            _(
                "%(satisfied)s trong %(answers)s lượt hài lòng.",
                satisfied=as_number(total.satisfied),
                answers=as_number(total.answers),
            )
        )
    if not digest.needs:
        return said
    return f"{said} " + str(_("Có %(needs)s ý kiến cần xem.", needs=as_number(digest.needs)))


def _with_comparison(share: str, comparison: Comparison) -> str:
    words = {
        Comparison.NONE: _("%(share)s hài lòng.", share=share),
        Comparison.USUAL: _("%(share)s hài lòng, như thường lệ.", share=share),
        Comparison.HIGHER: _("%(share)s hài lòng, cao hơn kỳ trước.", share=share),
        Comparison.LOWER: _("%(share)s hài lòng, thấp hơn kỳ trước.", share=share),
    }
    return str(words[comparison])


def _say_comparison(digest: Digest) -> str:
    """Return with which period this one was compared, in counts that can be checked."""
    before = digest.facts.before
    if before is None or digest.finding in {Finding.CLOSED, Finding.NOTHING}:
        return ""
    row = before.row
    is_day = digest.facts.kind is LetterKind.DAILY
    period = as_weekday(before.period.first_day) if is_day else name_dates(before.period)
    return str(
        _(
            "So với %(period)s: khi đó %(satisfied)s trong %(answers)s lượt hài lòng.",
            period=period,
            satisfied=as_number(row.satisfied),
            answers=as_number(row.answers),
        )
    )


def say_correction(one: Correction) -> str:
    """Return how an earlier letter's figures have changed since."""
    is_day = one.period.length_days == 1
    period = as_weekday(one.period.first_day) if is_day else name_dates(one.period)
    counts = {"satisfied": as_number(one.satisfied), "answers": as_number(one.answers)}
    if one.late > 0:
        return str(
            _(
                "%(period)s: bổ sung %(late)s lượt đến muộn; nay %(satisfied)s trong %(answers)s "
                "lượt hài lòng.",
                period=period,
                late=as_number(one.late),
                **counts,
            )
        )
    return str(
        _(
            "%(period)s: bớt %(gone)s lượt đã hủy; nay %(satisfied)s trong %(answers)s lượt "
            "hài lòng.",
            period=period,
            gone=as_number(-one.late),
            **counts,
        )
    )


def say_trouble(device: Device) -> str:
    """Return what is wrong with a device; on the letter's own day the hour is enough."""
    since = device.since
    is_today = since is not None and clock.local_day(since) == clock.today()
    words = {
        "since": as_clock(since) if is_today else as_moment(since),
        "queue": as_number(device.queue),
    }
    return str(DEVICE_WORDS[device.trouble]) % words


def say_device(device: Device) -> str:
    """Return the line of one device."""
    said = f"{device.name}: {say_trouble(device)}"
    if device.queue and device.trouble is KioskTrouble.SILENT:
        said += "; " + str(
            _("%(queue)s ý kiến đang lưu tại máy và sẽ tự gửi", queue=as_number(device.queue))
        )
    return said + "."


def _say_reasons(reasons: tuple[object, ...]) -> str:
    named = [
        f"{one.label_vi if is_vietnamese() else one.label_en} ({as_number(one.count)})"  # type: ignore[attr-defined]
        for one in reasons
    ]
    return ", ".join(named)


def _preheader(digest: Digest) -> str:
    total = digest.facts.total
    return str(
        _(
            "%(answers)s lượt đánh giá, %(finished)s lượt phục vụ.",
            answers=as_number(total.answers),
            finished=as_number(total.finished_visits),
        )
    )


def _say_why(digest: Digest) -> str:
    unit = digest.facts.unit_name
    if digest.facts.kind is LetterKind.DAILY:
        return str(
            _(
                "Ông/bà nhận thư này vì đã đăng ký thư của %(unit)s, gửi lúc %(hour)s:00 mỗi ngày "
                "làm việc.",
                unit=unit,
                hour=digest.reader.hour,
            )
        )
    return str(_("Ông/bà nhận thư này vì đã đăng ký thư của %(unit)s.", unit=unit))


def _bars(digest: Digest) -> list[tuple[int, int]]:
    """Return the widths of each line's bar in pixels: satisfied, and dissatisfied."""
    most = max((line.answers for line in digest.lines), default=1)
    return [
        (
            round(BAR_PIXELS * line.satisfied / most),
            max(3, round(BAR_PIXELS * line.dissatisfied / most)) if line.dissatisfied else 0,
        )
        for line in digest.lines
    ]


def wrap(text: str) -> str:
    """Return plain text whose lines have at most 72 columns; an address is never broken."""
    lines: list[str] = []
    for line in text.splitlines():
        indent = "  " if line.startswith(("- ", "  ")) else ""
        lines += textwrap.wrap(
            line.rstrip(),
            COLUMNS,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    return "\n".join(lines).strip() + "\n"


def _slim(html: str) -> str:
    """Return HTML without the indentation of its template; mail is cut where it is too long."""
    return "\n".join(line.strip() for line in html.splitlines() if line.strip()) + "\n"
