"""The overview's findings in the reader's language. Refuses to find anything itself.

Every sentence is one of a fixed few, chosen by the values of ``findings``.
"""

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from markupsafe import Markup, escape

from satisfaction.comparison import Comparable, Earlier, Obstacle
from satisfaction.dashboard import Chart, Dashboard, Hours, Line, Todo
from satisfaction.errors import NoteRefusedError
from satisfaction.faults import NoteFault
from satisfaction.figures import CountRow, ReasonCount
from satisfaction.findings import FEWEST_OF_CELL, Amount, Change, find_amount
from satisfaction.periods import kind_of, parse_period
from satisfaction.terms import Dimension, Leaning, PeriodKind
from satisfaction.web.comparison_words import say_obstacle
from satisfaction.web.fleet_words import say_alert
from satisfaction.web.formats import (
    WEEKDAYS,
    as_day,
    as_number,
    as_share,
    as_short_day,
    as_weekday,
    is_vietnamese,
)
from satisfaction.web.trouble_words import say_trouble
from satisfaction.web.words import as_level, line_label, name_dates, name_period

MOST_NAMED = 3
COURSES: Mapping[Dimension, str] = {
    Dimension.DAY: lazy_gettext("Tỷ lệ hài lòng từng ngày."),
    Dimension.WEEK: lazy_gettext("Tỷ lệ hài lòng từng tuần, ghi ngày đầu tuần."),
    Dimension.MONTH: lazy_gettext("Tỷ lệ hài lòng từng tháng."),
}
DOTS: Mapping[Dimension, str] = {
    Dimension.DAY: lazy_gettext("ngày thường"),
    Dimension.WEEK: lazy_gettext("một tuần"),
    Dimension.MONTH: lazy_gettext("một tháng"),
}
HOLLOW_DOTS: Mapping[Dimension, str] = {
    Dimension.DAY: lazy_gettext("cuối tuần hoặc dưới 30 lượt, dải rộng hơn"),
    Dimension.WEEK: lazy_gettext("tuần dưới 30 lượt, dải rộng hơn"),
    Dimension.MONTH: lazy_gettext("tháng dưới 30 lượt, dải rộng hơn"),
}
NO_COURSE: Mapping[Dimension, str] = {
    Dimension.DAY: lazy_gettext("Cần ít nhất hai ngày có từ 15 lượt để vẽ."),
    Dimension.WEEK: lazy_gettext("Cần ít nhất hai tuần có từ 15 lượt để vẽ."),
    Dimension.MONTH: lazy_gettext("Cần ít nhất hai tháng có từ 15 lượt để vẽ."),
}
NO_DAYS: Mapping[Dimension, str] = {
    Dimension.DAY: lazy_gettext("Chưa đủ lượt để so các ngày"),
    Dimension.WEEK: lazy_gettext("Chưa đủ lượt để so các tuần"),
    Dimension.MONTH: lazy_gettext("Chưa đủ lượt để so các tháng"),
}
NOTE_FAULTS: Mapping[NoteFault, str] = {
    NoteFault.TOO_LONG: lazy_gettext("Ghi chú dài nhất 200 ký tự."),
    NoteFault.NOT_ODD: lazy_gettext("Chỉ ghi chú được cho ngày nằm ngoài giới hạn."),
    NoteFault.NOTHING: lazy_gettext("Ngày này chưa có ghi chú nào để bỏ."),
}


def _bold(words: object) -> Markup:
    return Markup("<b>%s</b>") % words


def _say(text: str, **words: object) -> Markup:
    """Return a sentence with its words put in, each escaped unless it is bold already."""
    return escape(text) % words


def _join(words: Sequence[str]) -> Markup:
    """Return words as a list of a sentence: a, b và c."""
    if not words:
        return Markup("")
    if len(words) == 1:
        return escape(words[0])
    return _say(
        _("%(first)s và %(last)s"),
        first=Markup(", ").join(words[:-1]),
        last=words[-1],
    )


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if is_vietnamese() else text


def say_summary(dashboard: Dashboard) -> Markup:
    """Return the sentence that says what happened."""
    total = dashboard.total
    opening = _say_opening(dashboard.kind, dashboard.comparable)
    amount = find_amount(total.answers)
    if amount is Amount.NOTHING:
        return _say(_say_nothing(dashboard), opening=opening)
    if amount is Amount.FEW:
        return _say(
            _(
                "%(opening)s có %(satisfied)s lượt hài lòng trong %(answers)s lượt đánh giá. "
                "Dưới 30 lượt, chưa tính tỷ lệ."
            ),
            opening=opening,
            satisfied=as_number(total.satisfied),
            answers=as_number(total.answers),
        )
    sentences = [
        _say(
            _("%(opening)s, %(share)s trong %(answers)s lượt đánh giá là %(levels)s%(change)s."),
            opening=opening,
            share=_bold(as_share(total.satisfied_share, total.answers)),
            answers=as_number(total.answers),
            levels=_say_satisfied_levels(total),
            change=_say_change(dashboard),
        ),
        _say_places(dashboard.places),
        _say_days(dashboard.days),
    ]
    return Markup(" ").join(sentence for sentence in sentences if sentence)


