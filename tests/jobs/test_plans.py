"""How the jobs find what they read: by an index, never by everything that was ever kept.

SQLite chooses without statistics, so a small office is asked in the same way as a large one.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Connection

from satisfaction import clock, jobs, sending
from satisfaction.database import db
from tests.conftest import Office
from tests.core.voicing import speak
from tests.jobs.test_ledger import DAY

# By these names, and those under which they are joined a second time, statements know them.
GROWING = (
    "rating|superseder|first|following|visit|linked|rating_reason|rating_mark|comment|audit_entry"
)
READS_ALL = re.compile(rf"SCAN ({GROWING})\b")
ASKS = re.compile(r"\s*(SELECT|WITH|UPDATE|DELETE)")


@contextmanager
def _plans() -> Iterator[dict[str, list[str]]]:
    """Collect for each statement how SQLite would go about it."""
    found: dict[str, list[str]] = {}

    def explain(
        connection: Connection, _cursor: Any, statement: str, parameters: Any, *_more: Any
    ) -> None:
        if ASKS.match(statement) and statement not in found:
            cursor = connection.connection.cursor()
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            found[statement] = [row[3] for row in cursor.fetchall()]

    event.listen(db.engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(db.engine, "before_cursor_execute", explain)


@pytest.mark.once
def test_no_job_reads_every_rating_ever_given(ward: Office) -> None:
    for back in range(4):
        speak(ward, 1, at=clock.now() - DAY * back, reasons=("fee",), words="Chờ lâu")
    with _plans() as plans:
        for job in jobs.JOBS:
            if job.name != "backup":
                job.run(clock.today())
        sending.plan_letters()
    assert len(plans) > 40
    everything = {
        statement: plan for statement, plan in plans.items() if READS_ALL.search("\n".join(plan))
    }
    assert everything == {}
