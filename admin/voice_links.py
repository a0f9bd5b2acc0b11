"""Where the voices behind a figure of the overview are listed. Refuses a list that is not theirs.

The list is asked the same question as the figure, so that it holds the answers that were counted.
"""

from datetime import timedelta
from urllib.parse import urlencode

from flask import url_for

from admin.questions import UNSORTED, Question
from admin.voice_questions import LONGEST_PERIOD_DAYS
from satisfaction import clock
from satisfaction.dashboard import Dashboard, Line
from satisfaction.figures import CountRow
from satisfaction.periods import parse_period
from satisfaction.terms import CaseState, Dimension, Leaning
from satisfaction.voices import UNSEEN_DAYS


class VoiceLinks:
    """The addresses of the voices behind one overview; an empty one where nothing may be shown.

    ``unit_ids`` are those whose voices the officer may see. A figure of units that are not all
    among them leads nowhere: its list would hold fewer than were counted.
    """

    def __init__(self, question: Question, dashboard: Dashboard, unit_ids: frozenset[int]) -> None:
        self._question, self._dashboard = question, dashboard
        self._index = url_for("admin.voices.index")
        query = dashboard.scope.query
        self._period = query.period
        self._unit_id, self._unit_ids = query.unit_id, unit_ids
        self._procedures = {one.detail: one.id for one in dashboard.scope.procedures}
        self._level = _low_faces(dashboard.total)
        self._may_show = (
            dashboard.unit_ids <= unit_ids
            and bool(self._level)
            and self._period.length_days <= LONGEST_PERIOD_DAYS
        )

    def of_all(self) -> str:
        """Return where the answers that were not satisfied are listed."""
        return self._address(self._dashboard.total)

    def of_place(self, line: Line) -> str:
        """Return where those of a desk or a unit are listed.

        The list of the unit that was asked for holds those of the units under it too, so its own
        line leads nowhere.
        """
        if line.unit_id == self._unit_id:
            return ""
        if line.unit_id is not None:
            return self._address(line.row, unit=str(line.unit_id))
        is_desk = self._dashboard.places.by is Dimension.DESK
        return self._address(line.row, desk=line.row.key) if is_desk else ""

    def of_days(self, line: Line) -> str:
        """Return where those of a day, week or month are listed, as far as they were asked for."""
        _, period = parse_period(line.row.key)
        first = max(period.first_day, self._period.first_day)
        last = min(period.end_day, self._period.end_day) - timedelta(days=1)
        dates = {"from": first.isoformat(), "to": last.isoformat()}
        return self._address(line.row, **dates)

    def of_procedure(self, line: Line) -> str:
        """Return where those of a procedure are listed."""
        procedure_id = self._procedures.get(line.row.key)
        return self._address(line.row, procedure=str(procedure_id)) if procedure_id else ""

    def of_reason(self, code: str) -> str:
        """Return where those with a reason are listed."""
        return self._address(self._dashboard.total, reason=code)

    def of_unseen(self) -> str:
        """Return where the unit's voices of the last month that nobody has seen are listed."""
        if self._unit_id not in self._unit_ids:
            return ""
        today = clock.today()
        first = today - timedelta(days=UNSEEN_DAYS - 1)
        dates = {"from": first.isoformat(), "to": today.isoformat()}
        words = {"unit": str(self._unit_id), "state": CaseState.NEW.value, **dates}
        return f"{self._index}?{urlencode(words)}"

    def _address(self, row: CountRow, reason: str = "", **changes: str) -> str:
        if not self._may_show or not row.neutral + row.dissatisfied:
            return ""
        words = self._question.changed(**{"unit": str(self._unit_id), **UNSORTED, **changes})
        words |= {"level": self._level} | ({"reason": reason} if reason else {})
        return f"{self._index}?{urlencode(words)}"


def _low_faces(row: CountRow) -> str:
    """Return the faces that did not count as satisfied, as the list is asked for them.

    Empty where one face counts as satisfied in one scale and not in another.
    """
    satisfied = {level.face for level in row.levels if level.leaning is Leaning.SATISFIED}
    low = {level.face for level in row.levels if level.leaning is not Leaning.SATISFIED}
    return "" if low & satisfied else ",".join(str(face) for face in sorted(low))