def _say_nothing(dashboard: Dashboard) -> str:
    """Return what is said of a period without answers: of one that is over, another than of now."""
    if dashboard.comparable.obstacle is Obstacle.NOT_BEGUN:
        return str(_("%(opening)s: kỳ này chưa bắt đầu."))
    if dashboard.is_now:
        return str(_("%(opening)s chưa có lượt đánh giá nào."))
    return str(_("%(opening)s không có lượt đánh giá nào."))


def _say_opening(kind: PeriodKind, comparable: Comparable) -> Markup:
    period = comparable.shown
    if period.length_days == 1:
        opening = escape(as_weekday(period.first_day))
    elif kind is PeriodKind.DATES:
        first, last = as_short_day(period.first_day), as_day(period.last_day)
        opening = _say(_("Từ %(first)s đến %(last)s"), first=first, last=last)
    else:
        opening = _say(_("Trong %(period)s"), period=_lower(name_period(kind, period)))
    if not comparable.is_running:
        return opening
    return _say(
        _("%(opening)s (mới đến %(day)s)"), opening=opening, day=as_short_day(period.last_day)
    )


def _say_satisfied_levels(total: CountRow) -> Markup:
    """Return what the levels are called that count as satisfied, each once."""
    names: list[str] = []
    for level in total.levels:
        name = as_level(level).lower()
        if level.leaning is Leaning.SATISFIED and name not in names:
            names.append(name)
    return escape(_(" hoặc ")).join(_bold(name) for name in names)


def _say_change(dashboard: Dashboard) -> Markup:
    earlier = dashboard.earlier
    if earlier is None or earlier.share is None:
        return Markup("")
    share = as_share(earlier.share.earlier.share, earlier.share.earlier.whole)
    texts = {
        Change.SAME: _(", gần như %(period)s (%(share)s)"),
        Change.HIGHER: _(", cao hơn %(period)s (%(share)s)"),
        Change.LOWER: _(", thấp hơn %(period)s (%(share)s)"),
    }
    period = name_earlier(dashboard)
    return _say(texts[earlier.share.change], period=period, share=share)


def name_earlier(dashboard: Dashboard) -> str:
    """Return what the earlier period is called within a sentence."""
    comparable = dashboard.comparable
    assert comparable.earlier is not None
    if comparable.is_running or dashboard.kind in {PeriodKind.DATES, PeriodKind.DAY}:
        return name_dates(comparable.earlier)
    return _lower(name_period(dashboard.kind, comparable.earlier))


def name_line(line: Line, by: Dimension) -> str:
    """Return what a line is called."""
    return line_label(line.row, by)


def _say_places(chart: Chart[str]) -> Markup:
    outliers = chart.outliers
    if outliers.is_quiet:
        return escape(
            _("Các đơn vị đều trong mức dao động bình thường.")
            if chart.by is Dimension.UNIT
            else _("Các bàn đều trong mức dao động bình thường.")
        )
    if not outliers.below:
        return Markup("")
    return _say("%(finding)s.", finding=_bold(_say_below(chart)))


def _say_below(chart: Chart[str]) -> Markup:
    below = chart.outliers.below
    if len(below) > MOST_NAMED:
        texts = {
            Dimension.UNIT: _("%(amount)s đơn vị thấp hơn mức chung"),
            Dimension.PROCEDURE: _("%(amount)s thủ tục thấp hơn mức chung"),
        }
        text = texts.get(chart.by, _("%(amount)s bàn thấp hơn mức chung"))
        return _say(text, amount=as_number(len(below)))
    names = [name_line(chart.find(key), chart.by) for key in below]
    return _say(_("%(names)s thấp hơn mức chung"), names=_join(names))


