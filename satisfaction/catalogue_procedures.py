"""What a line of a catalogue means for procedures. Refuses to end one before its last use."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from satisfaction import clock
from satisfaction.catalogue_rows import CatalogueRow
from satisfaction.editing import Editor, keep_change
from satisfaction.errors import OfficeChangeRefusedError
from satisfaction.faults import OfficeFault, RowFault
from satisfaction.models import Procedure
from satisfaction.office import add_procedure, ensure_sector
from satisfaction.procedures import (
    LONGEST_SHORT_NAME,
    ProcedureWords,
    end_on,
    refuse_used_after,
    replace_from,
    rewrite,
    words_of,
)
from satisfaction.terms import Planned

_FAULTS = {
    OfficeFault.HAS_RATINGS: RowFault.STILL_USED,
    OfficeFault.BEFORE_BEGIN: RowFault.UNTIL_BEFORE_FROM,
    OfficeFault.AFTER_END: RowFault.UNTIL_BEFORE_FROM,
    OfficeFault.DAYS_OVERLAP: RowFault.UNTIL_BEFORE_FROM,
    OfficeFault.UNLIKELY_DAY: RowFault.UNLIKELY_DAY,
}


def _facts_of(procedure: Procedure) -> dict[str, Any]:
    """Return what the log says of a procedure."""
    return vars(words_of(procedure)) | {
        "from_day": procedure.valid_from_day,
        "until_day": procedure.valid_until_day,
    }


class ProcedurePlanner:
    """Compares lines with the procedures that are known, the newest version of each code."""

    def __init__(self, session: Session, editor: Editor) -> None:
        self._session = session
        self._editor = editor
        self._known: dict[str, list[Procedure]] = {}
        for one in session.scalars(
            select(Procedure)
            .options(joinedload(Procedure.sector))
            .order_by(Procedure.valid_from_day)
        ):
            self._known.setdefault(one.national_code, []).append(one)

    def plan(self, row: CatalogueRow) -> Planned | RowFault:
        """Say what a row would do, or why it cannot be kept."""
        versions = self._known.get(row.code, ())
        if not versions:
            return self._plan_new(row)
        newest = versions[-1]
        is_same = self._words(row, newest) == words_of(newest)
        is_ending = row.until_day is not None and row.until_day != newest.valid_until_day
        if is_same and not is_ending and not self._begins_earlier(row, versions):
            return Planned.UNCHANGED
        return self._check(row, newest, is_same=is_same, is_ending=is_ending)

    def _plan_new(self, row: CatalogueRow) -> Planned | RowFault:
        if row.name is None:
            return RowFault.NAME_MISSING
        return Planned.NEW if row.sector else RowFault.SECTOR_MISSING

    def _check(
        self, row: CatalogueRow, newest: Procedure, *, is_same: bool, is_ending: bool
    ) -> Planned | RowFault:
        """Look whether what a row wants can be done, without doing any of it."""
        try:
            if not is_same and self._is_later(row, newest) and row.from_day:
                until_day = newest.valid_until_day
                if until_day is not None and row.from_day >= until_day:
                    return RowFault.UNTIL_BEFORE_FROM
                refuse_used_after(self._session, newest, row.from_day)
            elif is_ending and row.until_day is not None:
                if row.until_day <= newest.valid_from_day:
                    return RowFault.UNTIL_BEFORE_FROM
                refuse_used_after(self._session, newest, row.until_day)
        except OfficeChangeRefusedError as refused:
            return _FAULTS[refused.fields["fault"]]
        return Planned.CHANGED

    def apply(self, row: CatalogueRow) -> None:
        """Add, rewrite, renew or end a procedure as it was planned; each change stands in the log.

        Writes: procedure, sector, audit_entry.
        """
        versions = self._known.get(row.code)
        if versions is None:
            self._add(row)
            return
        before = _facts_of(versions[-1])
        newest = self._change(row, versions)
        self._session.flush()
        keep_change(
            self._session,
            self._editor,
            what="procedure_changed",
            before=before,
            after=_facts_of(newest),
            procedure=row.code,
            procedure_id=newest.id,
        )

    def _change(self, row: CatalogueRow, versions: list[Procedure]) -> Procedure:
        """Do to a known code what its row says; return its newest version."""
        newest = versions[-1]
        words = self._words(row, newest)
        if words != words_of(newest):
            if self._is_later(row, newest) and row.from_day is not None:
                newest = replace_from(self._session, newest, words=words, from_day=row.from_day)
            else:
                rewrite(self._session, newest, words)
        if self._begins_earlier(row, versions) and row.from_day is not None:
            versions[0].valid_from_day = row.from_day
        if row.until_day is not None and row.until_day != newest.valid_until_day:
            end_on(self._session, newest, row.until_day)
        return newest

    def _add(self, row: CatalogueRow) -> None:
        assert row.name is not None
        assert row.sector is not None
        added = add_procedure(
            self._session,
            row.code,
            name=row.name,
            short_name=row.short_name or row.name[:LONGEST_SHORT_NAME],
            sector=ensure_sector(self._session, row.sector),
            valid_from_day=row.from_day or clock.today(),
            valid_until_day=row.until_day,
        )
        self._known[row.code] = [added]

    @staticmethod
    def _words(row: CatalogueRow, newest: Procedure) -> ProcedureWords:
        """Return what a procedure would be called: empty cells say nothing."""
        return ProcedureWords(
            name=row.name or newest.name,
            short_name=row.short_name or newest.short_name,
            sector=row.sector or newest.sector.name,
        )

    @staticmethod
    def _is_later(row: CatalogueRow, newest: Procedure) -> bool:
        return row.from_day is not None and row.from_day > newest.valid_from_day

    @staticmethod
    def _begins_earlier(row: CatalogueRow, versions: Sequence[Procedure]) -> bool:
        """Say whether a row knows that the only version of a code is older than was known."""
        first = versions[0].valid_from_day
        return len(versions) == 1 and row.from_day is not None and row.from_day < first
