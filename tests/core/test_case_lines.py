"""The line on the waiting screens: which it is, of which case, and that none is lost unseen."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from satisfaction import case_changes, case_lines, case_opening, clock
from satisfaction.case_changes import Change, Seen
from satisfaction.configurations import Changes, change_configuration
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import CaseChangedError, CaseRefusedError
from satisfaction.faults import CaseFault
from satisfaction.models import Case
from satisfaction.office import get_unit
from satisfaction.terms import Role
from satisfaction.voice_rows import Reader
from tests.admin.officers import make_officer
from tests.conftest import Office
from tests.core.voicing import NAMES, reader, speak


@pytest.fixture
def head(ward: Office) -> Reader:
    """Return who answers for the ward."""
    return reader(Role.HEAD, ward, account_id=make_officer("binh", Role.HEAD, unit=ward.unit).id)


def opened(who: Reader, ward: Office, *reasons: str) -> Seen:
    """Open a case for a low rating of yesterday."""
    seq = speak(ward, 1, at=clock.now() - timedelta(days=1), desk=1, reasons=reasons)
    with unit_of_work() as session:
        [case] = case_opening.open_cases(session, who, [NAMES.name(seq)], change=Change())
        return Seen(case.token, case.version)


def publish(who: Reader, seen: Seen, vi: str, en: str = "", over: int | None = None) -> Seen:
    """Put a line on the screens from a case, and return the case as a page would name it now."""
    with unit_of_work() as session:
        case_changes.publish_line(session, who, seen, line_vi=vi, line_en=en, over=over)
    return Seen(seen.token, seen.version + 1)


def shown(who: Reader, ward: Office) -> case_lines.ShownLine:
    """Return what stands on the ward's screens, as an officer is told."""
    with reading() as session:
        found = case_lines.find_shown(session, who, ward.unit.id)
    assert found is not None
    return found


def change_by_hand(ward: Office, **words: Any) -> None:
    """Change what the devices show, as an administrator's page does."""
    with unit_of_work() as session:
        change_configuration(session, get_unit(session, ward.unit.id), Changes(**words))


def test_a_line_is_told_with_the_case_that_it_came_from(ward: Office, head: Reader) -> None:
    none = shown(head, ward)
    assert (none.vi, none.en, none.origin) == ("", "", None)
    first, second = opened(head, ward), opened(head, ward)
    publish(head, first, "Thêm ghế", "More seats")
    found = shown(head, ward)
    assert (found.vi, found.en) == ("Thêm ghế", "More seats")
    assert found.origin is not None
    assert (found.origin.token, found.origin.desk_name) == (first.token, "Bàn 2")
    publish(head, second, "Thêm bàn", "More desks")
    found = shown(head, ward)
    assert found.origin is not None
    assert found.origin.token == second.token
    change_by_hand(ward, we_changed_en="One more desk")
    found = shown(head, ward)
    assert found.origin is not None
    change_by_hand(ward, we_changed_vi="Mở thêm buổi chiều")
    found = shown(head, ward)
    assert (found.vi, found.en, found.origin) == ("Mở thêm buổi chiều", "One more desk", None)


def test_where_nothing_is_shown_there_is_no_line(ward: Office, head: Reader) -> None:
    with reading() as session:
        assert case_lines.find_shown(session, head, 4711) is None


def test_a_case_that_an_officer_does_not_see_is_not_told_by_its_line(
    ward: Office, head: Reader
) -> None:
    publish(head, opened(head, ward, "fee"), "Niêm yết phí ở từng bàn", "Fees at each desk")
    found = shown(head, ward)
    assert found.origin is not None
    blind = shown(reader(Role.SUPERVISOR, ward), ward)
    assert (blind.vi, blind.origin) == ("Niêm yết phí ở từng bàn", None)


def test_a_line_that_somebody_changed_meanwhile_is_not_replaced(ward: Office, head: Reader) -> None:
    first, second = opened(head, ward), opened(head, ward)
    over = shown(head, ward).configuration_id
    publish(head, first, "Thêm ghế", over=over)
    with pytest.raises(CaseChangedError):
        publish(head, second, "Thêm bàn", over=over)
    assert shown(head, ward).vi == "Thêm ghế"
    # Another version with the same line is no reason to refuse.
    over = shown(head, ward).configuration_id
    with unit_of_work() as session:
        change_configuration(session, get_unit(session, ward.unit.id), Changes(idle_seconds=45))
    publish(head, second, "Thêm bàn", over=over)
    assert shown(head, ward).vi == "Thêm bàn"
    for wrong in (0, 10**9):
        with pytest.raises(CaseChangedError):
            publish(head, first, "Thêm nước", over=wrong)


def test_the_line_that_is_there_is_nothing_new_and_becomes_no_other_cases(
    ward: Office, head: Reader
) -> None:
    first, second = opened(head, ward), opened(head, ward)
    with pytest.raises(CaseRefusedError):
        publish(head, first, " ")
    publish(head, first, "Thêm ghế", "More seats")
    with pytest.raises(CaseRefusedError) as caught:
        publish(head, second, " Thêm  ghế ", "More seats")
    assert caught.value.fields["fault"] is CaseFault.NOTHING
    found = shown(head, ward)
    assert found.origin is not None
    assert found.origin.token == first.token
    with reading() as session:
        versions = {case.token: case.version for case in session.scalars(select(Case))}
    assert versions == {first.token: 2, second.token: 1}
    publish(head, second, "")
    assert (shown(head, ward).vi, shown(head, ward).en) == ("", "")
