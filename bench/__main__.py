"""Run the measurements: python -m bench [--quick] [--only NOUN …] [--folder FOLDER]."""

import argparse
import os
import platform
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench import (
    batch,
    export,
    figures,
    live_tap,
    memory,
    overview,
    page,
    polling,
    rebuild,
    size,
    start,
)
from bench.load import generator
from bench.places import Places
from bench.results import Row, as_table, write_results
from bench.running import Run

NOUNS: dict[str, Callable[[Run], Sequence[Row]]] = {
    "live_tap": live_tap.measure,
    "batch": batch.measure,
    "figures": figures.measure,
    "overview": overview.measure,
    "rebuild": rebuild.measure,
    "polling": polling.measure,
    "size": size.measure,
    "memory": memory.measure,
    "start": start.measure,
    "page": page.measure,
    "export": export.measure,
}


def main() -> None:
    """Measure, print, and keep the results; the data itself is removed unless asked for."""
    asked = _arguments()
    folder: Path = asked.folder / time.strftime("%Y%m%d-%H%M%S")
    (folder / "data").mkdir(parents=True)
    rows: list[Row] = []
    begun = time.monotonic()
    with Places.within(folder / "data", with_postgres=not asked.without_postgres) as places:
        run = Run(places, folder, asked.quick)
        for noun in asked.only or NOUNS:
            at = time.monotonic()
            found = NOUNS[noun](run)
            rows += found
            print(as_table(found), f"({noun}: {time.monotonic() - at:.0f} s)\n", sep="\n")
    results = folder / "results.json"
    write_results(results, rows, _machine(asked, time.monotonic() - begun))
    if not asked.keep:
        shutil.rmtree(folder / "data")
    missed = [row for row in rows if row.verdict == "MISSED"]
    met = sum(row.verdict == "met" for row in rows)
    print(f"{met} targets met, {len(missed)} missed; every round in {results}")
    for row in missed:
        print(f"  missed: {row.what}: {row.median:.3g} {row.unit}, target {row.target}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less data and fewer rounds")
    parser.add_argument("--only", nargs="+", choices=NOUNS, help="measure these alone")
    parser.add_argument("--folder", type=Path, default=Path("build/bench").absolute())
    parser.add_argument("--keep", action="store_true", help="keep the databases")
    parser.add_argument("--without-postgres", action="store_true", help="SQLite alone")
    return parser.parse_args()


def _machine(asked: argparse.Namespace, seconds: float) -> dict[str, Any]:
    revision = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "quick": asked.quick,
        "seconds": round(seconds),
        "revision": revision.stdout.strip(),
        "processors": os.cpu_count(),
        "load_before": os.getloadavg(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "generator": generator(),
    }


if __name__ == "__main__":
    main()