def title_places(chart: Chart[str]) -> Markup:
    """Return the finding about desks or units."""
    outliers, is_unit = chart.outliers, chart.by is Dimension.UNIT
    if outliers.below:
        rest = outliers.judged - len(outliers.below) - len(outliers.above)
        if rest < 1 or outliers.above:
            return _say_below(chart)
        return _say(
            _("%(finding)s; các đơn vị khác trong mức dao động bình thường")
            if is_unit
            else _("%(finding)s; các bàn khác trong mức dao động bình thường"),
            finding=_say_below(chart),
        )
    if outliers.above:
        names = [name_line(chart.find(key), chart.by) for key in outliers.above[:MOST_NAMED]]
        return _say(_("%(names)s cao hơn mức chung, không nơi nào thấp hơn"), names=_join(names))
    if outliers.is_quiet:
        return escape(
            _("Các đơn vị đều trong mức dao động bình thường")
            if is_unit
            else _("Các bàn đều trong mức dao động bình thường")
        )
    return escape(
        _("Chưa đủ lượt để so các đơn vị") if is_unit else _("Chưa đủ lượt để so các bàn")
    )


def _name_key(key: str) -> str:
    """Return what a day, week or month is called in a finding."""
    kind, period = parse_period(key)
    if kind is PeriodKind.DAY:
        return f"{WEEKDAYS[period.first_day.weekday()]} {as_short_day(period.first_day)}"
    return _lower(name_period(kind, period))


def _say_days(chart: Chart[str]) -> Markup:
    outliers = chart.outliers
    odd = sorted((*outliers.below, *outliers.above))
    if not odd or chart.by is not Dimension.DAY:
        return Markup("")
    if len(odd) == 1:
        return _say(_("%(day)s là ngày bất thường duy nhất."), day=_name_key(odd[0]))
    if len(odd) > MOST_NAMED:
        return _say(_("Có %(amount)s ngày bất thường."), amount=as_number(len(odd)))
    days = _join([_name_key(key) for key in odd])
    return _say(_("%(days)s là những ngày bất thường."), days=days)


def title_days(chart: Chart[str]) -> Markup:
    """Return the finding about days, weeks or months."""
    below, above = chart.outliers.below, chart.outliers.above
    odd = len(below) + len(above)
    if not odd:
        if chart.outliers.judged < 2:
            return escape(NO_DAYS[chart.by])
        return escape(_("Không có lúc nào bất thường, chỉ dao động ngẫu nhiên"))
    if odd > MOST_NAMED:
        texts = {
            Dimension.DAY: _("%(below)s ngày thấp, %(above)s ngày cao bất thường"),
            Dimension.WEEK: _("%(below)s tuần thấp, %(above)s tuần cao bất thường"),
            Dimension.MONTH: _("%(below)s tháng thấp, %(above)s tháng cao bất thường"),
        }
        return _say(texts[chart.by], below=as_number(len(below)), above=as_number(len(above)))
    parts = []
    if below:
        names = _join([_capital(_name_key(key)) for key in sorted(below)])
        parts.append(_say(_("%(names)s thấp bất thường"), names=names))
    if above:
        names = _join([_capital(_name_key(key)) for key in sorted(above)])
        parts.append(_say(_("%(names)s cao bất thường"), names=names))
    return Markup("; ").join(parts)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def name_days(chart: Chart[str]) -> dict[str, str]:
    """Return what each day, week or month is called beside its point."""
    return {line.row.key: _name_key(line.row.key) for line in chart.lines}


def date_days(chart: Chart[str]) -> dict[str, str]:
    """Return the date under each point: a day, a week's first day, or a month."""
    periods = {line.row.key: parse_period(line.row.key) for line in chart.lines}
    return {
        key: f"{one.first_day:%m/%Y}" if kind is PeriodKind.MONTH else as_short_day(one.first_day)
        for key, (kind, one) in periods.items()
    }


def list_day_notes(dashboard: Dashboard) -> dict[str, str]:
    """Return what is said of each day of the chart, by the day's key."""
    return {day.isoformat(): note.words for day, note in dashboard.notes.items()}


def name_reason(row: ReasonCount) -> str:
    """Return what a reason is called."""
    return row.label_vi if is_vietnamese() else row.label_en


def title_reasons(dashboard: Dashboard) -> Markup:
    """Return the finding about reasons."""
    rows = {row.code: row for row in dashboard.reasons.counts.rows}
    most = [rows[code] for code in dashboard.reasons.most]
    if not rows:
        return escape(_("Chưa ai chọn lý do"))
    if not most:
        is_few = dashboard.reasons.counts.reasoned < FEWEST_OF_CELL
        return escape(_("Lý do được chọn") if is_few else _("Không lý do nào nổi bật"))
    names = [name_reason(row) for row in most]
    if len(names) == 1:
        return _say(_("%(name)s là lý do nhiều nhất"), name=names[0])
    return _say(_("%(names)s là những lý do nhiều nhất"), names=_join(names))


