"""Ask axe about a page as it stands; the long form keeps a report of all that was asked.

Refuses to decide what is to be looked at. The report lies at build/axe/report.json afterwards.
"""

import json
import os
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.journeys.browsing import ROOT

IS_LONG = os.environ.get("FAULTS") == "long"
REPORT = ROOT / "build" / "axe" / "report.json"
TAGS = (
    *("wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa"),
    *("best-practice", "EN-301-549"),
)
RULES = {"runOnly": {"type": "tag", "values": list(TAGS)}}
_asked: list[dict[str, Any]] = []
_versions: set[str] = set()


def find_barriers(page: Page, name: str) -> list[str]:
    """Return what axe finds, each with the element it found it on."""
    answer: dict[str, Any] = Axe().run(page, options=RULES).response
    found = [
        f"{fault['id']}: {node['html'][:90]}"
        for fault in answer["violations"]
        for node in fault["nodes"]
    ]
    _versions.add(answer["testEngine"]["version"])
    _asked.append(
        {
            "page": name,
            "language": page.evaluate("document.documentElement.lang"),
            "letters": "large" if page.locator("body.easy").count() else "usual",
            "window": page.evaluate("`${innerWidth}x${innerHeight}`"),
            "rules_kept": len(answer["passes"]),
            "findings": found,
        }
    )
    return found


def write_report() -> None:
    """Write down what was asked and found, where the long form asked anything."""
    if not IS_LONG or not _asked:
        return
    report = {
        "axe": sorted(_versions),
        "rules": list(TAGS),
        "asked": len(_asked),
        "findings": sum(len(one["findings"]) for one in _asked),
        "pages": _asked,
    }
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
