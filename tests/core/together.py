"""Run things at the same moment, in a thread each, and return what came of each."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from satisfaction.errors import SatisfactionError


def run_together(app: Flask, works: Sequence[Callable[[], object]]) -> list[Any]:
    """Start all works at once and return their results or errors, in the order of the works."""
    start = threading.Barrier(len(works))
    ends: dict[int, object] = {}

    def run(place: int, work: Callable[[], object]) -> None:
        with app.app_context():
            start.wait(120)
            try:
                ends[place] = work()
            except (SatisfactionError, SQLAlchemyError) as problem:
                ends[place] = problem

    threads = [threading.Thread(target=run, args=place) for place in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
        assert not thread.is_alive()
    return [ends[place] for place in range(len(works))]
