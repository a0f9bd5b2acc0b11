"""What the office's system does with cases and words by itself, late and twice."""

from datetime import timedelta

from sqlalchemy import select

from satisfaction import clock, jobs
from satisfaction.database import reading
from satisfaction.models import Case, Comment
from tests.conftest import Office
from tests.core.voicing import speak
from tests.jobs.test_ledger import DAY


def test_allegations_become_cases_and_late_ones_are_raised_once(ward: Office) -> None:
    speak(ward, 1, at=clock.now() - DAY, reasons=("fee",))
    assert jobs.see_to_cases() == {"cases": 1, "raised": 0}
    with clock.replaced(clock.now() + timedelta(days=30)):
        assert jobs.see_to_cases() == {"cases": 0, "raised": 1}
        assert jobs.see_to_cases() == {"cases": 0, "raised": 0}
    with reading() as session:
        assert session.scalars(select(Case.escalated_at)).one() is not None


def test_words_are_erased_in_due_time(ward: Office) -> None:
    seq = speak(ward, 1, at=clock.now() - DAY, words="Chờ lâu", ticket_number="7")
    assert jobs.erase_words() == {"words": 0, "links": 0, "notes": 0}
    with clock.replaced(clock.now() + timedelta(days=400)):
        assert jobs.erase_words() == {"words": 1, "links": 1, "notes": 0}
        assert jobs.erase_words() == {"words": 0, "links": 0, "notes": 0}
    with reading() as session:
        assert session.get_one(Comment, seq).body is None
