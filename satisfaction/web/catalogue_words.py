"""What the import of a catalogue says to whoever sent the file. Refuses to say it in code."""

from collections.abc import Iterator, Mapping

from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _

from satisfaction.catalogue_lists import CatalogueReport, Duplicate, Likeness
from satisfaction.catalogue_rows import CatalogueField
from satisfaction.errors import ImportRefusedError
from satisfaction.faults import FileFault
from satisfaction.terms import CatalogueKind
from satisfaction.web.formats import as_number
from satisfaction.web.import_words import FILE_FAULTS, say_counts, say_file_fault, say_problem
from satisfaction.web.languages import LANGUAGES

KINDS: Mapping[CatalogueKind, str] = {
    CatalogueKind.PROCEDURES: _("Thủ tục"),
    CatalogueKind.DESKS: _("Bàn"),
}
COLUMNS: Mapping[CatalogueKind, Mapping[CatalogueField, str]] = {
    CatalogueKind.PROCEDURES: {
        CatalogueField.CODE: _("Mã TTHC"),
        CatalogueField.NAME: _("Tên thủ tục"),
        CatalogueField.SHORT_NAME: _("Tên ngắn"),
        CatalogueField.SECTOR: _("Lĩnh vực"),
        CatalogueField.FROM_DAY: _("Hiệu lực từ"),
        CatalogueField.UNTIL_DAY: _("Hết hiệu lực"),
    },
    CatalogueKind.DESKS: {
        CatalogueField.CODE: _("Mã bàn"),
        CatalogueField.NAME: _("Tên bàn"),
        CatalogueField.DETAIL: _("Chi tiết"),
        CatalogueField.KIND: _("Loại"),
        CatalogueField.FROM_DAY: _("Từ ngày"),
        CatalogueField.UNTIL_DAY: _("Ngày kết thúc"),
    },
}
_FILE_FAULTS: Mapping[FileFault, str] = {
    **FILE_FAULTS,
    FileFault.SEVERAL_LISTS: _(
        "Nhiều trang tính cùng là danh mục: %(headings)s. Hãy lưu mỗi trang thành một tệp."
    ),
    FileFault.DUPLICATE_HEADING: _(
        "Dòng tiêu đề %(line)s có các cột trùng nội dung: %(headings)s. Hãy bỏ bớt cột."
    ),
}
LIKENESSES: Mapping[Likeness, str] = {
    Likeness.SAME_RECORD: _("cùng nội dung, khác mã"),
    Likeness.SAME_BUT_FORM: _("cùng tên, chỉ khác cách mã hóa dấu (NFC, NFD)"),
}


def say_catalogue_fault(error: ImportRefusedError, kind: CatalogueKind) -> str:
    """Return why a file cannot be read, and what to do about it."""
    if error.fields["reason"] is not FileFault.NO_HEADINGS:
        return say_file_fault(error, _FILE_FAULTS)
    columns = COLUMNS[kind]
    return str(
        gettext(
            "Không thấy dòng tiêu đề có cột “%(code)s” và “%(name)s” trong 20 dòng đầu của tệp.",
            code=columns[CatalogueField.CODE],
            name=columns[CatalogueField.NAME],
        )
    )


def say_catalogue_fault_to_operator(error: ImportRefusedError, kind: CatalogueKind) -> str:
    """Return the same in both languages in one line, as commands refuse."""
    said = []
    for language in LANGUAGES:
        with force_locale(language):
            said.append(say_catalogue_fault(error, kind))
    return " / ".join(dict.fromkeys(said))


def say_repaired(report: CatalogueReport) -> str:
    """Return how much text was brought into one form."""
    return str(gettext("Đã đưa về một dạng mã hóa (NFC): %(n)s ô", n=as_number(report.repaired)))


def say_duplicate(duplicate: Duplicate) -> str:
    """Return one line for lines that look alike."""
    places = ", ".join(
        f"{code} ({gettext('dòng %(n)s', n=number) if number else gettext('đã có')})"
        for number, code in duplicate.lines
    )
    return f"“{duplicate.name}”: {LIKENESSES[duplicate.likeness]}: {places}"


def catalogue_lines(report: CatalogueReport) -> Iterator[str]:
    """Yield a report as lines for a terminal; every bad line is named."""
    if report.columns.unknown:
        headings = "; ".join(report.columns.unknown)
        yield f"{gettext('Cột không nhận ra, không đọc')}: {headings}"
    yield from map(say_duplicate, report.duplicates)
    yield from map(say_problem, report.problems)
    if report.repaired:
        yield say_repaired(report)
    yield say_counts(report)
