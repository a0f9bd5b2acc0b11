"""Figures as JSON with stable keys. Refuses to leave a key out: what does not exist is null.

Source: docs/counts-json.md, which a test compares with what is written here.
"""

import json
from dataclasses import asdict
from typing import Any

from satisfaction.figures import CountRow, Figures

FORMAT = "hailong-counts-1"


def write_json(figures: Figures) -> str:
    """Return the figures as one JSON document in UTF-8 text.

    Units: shares are fractions 0 to 1; ``until`` is the day after the last one counted.
    """
    query = figures.query
    document = {
        "format": FORMAT,
        "unit": {
            "code": figures.unit_code,
            "name": figures.unit_name,
            "is_demonstration": figures.is_demonstration,
        },
        "period": {
            "from": query.period.first_day.isoformat(),
            "until": query.period.end_day.isoformat(),
        },
        "by": query.by,
        "counted_at": figures.counted_at.isoformat(),
        "rows": [_as_object(row) for row in figures.rows],
        "total": _as_object(figures.total),
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _as_object(row: CountRow) -> dict[str, Any]:
    return {
        "key": row.key,
        "label": row.label,
        "detail": row.detail,
        "finished_visits": row.finished_visits,
        "rated_visits": row.rated_visits,
        "participation": row.participation,
        "answers": row.answers,
        "satisfied": row.satisfied,
        "neutral": row.neutral,
        "dissatisfied": row.dissatisfied,
        "satisfied_share": row.satisfied_share,
        "unlinked": row.unlinked,
        "voided": row.voided,
        "marked": row.marked,
        "assisted": row.assisted,
        "levels": [asdict(level) for level in row.levels],
    }
