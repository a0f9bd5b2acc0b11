"""What a letter says in whole sentences: subject, finding, devices, corrections, why it comes.

Refuses to compute; the digest says what is so.
"""

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from satisfaction import clock
from satisfaction.concerns import ReasonCount
from satisfaction.digests import Comparison, Correction, Device, Digest, Finding, Owed
from satisfaction.figures import is_few
from satisfaction.heartbeats import KioskTrouble
from satisfaction.releases import satisfied_of
from satisfaction.terms import LetterKind, PeriodKind
from satisfaction.web.formats import (
    MONTHS,
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
from satisfaction.web.trouble_words import say_trouble as say_system_trouble
from satisfaction.web.words import name_dates, name_period

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
    month = first.month if is_vietnamese() else MONTHS[first.month - 1]
    return str(_("tháng %(month)s/%(year)s", month=month, year=first.year))


def title_of(digest: Digest) -> str:
    """Return the subject: the finding in it, and trouble first, the system's before all."""
    said = _title_of_unit(digest)
    if not digest.troubles:
        return said
    return f"{say_system_trouble(digest.troubles[0])[0]}. {said}"


def _title_of_unit(digest: Digest) -> str:
    period = _period_name(digest.facts.kind, digest)
    if digest.finding is Finding.CLOSED:
        return str(_("%(period)s: không làm việc", period=period[:1].upper() + period[1:]))
    urgent = [one for one in digest.devices if one.trouble in IN_SUBJECT]
    trouble = f"{urgent[0].name} {say_trouble(urgent[0])}" if urgent else ""
    if digest.finding is Finding.DEVICES:
        return _title_of_devices(digest, period, trouble)
    said = _say_result(digest)
    if urgent:
        return str(
            _(
                "%(trouble)s; đánh giá %(period)s: %(said)s",
                trouble=trouble,
                period=period,
                said=said,
            )
        )
    return str(_("Đánh giá %(period)s: %(said)s", period=period, said=said))


def _title_of_devices(digest: Digest, period: str, trouble: str) -> str:
    count = as_number(len(digest.facts.devices))
    if not trouble:
        return str(_("Thiết bị %(period)s: %(n)s máy cần xem", period=period, n=count))
    return str(
        _(
            "%(trouble)s; thiết bị %(period)s: %(n)s máy cần xem",
            trouble=trouble,
            period=period,
            n=count,
        )
    )


def _say_result(digest: Digest) -> str:
    total = digest.facts.total
    if digest.finding is Finding.NOTHING:
        return str(_("chưa có lượt nào"))
    if digest.finding is Finding.HIDDEN:
        return str(_("chưa đủ lượt để công bố"))
    if digest.finding is Finding.RELEASED:
        return _say_release(digest)
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


def _say_release(digest: Digest) -> str:
    """Return what is released of a month, as a part of a sentence."""
    release = digest.facts.release
    assert release is not None
    answers, satisfied = sum(release.counts), satisfied_of(release.groups, release.counts)
    if satisfied is None:
        return str(_("%(n)s lượt đánh giá", n=as_number(answers)))
    if not is_few(answers):
        share = as_share(satisfied / answers, answers)
        return str(_("%(share)s hài lòng trong %(n)s lượt", share=share, n=as_number(answers)))
    counts = {"satisfied": as_number(satisfied), "answers": as_number(answers)}
    return str(_("%(satisfied)s trong %(answers)s lượt hài lòng", **counts))


def heading_of(digest: Digest) -> str:
    """Return the finding as one or two whole sentences."""
    total = digest.facts.total
    if digest.finding is Finding.CLOSED:
        return str(_("Không làm việc."))
    if digest.finding is Finding.NOTHING:
        return str(_("Chưa có lượt đánh giá nào."))
    if digest.finding is Finding.DEVICES:
        return str(_("%(n)s máy cần xem.", n=as_number(len(digest.facts.devices))))
    if digest.finding is Finding.HIDDEN:
        return str(_("Chưa đủ lượt đánh giá để công bố."))
    if digest.finding is Finding.RELEASED:
        said = _say_release(digest)
        return f"{said[:1].upper()}{said[1:]}."
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


def notes_of(digest: Digest) -> list[str]:
    """Return what is said under the finding: the comparison, and what is not as usual."""
    facts = digest.facts
    said = [_say_comparison(digest), _say_owed(digest.owed)]
    if digest.finding is Finding.DEVICES:
        said.append(
            str(
                _(
                    "Số lượt đánh giá của từng ngày dành cho người có tài khoản được xem; thư hằng "
                    "tháng nêu số liệu đã công bố."
                )
            )
        )
    if digest.lacks_file:
        said.append(
            str(
                _(
                    "Báo cáo PDF không kèm được vì máy chủ chưa tạo được tệp PDF; báo cáo này có "
                    "trong trang Báo cáo."
                )
            )
        )
    if digest.is_late:
        due = as_moment(facts.planned_at)
        said.append(str(_("Thư này được gửi muộn vì lúc %(due)s máy chủ không chạy.", due=due)))
    return [one for one in said if one]


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


def _say_owed(owed: Owed) -> str:
    """Return how many answers to citizens are owed past their day, so that somebody gives them."""
    if not owed.amount:
        return ""
    return str(
        _(
            "%(n)s việc đã quá hạn trả lời, cũ nhất từ %(day)s.",
            n=as_number(owed.amount),
            day=as_day(owed.oldest_day),
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


def say_reasons(reasons: tuple[ReasonCount, ...]) -> str:
    """Return the reasons that were named, each with how often."""
    named = [
        f"{one.label_vi if is_vietnamese() else one.label_en} ({as_number(one.count)})"
        for one in reasons
    ]
    return ", ".join(named)


def say_devices(digest: Digest) -> list[str]:
    """Return the lines of the devices, and how many are not named and how many are well."""
    said = [say_device(one) for one in digest.devices]
    if digest.hidden_devices:
        said.append(str(_("Và %(n)s máy khác cần xem.", n=as_number(digest.hidden_devices))))
    return said


def say_troubles(digest: Digest) -> list[tuple[str, str]]:
    """Return what is wrong with the system, each with what is to be done about it."""
    return [say_system_trouble(one) for one in digest.troubles]


def about_rows(digest: Digest) -> str:
    """Return what is said under the table: what it leaves out, and why it is as it is."""
    said = []
    has_account = digest.reader.has_account
    if digest.hidden_lines:
        count = as_number(digest.hidden_lines)
        said.append(
            _("Và %(n)s dòng khác trong trang Số liệu.", n=count)
            if has_account
            else _("Và %(n)s dòng khác.", n=count)
        )
    release = digest.facts.release
    if release is None:
        said.append(_("Mỗi bàn có ít lượt, nên thư ghi số lượt, không ghi tỷ lệ."))
    else:
        most = as_number(release.limit - 1)
        said.append(
            _("Số từ 1 đến %(most)s được ẩn; dòng nào ít lượt thì gộp vào “Còn lại”.", most=most)
        )
    return " ".join(map(str, said))


def preheader_of(digest: Digest) -> str:
    """Return what mail programs show beside the subject."""
    if digest.finding is Finding.DEVICES:
        counts = (len(digest.facts.devices), digest.facts.device_count)
        n, of = map(as_number, counts)
        return str(_("%(n)s máy cần xem trong %(of)s máy.", n=n, of=of))
    if digest.finding is Finding.HIDDEN:
        return str(_("Quá ít lượt đánh giá, nên thư này không nêu số nào."))
    release, total = digest.facts.release, digest.facts.total
    answers = total.answers if release is None else release.answers
    finished = total.finished_visits if release is None else release.finished
    return str(
        _(
            "%(answers)s lượt đánh giá, %(finished)s lượt phục vụ.",
            answers=as_number(answers),
            finished=as_number(finished),
        )
    )


def say_why(digest: Digest) -> str:
    """Return why the reader gets this letter."""
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
