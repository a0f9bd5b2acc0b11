"""Marks of offices: read what was sent, draw it anew, keep it under its digest.

Refuses what is no PNG, JPEG or WebP by its own first bytes, drawings that could carry code (SVG),
and pictures that would unpack into more than a mark needs. Nothing of the file but its pixels is
kept, so no place, name or program of who made it.
"""

import hashlib
import io
import warnings
from dataclasses import dataclass

from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.errors import NotFoundError, OfficeChangeRefusedError
from satisfaction.faults import OfficeFault
from satisfaction.models import Emblem

MOST_BYTES = 512 * 1024
MOST_PIXELS = 16_000_000
LONGEST_SIDE = 256
SHORTEST_SIDE = 32
MOST_OBLONG = 4
_FORMATS = ("PNG", "JPEG", "WEBP")


@dataclass(frozen=True)
class Drawing:
    """A mark as PNG, as it is kept and served."""

    content: bytes
    width: int
    height: int

    @property
    def digest(self) -> str:
        """The name under which it is known; it changes with every pixel."""
        return hashlib.sha256(self.content).hexdigest()


def read_drawing(sent: bytes) -> Drawing:
    """Return what a file shows, drawn anew as PNG of at most LONGEST_SIDE pixels.

    Raises: OfficeChangeRefusedError.
    """
    if len(sent) > MOST_BYTES:
        raise OfficeChangeRefusedError(
            field="drawing", fault=OfficeFault.MARK_TOO_LARGE, most=MOST_BYTES // 1024
        )
    if not _has_known_start(sent):
        raise OfficeChangeRefusedError(field="drawing", fault=OfficeFault.MARK_OTHER_FORMAT)
    return _draw(sent)


def _has_known_start(sent: bytes) -> bool:
    is_webp = sent[:4] == b"RIFF" and sent[8:12] == b"WEBP"
    return is_webp or sent.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"))


def _draw(sent: bytes) -> Drawing:
    # The library takes a while to load, and few processes ever need it.
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(sent), formats=_FORMATS) as opened:
                _check_size(*opened.size)
                picture = ImageOps.exif_transpose(opened).convert("RGBA")
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as bomb:
        raise OfficeChangeRefusedError(field="drawing", fault=OfficeFault.MARK_ODD_SIZE) from bomb
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as problem:
        raise OfficeChangeRefusedError(field="drawing", fault=OfficeFault.MARK_BROKEN) from problem
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    bare = Image.new("RGBA", picture.size)
    bare.paste(picture)
    drawn = io.BytesIO()
    bare.save(drawn, "PNG", optimize=True)
    return Drawing(drawn.getvalue(), *bare.size)


def _check_size(width: int, height: int) -> None:
    longer, shorter = max(width, height), min(width, height)
    if shorter < SHORTEST_SIDE or longer > MOST_OBLONG * shorter or width * height > MOST_PIXELS:
        raise OfficeChangeRefusedError(field="drawing", fault=OfficeFault.MARK_ODD_SIZE)


def keep_drawing(session: Session, drawing: Drawing) -> str:
    """Keep a mark, once, and return its digest.

    Writes: emblem.
    """
    if session.get(Emblem, drawing.digest) is None:
        session.add(
            Emblem(
                digest=drawing.digest,
                content=drawing.content,
                width=drawing.width,
                height=drawing.height,
                added_at=clock.now(),
            )
        )
        session.flush()
    return drawing.digest


def get_drawing(session: Session, digest: str) -> bytes:
    """Return a mark as PNG.

    Raises: NotFoundError.
    """
    found = session.get(Emblem, digest)
    if found is None:
        raise NotFoundError(digest=digest)
    return found.content
