"""Marks are read by what they are, drawn anew, kept once, and shown by the devices of the unit."""

import io
import struct
import zlib
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from satisfaction import clock, emblems, presentation
from satisfaction.editing import Editor
from satisfaction.errors import NotFoundError, OfficeChangeRefusedError, UnitNotFoundError
from satisfaction.faults import OfficeFault
from satisfaction.models import AuditEntry, Configuration, Emblem
from satisfaction.office import find_configuration
from satisfaction.presentation import Wanted
from satisfaction.terms import FollowUp
from tests.conftest import Office, make_office

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def picture(kind: str = "PNG", size: tuple[int, int] = (300, 200), colour: str = "red") -> bytes:
    """Return a picture as somebody would send it, with words of its maker."""
    drawn = io.BytesIO()
    Image.new("RGB", size, colour).save(
        drawn, kind, **({"comment": b"x"} if kind == "JPEG" else {})
    )
    return drawn.getvalue()


def _bomb() -> bytes:
    """Return a small PNG that says it is enormous."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"x") + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_drawn_anew_and_small(kind: str) -> None:
    drawing = emblems.read_drawing(picture(kind))
    assert (drawing.width, drawing.height) == (256, 171)
    with Image.open(io.BytesIO(drawing.content)) as opened:
        assert (opened.format, opened.size, opened.info) == ("PNG", (256, 171), {})
    assert drawing.digest == emblems.read_drawing(picture(kind)).digest


@pytest.mark.parametrize(
    ("sent", "fault"),
    [
        (SVG, OfficeFault.MARK_OTHER_FORMAT),
        (b"GIF89a" + b"x" * 99, OfficeFault.MARK_OTHER_FORMAT),
        (b"", OfficeFault.MARK_OTHER_FORMAT),
        (b"\x89PNG\r\n\x1a\n" + SVG, OfficeFault.MARK_BROKEN),
        (picture()[:150], OfficeFault.MARK_BROKEN),
        (picture("JPEG")[:400], OfficeFault.MARK_BROKEN),
        (picture() + b"x" * 512 * 1024, OfficeFault.MARK_TOO_LARGE),
        (picture(size=(16, 16)), OfficeFault.MARK_ODD_SIZE),
        (picture(size=(500, 40)), OfficeFault.MARK_ODD_SIZE),
        (_bomb(), OfficeFault.MARK_ODD_SIZE),
    ],
)
def test_what_is_no_mark_is_refused(sent: bytes, fault: OfficeFault) -> None:
    with pytest.raises(OfficeChangeRefusedError) as raised:
        emblems.read_drawing(sent)
    assert raised.value.fields["fault"] is fault


def _wanted(ward: Office, **words: object) -> Wanted:
    return Wanted(
        scale_id=ward.configuration.scale_id,
        follow_up=FollowUp.LOW,
        reason_codes=["wait", "fee"],
        allows_unlinked=False,
        idle_seconds=90,
        invitation_hours=24,
        office_title=str(words.get("title", "Trung tâm mới")),
        we_changed_vi="Thêm ghế ngồi",
        we_changed_en="More seats",
        drops_mark=bool(words.get("drops")),
        drawing=emblems.read_drawing(picture()) if words.get("marked") else None,
        from_day=clock.today() + timedelta(days=int(str(words.get("days", 0)))),
    )


def test_a_change_is_a_version_that_keeps_before_and_after(ward: Office, session: Session) -> None:
    editor = Editor({ward.unit.id})
    wanted = _wanted(ward, marked=True)
    version = presentation.present(session, editor, unit_id=ward.unit.id, wanted=wanted)
    assert version.id != ward.configuration.id
    assert (version.office_title, version.reason_codes) == ("Trung tâm mới", ["wait", "fee"])
    assert version.emblem_digest is not None
    assert emblems.get_drawing(session, version.emblem_digest).startswith(b"\x89PNG")
    detail = session.scalars(select(AuditEntry.detail).order_by(AuditEntry.id.desc())).first()
    assert detail is not None
    assert detail["before"]["office_title"] == "Trung tâm Phục vụ hành chính công"
    assert detail["after"]["office_title"] == "Trung tâm mới"
    with pytest.raises(OfficeChangeRefusedError) as raised:
        presentation.present(session, editor, unit_id=ward.unit.id, wanted=wanted)
    assert raised.value.fields["fault"] is OfficeFault.NOTHING_CHANGED
    dropped = presentation.present(
        session, editor, unit_id=ward.unit.id, wanted=_wanted(ward, drops=True)
    )
    assert dropped.emblem_digest is None
    assert session.scalar(select(func.count()).select_from(Emblem)) == 1


def test_a_version_of_a_later_day_waits_for_it(ward: Office, session: Session) -> None:
    editor = Editor({ward.unit.id})
    later = _wanted(ward, title="Sau này", days=3)
    presentation.present(session, editor, unit_id=ward.unit.id, wanted=later)
    now = find_configuration(session, ward.unit.id, clock.now())
    then = find_configuration(session, ward.unit.id, clock.now() + timedelta(days=3))
    assert now is not None
    assert then is not None
    assert (now.office_title, then.office_title) == (
        "Trung tâm Phục vụ hành chính công",
        "Sau này",
    )
    sheet = presentation.read_presentation(session, {ward.unit.id}, ward.unit.id)
    assert [version.is_coming for version in sheet.versions] == [True, False]
    with pytest.raises(OfficeChangeRefusedError) as raised:
        presentation.present(session, editor, unit_id=ward.unit.id, wanted=_wanted(ward, days=-1))
    assert raised.value.fields["fault"] is OfficeFault.DAY_IS_OVER


def test_what_another_unit_shows_is_not_reached(ward: Office, session: Session) -> None:
    other = make_office(session, "00091", "Phường Phú Thượng")
    with pytest.raises(UnitNotFoundError):
        presentation.present(
            session, Editor({ward.unit.id}), unit_id=other.unit.id, wanted=_wanted(ward)
        )
    with pytest.raises(UnitNotFoundError):
        presentation.read_presentation(session, {ward.unit.id}, other.unit.id)
    with pytest.raises(NotFoundError):
        emblems.get_drawing(session, "0" * 64)
    assert session.scalar(select(func.count()).select_from(Configuration)) == 2
