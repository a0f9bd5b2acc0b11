"""Dossiers are known by source system and code; odd codes are kept and flagged."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from satisfaction import clock, office
from satisfaction.database import reading, unit_of_work
from satisfaction.dossiers import (
    LONGEST_CODE,
    Comparison,
    DossierCode,
    DossierRow,
    find_holder,
    find_or_add_dossier,
    import_dossiers,
    normalise_code,
    write_dossiers,
)
from satisfaction.errors import DossierCodeMissingError
from satisfaction.models import Dossier, Unit
from satisfaction.terms import Channel, UnitKind
from tests.conftest import NOW, Office

REGULAR = (
    "000.17.22.H56-210531-0001",
    "H56.14-240823-0001",
    "H55.242-250701-12345",
    "H26-260310-000001",
    "H26.1.22.333-260310-0001",
)
IRREGULAR = (
    "H26-260230-0001",
    "H26-261310-0001",
    "H26-260311-0001",
    "H26-260310-001",
    "H26-260310-0000001",
    "26-260310-0001",
    "H26.1.2.3.4-260310-0001",
    "H26-٢٦٠٣١٠-0001",
    "BTP-77",
    "1234567890123",
    "HỒ SƠ 7",
)


@pytest.mark.parametrize("code", REGULAR)
def test_normalise_code_knows_the_forms_in_use(now: object, code: str) -> None:
    assert normalise_code(code) == DossierCode(code, is_irregular=False)


@pytest.mark.parametrize("code", IRREGULAR)
def test_normalise_code_keeps_and_flags_any_other_form(now: object, code: str) -> None:
    assert normalise_code(code) == DossierCode(code.replace(" ", ""), is_irregular=True)


_HYPHENS = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00ad\ufe58\ufe63\uff0d"
_GAPS = ("", " ", "\t", "\u00a0", "\u200b", "\ufeff", "\u3000", "\r\n")


@given(
    hyphens=st.tuples(st.sampled_from(_HYPHENS), st.sampled_from(_HYPHENS)),
    gaps=st.lists(st.sampled_from(_GAPS), min_size=4, max_size=4),
    is_wide=st.booleans(),
    is_lower=st.booleans(),
)
def test_normalise_code_reads_what_scanners_and_hands_make_of_a_code(
    hyphens: tuple[str, str], gaps: list[str], is_wide: bool, is_lower: bool
) -> None:
    unit = "h26.14" if is_lower else "H26.14"
    if is_wide:
        unit = "".join(chr(ord(sign) + 0xFEE0) for sign in unit)
    text = f"{gaps[0]}{unit}{hyphens[0]}{gaps[1]}2603{gaps[2]}10{hyphens[1]}0001{gaps[3]}"
    with clock.replaced(NOW):
        assert normalise_code(text) == DossierCode("H26.14-260310-0001", is_irregular=False)


@given(st.text(max_size=200))
def test_normalise_code_is_stable_and_always_fits(text: str) -> None:
    with clock.replaced(NOW):
        once = normalise_code(text)
        assert normalise_code(once.code) == once
    assert len(once.code) <= LONGEST_CODE
    assert "\0" not in once.code


def test_normalise_code_keeps_two_overlong_codes_apart() -> None:
    first, second = (normalise_code("X" * 5000 + end) for end in "12")
    assert first.code != second.code
    assert first.is_irregular


def test_find_or_add_dossier_adds_once_and_then_finds(ward: Office) -> None:
    ids = set()
    for text in ("H26.14-260310-0001", " h26.14–260310–0001 "):
        with unit_of_work() as session:
            dossier = find_or_add_dossier(
                session,
                source_system="one-stop",
                code=text,
                unit_id=ward.unit.id,
                desk_id=ward.desks[0].id,
                procedure_id=ward.procedures[0].id,
                channel=Channel.IN_PERSON,
            )
            ids.add(dossier.id)
    with reading() as session:
        kept = session.scalars(select(Dossier)).one()
    assert ids == {kept.id}
    assert (kept.code, kept.is_code_irregular) == ("H26.14-260310-0001", False)
    assert (kept.channel, kept.received_day, kept.is_digitised) == (Channel.IN_PERSON, None, None)


def test_find_or_add_dossier_keeps_the_same_code_of_two_systems_apart(ward: Office) -> None:
    with unit_of_work() as session:
        kept = {
            find_or_add_dossier(session, source_system=name, code="7", unit_id=ward.unit.id).id
            for name in ("one-stop", "ministry")
        }
    assert len(kept) == 2


@pytest.mark.parametrize("text", ["", "  ", "\u200b\u00a0"])
def test_find_or_add_dossier_refuses_a_code_of_no_signs(ward: Office, text: str) -> None:
    with unit_of_work() as session, pytest.raises(DossierCodeMissingError):
        find_or_add_dossier(session, source_system="x", code=text, unit_id=ward.unit.id)


def test_find_or_add_dossier_gives_racing_callers_one_row(app: Flask, ward: Office) -> None:
    found: list[int] = []
    start = threading.Barrier(8)

    def race() -> None:
        with app.app_context():
            start.wait()
            with unit_of_work() as session:
                dossier = find_or_add_dossier(
                    session, source_system="one-stop", code="RACE-1", unit_id=ward.unit.id
                )
                found.append(dossier.id)

    _run_together(8, race)
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Dossier)) == 1
    assert len(found) == 8
    assert len(set(found)) == 1


def _run_together(count: int, work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _row(code: str = "H26.14-260305-0001", **said: Any) -> DossierRow:
    with clock.replaced(NOW):
        return DossierRow(code=normalise_code(code), **said)


def _import(ward: Office, *rows: DossierRow, unit: Unit | None = None) -> tuple[int, ...]:
    with unit_of_work() as session:
        comparison = import_dossiers(
            session, rows, source_system="one-stop", unit_id=(unit or ward.unit).id
        )
    return _counts(comparison)


def _counts(comparison: Comparison) -> tuple[int, ...]:
    kinds = (comparison.new, comparison.changed, comparison.unchanged, comparison.foreign)
    return tuple(len(rows) for rows in kinds)


def _kept(code: str = "H26.14-260305-0001") -> Dossier:
    with reading() as session:
        return session.scalars(select(Dossier).where(Dossier.code == code)).one()


def test_import_dossiers_keeps_all_that_a_row_says(ward: Office) -> None:
    said: dict[str, Any] = {
        "channel": Channel.ONLINE,
        "procedure_id": ward.procedures[0].id,
        "desk_id": ward.desks[0].id,
        "received_day": date(2026, 3, 5),
        "due_day": date(2026, 3, 9),
        "finished_day": date(2026, 3, 6),
        "returned_day": date(2026, 3, 10),
        "is_digitised": False,
    }
    assert _import(ward, _row(**said)) == (1, 0, 0, 0)
    kept = _kept()
    assert {name: getattr(kept, name) for name in said} == said
    assert (kept.source_system, kept.unit_id) == ("one-stop", ward.unit.id)
    assert kept.is_code_irregular is False


def test_import_dossiers_twice_changes_nothing(ward: Office) -> None:
    rows = [_row(f"X-{number}", due_day=date(2026, 3, 9)) for number in range(2500)]
    assert _import(ward, *rows) == (2500, 0, 0, 0)
    assert _import(ward, *reversed(rows)) == (0, 0, 2500, 0)


def test_import_dossiers_updates_what_is_said_and_keeps_what_is_not(ward: Office) -> None:
    first = _row(channel=Channel.POST, due_day=date(2026, 3, 9), is_digitised=True)
    _import(ward, first)
    later = _row(due_day=date(2026, 3, 12), finished_day=date(2026, 3, 10))
    assert _import(ward, later) == (0, 1, 0, 0)
    kept = _kept()
    assert (kept.due_day, kept.finished_day) == (date(2026, 3, 12), date(2026, 3, 10))
    assert (kept.channel, kept.is_digitised) == (Channel.POST, True)
    assert _import(ward, _row()) == (0, 0, 1, 0)
    assert _import(ward, replace(later, channel=Channel.ONLINE, is_digitised=False)) == (0, 1, 0, 0)
    assert (_kept().channel, _kept().is_digitised) == (Channel.ONLINE, False)


def test_import_dossiers_completes_what_a_desk_has_added(ward: Office) -> None:
    with unit_of_work() as session:
        find_or_add_dossier(
            session,
            source_system="one-stop",
            code="H26.14-260305-0001",
            unit_id=ward.unit.id,
            desk_id=ward.desks[1].id,
        )
    assert _import(ward, _row(received_day=date(2026, 3, 5))) == (0, 1, 0, 0)
    kept = _kept()
    assert (kept.received_day, kept.desk_id) == (date(2026, 3, 5), ward.desks[1].id)


@pytest.fixture
def district(ward: Office) -> tuple[Unit, Unit]:
    """Return a district with a ward of its own, beside the ward under test."""
    founded = date(2024, 1, 1)
    with unit_of_work() as session:
        above = office.add_unit(session, "Q", name="Quận", kind=UnitKind.DISTRICT, from_day=founded)
        below = office.add_unit(
            session, "P", name="Phường", kind=UnitKind.WARD, from_day=founded, parent=above
        )
    return above, below


def test_import_dossiers_leaves_other_units_dossiers_alone(
    ward: Office, district: tuple[Unit, Unit]
) -> None:
    above, below = district
    _import(ward, _row(due_day=date(2026, 3, 9)), unit=below)
    changed = _row(due_day=date(2026, 4, 1))
    assert _import(ward, changed) == (0, 0, 0, 1)
    assert _kept().due_day == date(2026, 3, 9)
    assert _import(ward, changed, unit=above) == (0, 1, 0, 0)
    assert (_kept().due_day, _kept().unit_id) == (date(2026, 4, 1), below.id)


def test_write_dossiers_merges_into_a_row_that_came_meanwhile(ward: Office) -> None:
    row = _row(due_day=date(2026, 3, 9))
    with reading() as session:
        holder = find_holder(session, source_system="one-stop", unit_id=ward.unit.id)
    with unit_of_work() as session:
        find_or_add_dossier(
            session,
            source_system="one-stop",
            code=row.code.code,
            unit_id=ward.unit.id,
            channel=Channel.IN_PERSON,
        )
    with unit_of_work() as session:
        write_dossiers(session, Comparison(holder, new=[row]))
    assert (_kept().due_day, _kept().channel) == (date(2026, 3, 9), Channel.IN_PERSON)


def test_import_dossiers_from_two_sides_at_once_keeps_each_once(app: Flask, ward: Office) -> None:
    rows = [_row(f"X-{number}", due_day=date(2026, 3, 9)) for number in range(300)]
    start = threading.Barrier(4)
    sums: list[tuple[int, ...]] = []

    def race() -> None:
        with app.app_context():
            start.wait()
            sums.append(_import(ward, *rows))

    _run_together(4, race)
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Dossier)) == 300
    assert len(sums) == 4
