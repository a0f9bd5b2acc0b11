"""Notes on days beyond their limits."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from satisfaction.database import reading
from satisfaction.models import AuditEntry, DayNote
from satisfaction.terms import (
    AuditAction,
    Role,
)
from tests.admin.officers import make_officer, signed_in
from tests.admin.overviews import MONDAY, PAGE, open_overview, part_of, plant
from tests.conftest import Office

# The page is asked here; what it reads is asked on both engines by tests of the core.
pytestmark = pytest.mark.once

NOTES = "/admin/overview/notes?period=2026-03"


@pytest.fixture
def odd(ward: Office) -> Office:
    """Plant a week whose Monday is far below its limits."""
    for days in (7, 6, 5, 4):
        plant(ward, [5] * 58 + [2] * 2, at=MONDAY - timedelta(days=days))
    plant(ward, [5] * 30 + [1] * 30, procedure=0)
    return ward


def test_a_day_beyond_its_limits_can_be_annotated(app: Flask, odd: Office) -> None:
    browser = open_overview(app, odd)
    before = part_of(browser.get(PAGE).text, "days")
    assert before.count("Ghi chú cho Thứ Hai 09/03") == before.count('name="words"') == 1
    sent = {"day": "2026-03-09", "words": " Hệ thống  hồ sơ ngừng 3 giờ <b> "}
    assert browser.post(NOTES, data=sent).location == "/admin/overview?period=2026-03#days"
    part = part_of(browser.get(PAGE).text, "days")
    assert "ghi chú: Hệ thống hồ sơ ngừng 3 giờ …" in part
    assert "<td>Hệ thống hồ sơ ngừng 3 giờ &lt;b&gt;</td>" in part
    report = browser.get("/admin/reports?period=2026-03").text
    assert "Hệ thống hồ sơ ngừng 3 giờ &lt;b&gt;" in report
    assert "<b> " not in part
    browser.post(NOTES, data={"day": "2026-03-09", "words": "Mất điện"})
    part = part_of(browser.get(PAGE).text, "days")
    assert "<td>Mất điện</td>" in part
    assert "Hệ thống hồ sơ" not in part
    browser.post(NOTES, data={"day": "2026-03-09", "words": ""})
    assert "Mất điện" not in browser.get(PAGE).text
    with reading() as session:
        notes = session.scalars(select(DayNote).order_by(DayNote.id)).all()
        assert [note.words[:8] for note in notes] == ["Hệ thống", "Mất điện"]
        assert all(note.withdrawn_at is not None for note in notes)
        deeds = session.scalars(
            select(AuditEntry).where(AuditEntry.action == AuditAction.OFFICE_CHANGED)
        ).all()
        assert [
            deed.detail["day_note"]["words"][:8] for deed in deeds if "day_note" in deed.detail
        ] == ["Hệ thống", "Mất điện", ""]


@pytest.mark.parametrize(
    ("day", "words", "said"),
    [
        ("2026-03-04", "Trời đẹp", "Chỉ ghi chú được cho ngày nằm ngoài giới hạn."),
        ("2026-04-01", "Sau này", "Chỉ ghi chú được cho ngày nằm ngoài giới hạn."),
        ("2026-03-09", "x" * 201, "Ghi chú dài nhất 200 ký tự."),
        ("2026-03-09", " \u200e", "Ngày này chưa có ghi chú nào để bỏ."),
        ("9/3", "Mất điện", "Hãy chọn một ngày."),
    ],
)
def test_a_note_on_a_quiet_day_or_none_is_refused(
    app: Flask, odd: Office, day: str, words: str, said: str
) -> None:
    answer = open_overview(app, odd).post(NOTES, data={"day": day, "words": words})
    assert answer.status_code == 422
    assert said in answer.text
    with reading() as session:
        assert session.scalar(select(DayNote)) is None


def test_a_note_is_offered_only_of_the_whole_unit_and_to_who_handles_cases(
    app: Flask, odd: Office, elsewhere: Office
) -> None:
    browser = open_overview(app, odd)
    offered = "Ghi chú cho Thứ Hai 09/03"
    assert offered not in browser.get(f"{PAGE}&desk={odd.desks[0].id}").text
    assert offered not in browser.get("/admin/overview?period=2026").text
    sent = {"day": "2026-03-09", "words": "Mất điện"}
    year = browser.post("/admin/overview/notes?period=2026", data=sent)
    assert year.status_code == 422
    assert browser.post(f"{NOTES}&unit={elsewhere.unit.id}", data=sent).status_code == 404
    make_officer("auditor", Role.AUDITOR, unit=odd.unit)
    auditor = signed_in(app, "auditor")
    assert offered not in auditor.get(PAGE).text
    assert auditor.post(NOTES, data=sent).status_code == 403
