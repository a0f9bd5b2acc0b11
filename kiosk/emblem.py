"""The office's own mark, for the head of what citizens see. Refuses to be anything but a picture.

Its address carries its digest, so that whatever keeps it may keep it for ever.
"""

from flask import Blueprint, Response, abort, url_for
from flask.typing import ResponseReturnValue

from satisfaction import emblems
from satisfaction.database import reading
from satisfaction.web.guards import public
from satisfaction.web.headers import KEPT_FOR_EVER

blueprint = Blueprint("emblem", __name__)
DIGITS_IN_ADDRESS = 12
DIGEST_LENGTH = 64


@blueprint.get("/marks/<digest>.png")
@public
def show(digest: str) -> ResponseReturnValue:
    """Give a mark by its digest."""
    if len(digest) != DIGEST_LENGTH:
        abort(404)
    with reading() as session:
        content = emblems.get_drawing(session, digest)
    response = Response(content, mimetype="image/png")
    response.headers.update(KEPT_FOR_EVER)
    return response


def emblem_address(digest: str) -> str:
    """Return a mark's address, with a part of its digest as devices check what they keep."""
    return url_for("kiosk.emblem.show", digest=digest, v=digest[:DIGITS_IN_ADDRESS])