def title_hours(dashboard: Dashboard) -> Markup:
    """Return the finding about the hours of the week."""
    hours = dashboard.hours
    if hours.period is None or hours.is_hidden:
        return escape(_("Theo giờ trong tuần"))
    worst = hours.worst
    if worst is None:
        return escape(_("Không giờ nào trong tuần khác hẳn mức chung"))
    share = (worst.answers - worst.satisfied) / worst.answers
    return _say(
        _("%(day)s lúc %(hour)s giờ: %(share)s chưa hài lòng, cao nhất tuần"),
        day=WEEKDAYS[worst.weekday],
        hour=worst.hour,
        share=as_share(share, 1),
    )


def say_hours(hours: Hours) -> str:
    """Return of which answers and months the hours are, or why there are none."""
    if hours.period is None:
        return str(_("Chỉ chia theo giờ cho cả đơn vị, mọi bàn, thủ tục và kênh."))
    period = name_period(kind_of(hours.period), hours.period)
    if hours.is_hidden:
        return str(_("%(period)s chưa đủ lượt để chia theo giờ.", period=period))
    return str(
        _(
            "Phần trăm chưa hài lòng trong %(answers)s lượt của %(period)s. Chỉ tính các tháng đã"
            " qua; ô gạch chéo: quá ít lượt nên không ghi số.",
            answers=as_number(hours.answers),
            period=period,
        )
    )


def title_procedures(chart: Chart[str]) -> Markup:
    """Return the finding about procedures."""
    outliers = chart.outliers
    known = {line.row.key for line in chart.lines}
    if outliers.below and known.issuperset(outliers.below):
        return _say_below(chart)
    if outliers.below:
        text = _("%(amount)s thủ tục thấp hơn mức chung")
        return _say(text, amount=as_number(len(outliers.below)))
    if outliers.judged > 1:
        return escape(_("Không thủ tục nào thấp hơn mức chung"))
    return escape(_("Chưa đủ lượt để so các thủ tục"))


def title_voices(dashboard: Dashboard, *, is_last_week: bool) -> str:
    """Return the finding about the latest low ratings; how many answers there were, if none."""
    if dashboard.voices:
        return str(_("Ý kiến chưa hài lòng mới nhất"))
    total = dashboard.total
    if total.neutral + total.dissatisfied:
        return str(_("Ý kiến chưa hài lòng của kỳ này chưa đến lúc hiện"))
    answers = as_number(total.answers)
    if is_last_week:
        text = _("Không có ý kiến chưa hài lòng trong 7 ngày qua (%(answers)s lượt)")
    else:
        text = _("Không có ý kiến chưa hài lòng trong kỳ này (%(answers)s lượt)")
    return str(text) % {"answers": answers}


def say_note_fault(refusal: NoteRefusedError) -> str:
    """Return why a note on a day is not kept."""
    return str(NOTE_FAULTS[refusal.fields["fault"]])


def say_comparison(dashboard: Dashboard) -> str:
    """Return with what the period is compared."""
    earlier = dashboard.comparable.earlier
    if dashboard.earlier is None or earlier is None:
        return say_obstacle(dashboard.comparable)
    days = name_dates(earlier)
    if dashboard.comparable.is_running:
        return str(
            _("Kỳ còn đang chạy, nên so với %(days)s: cũng từng ấy ngày, cùng thứ.", days=days)
        )
    return str(_("So với %(days)s.", days=days))


def say_earlier_share(dashboard: Dashboard, earlier: Earlier) -> str:
    """Return the earlier share with its number of answers."""
    share = as_share(earlier.total.satisfied_share, earlier.total.answers)
    return str(_("kỳ trước: %(share)s trong %(answers)s lượt")) % {
        "share": share,
        "answers": as_number(earlier.total.answers),
    }


def say_todo(todo: Todo, chart: Chart[str]) -> tuple[str, str]:
    """Return what is to be done, and what it stands on."""
    if todo.line is not None:
        row = todo.line.row
        heading = _("%(name)s thấp hơn mức bình thường", name=name_line(todo.line, chart.by))
        detail = _(
            "%(share)s trong %(answers)s lượt · mức chung %(centre)s",
            share=as_share(row.satisfied_share, row.answers),
            answers=as_number(row.answers),
            centre=as_share(chart.centre, sum(line.row.answers for line in chart.lines)),
        )
        return str(heading), str(detail)
    if todo.alert is not None:
        return f"{todo.alert.subject}: {_lower(say_alert(todo.alert))}", todo.alert.unit_name
    if todo.trouble is not None:
        return say_trouble(todo.trouble)
    if todo.unseen is not None:
        heading = _("%(amount)s ý kiến chưa xem", amount=as_number(todo.unseen))
    else:
        heading = _("%(amount)s ý kiến quá hạn trả lời", amount=as_number(todo.overdue))
    oldest = _("cũ nhất từ %(day)s", day=as_weekday(todo.oldest_day)) if todo.oldest_day else ""
    return str(heading), str(oldest)
