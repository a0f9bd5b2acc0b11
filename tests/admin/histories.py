"""What a page says of the office's changes: what was done, from what to what, and by whom."""

import re

_ROW = re.compile(
    r'<th scope="row">([^<]*)</th>'
    r'<td>((?:<span class="difference">.*?</span>)*)</td><td>([^<]*)</td>'
)
_DIFFERENCE = re.compile(r'<span class="difference">(.*?)</span>')


def history_of(page: str) -> list[tuple[str, list[str], str]]:
    """Return the changes of a page in order: the deed, each difference as plain text, who."""
    start = page.index('id="changes"')
    return [
        (deed, [re.sub(r"</?del>", "", one) for one in _DIFFERENCE.findall(differences)], who)
        for deed, differences, who in _ROW.findall(page[start:])
    ]
