"""Diverging bars: true lengths, one scale for all, and nothing outside of the drawing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from satisfaction.figures import CountRow, LevelCount
from satisfaction.office import FIVE_LEVELS
from satisfaction.reports.bars import WIDTH, build_bar, fit_scale
from satisfaction.terms import Leaning


def _row(counts: tuple[int, ...]) -> CountRow:
    levels = tuple(
        LevelCount("five-1", position, words.label_vi, words.label_en, words.leaning, face, count)
        for position, (words, face, count) in enumerate(
            zip(FIVE_LEVELS, range(1, 6), counts, strict=True), start=1
        )
    )
    return CountRow(
        key="1", label="", finished_visits=0, rated_visits=0, levels=levels, unlinked=0, voided=0
    )


Counts = st.tuples(*[st.integers(0, 5000)] * 5).filter(any)


@given(st.lists(Counts, min_size=1, max_size=5))
def test_bars_are_true_and_stay_inside(many: list[tuple[int, ...]]) -> None:
    rows = [_row(counts) for counts in many]
    scale = fit_scale(rows)
    for row in rows:
        bar = build_bar(row, scale)
        assert bar.zero == scale.zero
        right = [part for part in bar.segments if part.level.leaning is Leaning.SATISFIED]
        left = [part for part in bar.segments if part.level.leaning is not Leaning.SATISFIED]
        assert sum(part.width for part in right) == pytest.approx(
            scale.whole * row.satisfied / row.answers
        )
        assert bar.start == pytest.approx(bar.zero - sum(part.width for part in left))
        assert bar.start >= 43.9
        assert all(part.x >= bar.zero - 1e-6 for part in right)
        assert max(part.x + part.width for part in bar.segments) <= WIDTH + 1e-6
        assert bar.unsatisfied == row.neutral + row.dissatisfied


def test_the_levels_stand_outward_from_the_zero_line() -> None:
    row = _row((10, 10, 10, 10, 10))
    bar = build_bar(row, fit_scale([row]))
    places = {part.level.position: part.x for part in bar.segments}
    assert sorted(places, key=places.__getitem__) == [1, 2, 3, 4, 5]
    assert places[4] == pytest.approx(bar.zero)


def test_a_count_is_printed_only_where_it_has_room() -> None:
    row = _row((1, 0, 0, 1, 998))
    bar = build_bar(row, fit_scale([row]))
    assert [(part.level.count, part.has_room) for part in bar.segments] == [
        (1, False),
        (1, False),
        (998, True),
    ]


def test_the_scale_is_that_of_the_drawing_where_it_fits() -> None:
    scale = fit_scale([_row((10, 18, 31, 150, 157))])
    assert scale.whole == pytest.approx(264)
    assert 80 <= scale.zero < 90


def test_a_line_without_answers_has_an_empty_bar() -> None:
    row = _row((0, 0, 0, 0, 0))
    assert build_bar(row, fit_scale([row])).segments == ()
    assert build_bar(row, fit_scale([])).unsatisfied == 0
