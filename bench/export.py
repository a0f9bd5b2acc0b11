"""A million single ratings streamed as a file: time, and the most memory of its process.

Each file is written by a process of its own, through the same reader and writers as the page's.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from bench.history import Span, write_history
from bench.places import Place
from bench.planting import plant_city
from bench.results import Row, at_most
from bench.running import Run
from satisfaction import clock
from satisfaction.database import reading, unit_of_work
from satisfaction.periods import Period
from satisfaction.rating_lines import LineReader, RatingLine, ask_for_lines, list_days
from satisfaction.reports.ratings import BookWords, write_ratings_csv, write_ratings_xlsx
from satisfaction.web.rating_words import make_describer, rating_headings
from wsgi import create_app

DAYS = 250
RATED = 20
MOST_MB = 200


def measure(run: Run) -> list[Row]:
    """Measure on each engine."""
    return [row for engine in run.places.engines() for row in _measure_engine(run, engine)]


def _measure_engine(run: Run, engine: str) -> list[Row]:
    place = run.places.make(engine, "export")
    end = clock.today()
    days = DAYS // 10 if run.is_quick else DAYS
    span = Span(end - timedelta(days=days), end, rated=RATED, unrated=5)
    with place.opened():
        with unit_of_work() as session:
            city = plant_city(session, wards=20, desks_each=10)
        ratings = write_history(place, city, span)
    rows = []
    for form in ("csv",) if run.is_quick else ("csv", "xlsx"):
        told = _write_apart(place, city.unit_id, span, form=form, folder=run.folder)
        assert told["lines"] == ratings, (told, ratings)
        what = f"{engine}: {ratings} ratings as {form}"
        rows.append(Row("export", what, [told["megabytes"]], "MB", at_most(MOST_MB)))
        rows.append(Row("export", what, [told["seconds"]], "s"))
    return rows


def _write_apart(
    place: Place, unit_id: int, span: Span, *, form: str, folder: Path
) -> dict[str, float]:
    words = [str(unit_id), span.first_day.isoformat(), span.end_day.isoformat(), form]
    path = folder / f"ratings.{form}"
    done = subprocess.run(
        [sys.executable, "-m", "bench.export", *words, str(path)],
        env=os.environ | place.environment(),
        capture_output=True,
        check=True,
        text=True,
    )
    path.unlink()
    told: dict[str, float] = json.loads(done.stdout)
    return told


def _days(unit_id: int, period: Period, lines: list[int]) -> Iterator[Sequence[RatingLine]]:
    with reading() as session:
        own = {unit_id}
        wanted = ask_for_lines(session, unit_id, period, visible=own, allegations=own, words=own)
        reader = LineReader(session, wanted)
    for day, units in list_days(wanted):
        with reading() as session:
            found = reader.read_day(session, day, units)
        lines[0] += len(found)
        yield found


def _most_megabytes() -> float:
    """Return the most memory of this program; what getrusage says has its parent's in it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:", 1)[1].split()[0]) / 1024


def main() -> None:
    """Write one file, and print what it took."""
    unit_id, first, end, form, path = sys.argv[1:]
    period, lines = Period(date.fromisoformat(first), date.fromisoformat(end)), [0]
    begun = time.monotonic()
    with create_app().app_context():
        days = _days(int(unit_id), period, lines)
        if form == "csv":
            with Path(path).open("wb") as file:
                for part in write_ratings_csv(days, rating_headings(), describe=make_describer()):
                    file.write(part)
        else:
            words = BookWords(headings=rating_headings(), sheet="Lines", method="Method", lines=())
            write_ratings_xlsx(days, words, describe=make_describer(), path=Path(path))
    most = _most_megabytes()
    told = {"lines": lines[0], "seconds": time.monotonic() - begun, "megabytes": most}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
