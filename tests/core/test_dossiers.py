"""Dossiers are known by source system and code; odd codes are kept and flagged."""

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from satisfaction import clock
from satisfaction.database import reading, unit_of_work
from satisfaction.dossiers import (
    LONGEST_CODE,
    DossierCode,
    find_or_add_dossier,
    normalise_code,
)
from satisfaction.errors import DossierCodeMissingError
from satisfaction.models import Dossier
from satisfaction.terms import Channel
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
