"""Scales get versions, ratings keep theirs; reasons are added and written better."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import clock, scales
from satisfaction.editing import Editor
from satisfaction.errors import OfficeChangeRefusedError
from satisfaction.faults import OfficeFault
from satisfaction.models import AuditEntry, Level, Rating, Scale
from satisfaction.scales import NewLevel, NewVersion, ReasonWords
from satisfaction.terms import Leaning
from tests.conftest import Office
from tests.making import rated_visit

BAD, MID, GOOD = Leaning.DISSATISFIED, Leaning.NEUTRAL, Leaning.SATISFIED
EDITOR = Editor(frozenset())


def _new(*levels: tuple[str, Leaning, int], code: str = "four") -> NewVersion:
    return NewVersion(
        code=code,
        name="Thang mới",
        levels=[NewLevel(w, f"{w} en", lean, f) for w, lean, f in levels],
    )


def test_another_version_stands_beside_the_one_that_was_rated_on(
    ward: Office, session: Session
) -> None:
    rated_visit(ward, 5, at=clock.now())
    version = scales.add_version(
        session, EDITOR, _new(("Chưa tốt", BAD, 1), ("Được", MID, 3), ("Tốt", GOOD, 5), code="five")
    )
    assert (version.code, version.version) == ("five", 2)
    assert [level.position for level in version.levels] == [1, 2, 3]
    rated = session.scalars(select(Scale).join(Level).join(Rating)).one()
    assert (rated.version, len(rated.levels)) == (1, 5)
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert entry.detail["after"]["levels"] == ["Chưa tốt", "Được", "Tốt"]
    assert len(entry.detail["before"]["levels"]) == 5


@pytest.mark.parametrize(
    ("new", "fault"),
    [
        (_new(("Tốt", GOOD, 5)), OfficeFault.LEVELS_FEW_OR_MANY),
        (_new(*[(f"m{n}", GOOD, 5) for n in range(6)]), OfficeFault.LEVELS_FEW_OR_MANY),
        (_new(("Tốt", GOOD, 4), ("Kém", BAD, 5)), OfficeFault.LEVELS_OUT_OF_ORDER),
        (_new(("Kém", BAD, 5), ("Tốt", GOOD, 4)), OfficeFault.LEVELS_OUT_OF_ORDER),
        (_new(("Tốt", GOOD, 4), ("Rất tốt", GOOD, 5)), OfficeFault.LEVELS_ONE_SIDED),
        (_new(("Như nhau", BAD, 1), ("Như nhau", GOOD, 5)), OfficeFault.NAME_TAKEN),
        (_new(("Kém", BAD, 0), ("Tốt", GOOD, 5)), OfficeFault.OUT_OF_BOUNDS),
        (_new(("", BAD, 1), ("Tốt", GOOD, 5)), OfficeFault.NO_WORDS),
        (_new(("x" * 61, BAD, 1), ("Tốt", GOOD, 5)), OfficeFault.WORDS_TOO_LONG),
        (_new(("Kém", BAD, 1), ("Tốt", GOOD, 5), code="<x>"), OfficeFault.ODD_CODE),
    ],
)
def test_a_scale_that_cannot_be_asked_is_refused(
    ward: Office, session: Session, new: NewVersion, fault: OfficeFault
) -> None:
    with pytest.raises(OfficeChangeRefusedError) as raised:
        scales.add_version(session, EDITOR, new)
    assert raised.value.fields["fault"] is fault


def test_the_same_levels_make_no_version(ward: Office, session: Session) -> None:
    new = _new(("Kém", BAD, 1), ("Tốt", GOOD, 5))
    scales.add_version(session, EDITOR, new)
    with pytest.raises(OfficeChangeRefusedError) as raised:
        scales.add_version(session, EDITOR, new)
    assert raised.value.fields["fault"] is OfficeFault.NOTHING_CHANGED


def test_a_reason_is_added_once_and_written_better(ward: Office, session: Session) -> None:
    words = ReasonWords(label_vi="Thiếu chỗ đỗ xe", label_en="No parking")
    reason = scales.add_reason(session, EDITOR, code="parking", words=words)
    with pytest.raises(OfficeChangeRefusedError) as raised:
        scales.add_reason(session, EDITOR, code="parking", words=words)
    assert raised.value.fields["fault"] is OfficeFault.CODE_TAKEN
    better = ReasonWords(label_vi="Thiếu chỗ để xe", label_en="No parking")
    scales.correct_reason(session, EDITOR, reason_id=reason.id, words=better)
    detail = session.scalars(select(AuditEntry.detail).order_by(AuditEntry.id.desc())).first()
    assert detail is not None
    assert (detail["before"]["label_vi"], detail["after"]["label_vi"]) == (
        "Thiếu chỗ đỗ xe",
        "Thiếu chỗ để xe",
    )
