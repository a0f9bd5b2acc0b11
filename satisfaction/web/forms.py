"""What every officer's form reads. Refuses a file where a word belongs, and other messages."""

from typing import Any

from flask import request
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from flask_wtf.form import _Auto, _is_submitted
from werkzeug.datastructures import MultiDict


def _read_what_was_sent(_meta: object, form: Any, formdata: Any) -> Any:
    """Return the words that were sent, and the files for the fields that take one."""
    if formdata is not _Auto:
        return formdata
    if not _is_submitted():
        return None
    sent: MultiDict[str, Any] = MultiDict(request.form)
    for name, field in form._fields.items():
        if isinstance(field, FileField):
            sent.setlist(name, request.files.getlist(name))
    return sent or None


def install_forms() -> None:
    """Have words read as words by every form that Flask-WTF makes, so that none is forgotten.

    It hands over whatever came under a field's name, also a file or a part of a JSON message, on
    which checks made for words stumble.
    """
    FlaskForm.Meta.wrap_formdata = _read_what_was_sent
