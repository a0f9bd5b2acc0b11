"""Links for dossiers as a CSV file, to be sent on. Refuses to be written twice: a link is new.

Shape: UTF-8 with byte order mark, semicolons, one heading line; times are ISO with their zone.
"""

import csv
import io
from collections.abc import Sequence

from satisfaction import clock
from satisfaction.links import invitation_url
from satisfaction.online import InvitedDossier
from satisfaction.reports.csv import BYTE_ORDER_MARK, as_text

HEADINGS = ("dossier", "state", "link", "expires_at")


def write_links(invited: Sequence[InvitedDossier], *, base: str) -> bytes:
    """Return the file: one line for each dossier, in the order that they were asked for."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for one in invited:
        end = clock.local_time(one.expires_at).isoformat() if one.expires_at else ""
        link = invitation_url(base, one.token) if one.token else ""
        writer.writerow([as_text(one.code), one.state, link, end])
    return (BYTE_ORDER_MARK + text.getvalue()).encode()
