"""What a line of a catalogue means for a unit's desks. Refuses to move one or change its kind."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import clock, furnishing
from satisfaction.catalogue_rows import CatalogueRow
from satisfaction.editing import Editor, get_own_unit
from satisfaction.errors import OfficeChangeRefusedError
from satisfaction.faults import OfficeFault, RowFault
from satisfaction.furnishing import NewDesk
from satisfaction.models import Desk
from satisfaction.terms import DeskKind, Planned

_FAULTS = {
    OfficeFault.HAS_RATINGS: RowFault.STILL_USED,
    OfficeFault.UNLIKELY_DAY: RowFault.UNLIKELY_DAY,
    OfficeFault.CODE_TAKEN: RowFault.DUPLICATE_CODE,
}


class DeskPlanner:
    """Compares lines with the desks of one unit, the newest of each code."""

    def __init__(self, session: Session, editor: Editor, unit_id: int) -> None:
        self._session = session
        self._editor = editor
        self._unit = get_own_unit(session, editor, unit_id)
        self._known = {
            desk.code: desk
            for desk in session.scalars(
                select(Desk).where(Desk.unit_id == unit_id).order_by(Desk.from_day)
            )
        }

    def plan(self, row: CatalogueRow) -> Planned | RowFault:
        """Say what a row would do, or why it cannot be kept."""
        desk = self._known.get(row.code)
        if desk is None or self._is_over(desk, row):
            return self._plan_new(row, desk)
        if row.kind is not None and row.kind is not desk.kind:
            return RowFault.UNKNOWN_KIND
        is_ending = row.until_day is not None and row.until_day != desk.until_day
        if not is_ending:
            return Planned.UNCHANGED if self._is_same(row, desk) else Planned.CHANGED
        assert row.until_day is not None
        if row.until_day <= desk.from_day:
            return RowFault.UNTIL_BEFORE_FROM
        try:
            furnishing.refuse_used_after(self._session, [desk], row.until_day)
        except OfficeChangeRefusedError as refused:
            return _FAULTS[refused.fields["fault"]]
        return Planned.CHANGED

    @staticmethod
    def _is_over(desk: Desk, row: CatalogueRow) -> bool:
        """Say whether a row means another desk, which begins when an earlier one has ended."""
        from_day = row.from_day or clock.today()
        return desk.until_day is not None and from_day >= desk.until_day != row.until_day

    def _plan_new(self, row: CatalogueRow, earlier: Desk | None) -> Planned | RowFault:
        from_day = row.from_day or clock.today()
        if row.name is None:
            return RowFault.NAME_MISSING
        if from_day < self._unit.names[0].from_day:
            return RowFault.BEFORE_UNIT
        if row.until_day is not None and row.until_day <= from_day:
            return RowFault.UNTIL_BEFORE_FROM
        last = self._unit.names[-1].until_day
        return RowFault.BEFORE_UNIT if last is not None and from_day >= last else Planned.NEW

    def apply(self, row: CatalogueRow) -> None:
        """Add a desk, write its name better, or end it, as it was planned."""
        desk = self._known.get(row.code)
        if desk is None or self._is_over(desk, row):
            new = NewDesk(
                code=row.code,
                name=row.name or "",
                detail=row.detail or "",
                kind=row.kind or DeskKind.COUNTER,
                from_day=row.from_day or clock.today(),
                until_day=row.until_day,
            )
            self._known[row.code] = furnishing.add_desk(
                self._session, self._editor, unit_id=self._unit.id, new=new
            )
            return
        if not self._is_same(row, desk):
            furnishing.correct_desk(
                self._session,
                self._editor,
                desk_id=desk.id,
                name=row.name or desk.name,
                detail=desk.detail if row.detail is None else row.detail,
            )
        if row.until_day is not None and row.until_day != desk.until_day:
            furnishing.retire_desk(
                self._session, self._editor, desk_id=desk.id, until_day=row.until_day
            )

    @staticmethod
    def _is_same(row: CatalogueRow, desk: Desk) -> bool:
        return (row.name or desk.name, row.detail or desk.detail) == (desk.name, desk.detail)
