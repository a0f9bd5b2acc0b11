"""What an import says to whoever sent the file, in their language. Refuses to say it in code.

Every fault names what to do about it, since the reader has the file and not the program.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _

from satisfaction.catalogue_lists import CatalogueReport
from satisfaction.dossier_lists import ImportReport
from satisfaction.dossier_rows import Notes, RowProblem
from satisfaction.errors import ImportRefusedError
from satisfaction.faults import FileFault, RowFault
from satisfaction.headings import ListField, heading_key
from satisfaction.web.formats import as_number
from satisfaction.web.languages import LANGUAGES

MEGABYTE = 2**20

FILE_FAULTS: Mapping[FileFault, str] = {
    FileFault.EMPTY: _("Tệp trống, không có dòng nào."),
    FileFault.TOO_LARGE: _(
        "Tệp lớn hơn %(megabytes)s MB. Hãy chia danh sách thành nhiều tệp rồi nhập từng tệp."
    ),
    FileFault.UNPACKS_TOO_LARGE: _(
        "Tệp này bung ra quá lớn. Hãy mở bằng Excel, chép riêng danh sách sang một tệp mới rồi lưu."
    ),
    FileFault.ENCRYPTED: _("Tệp có mật khẩu. Hãy mở bằng Excel, bỏ mật khẩu rồi lưu lại."),
    FileFault.OLD_EXCEL: _(
        "Tệp Excel kiểu cũ (.xls). Hãy mở bằng Excel rồi lưu lại thành tệp .xlsx."
    ),
    FileFault.WEB_PAGE: _(
        "Tệp này thực ra là một trang web mang đuôi Excel. Hãy mở bằng Excel rồi lưu lại thành"
        " tệp .xlsx."
    ),
    FileFault.OTHER_FORMAT: _("Đây không phải là tệp CSV hay XLSX."),
    FileFault.BROKEN: _("Tệp XLSX bị hỏng. Hãy mở bằng Excel rồi lưu lại."),
    FileFault.NOT_UTF8: _(
        "Tệp CSV không dùng bảng mã UTF-8 (chỗ sai đầu tiên ở dòng %(line)s). Trong Excel hãy"
        " chọn Lưu thành, kiểu “CSV UTF-8”, hoặc gửi tệp .xlsx."
    ),
    FileFault.CELL_TOO_LONG: _(
        "Gần dòng %(line)s có một ô quá dài, thường do thiếu dấu ngoặc kép đóng."
    ),
    FileFault.TOO_MANY_COLUMNS: _("Danh sách có hơn %(most)s cột. Hãy bỏ bớt cột không cần."),
    FileFault.TOO_MANY_LINES: _("Danh sách có hơn %(most)s dòng. Hãy chia thành nhiều tệp."),
    FileFault.NO_HEADINGS: _(
        "Không thấy dòng tiêu đề có cột “Mã hồ sơ” trong %(most)s dòng đầu của tệp."
    ),
    FileFault.SEVERAL_LISTS: _(
        "Nhiều trang tính cùng là danh sách hồ sơ: %(headings)s. Hãy lưu mỗi trang thành một tệp."
    ),
    FileFault.DUPLICATE_HEADING: _(
        "Dòng tiêu đề %(line)s có các cột trùng nội dung: %(headings)s. Hãy bỏ bớt cột, hoặc ghi"
        " “Tiêu đề=ignored” cho cột không dùng."
    ),
    FileFault.UNKNOWN_MAPPING: _(
        "Không dùng được phần khai cột: %(headings)s. Hãy ghi “Tiêu đề=trường”, với trường là một"
        " trong: %(fields)s."
    ),
    FileFault.PERSONAL_MAPPING: _("Không nhập cột thông tin cá nhân: %(headings)s."),
}
ROW_FAULTS: Mapping[RowFault, str] = {
    RowFault.CODE_MISSING: _("thiếu mã hồ sơ"),
    RowFault.PROCEDURE_CODE_MISSING: _("thiếu mã TTHC"),
    RowFault.DESK_CODE_MISSING: _("thiếu mã bàn"),
    RowFault.NOT_A_CODE: _("không phải mã hồ sơ"),
    RowFault.DUPLICATE_CODE: _("trùng mã với dòng %(first)s; chỉ dòng ấy được nhập"),
    RowFault.OTHER_UNIT: _("hồ sơ này đã thuộc một đơn vị khác"),
    RowFault.TOO_LONG: _("dài quá mức cho phép"),
    RowFault.CONTROL_SIGNS: _("có ký tự điều khiển không đọc được"),
    RowFault.ROUNDED_NUMBER: _("số đã bị Excel làm tròn; hãy định dạng cột thành văn bản"),
    RowFault.FORMULA_WITHOUT_VALUE: _("công thức chưa có kết quả; hãy mở bằng Excel rồi lưu lại"),
    RowFault.FORMULA_IN_TEXT: _(
        "bắt đầu bằng dấu = như công thức, mà tệp CSV không tính công thức; hãy ghi thẳng giá trị"
    ),
    RowFault.FORMULA_ERROR: _("công thức bị lỗi"),
    RowFault.NOT_A_DAY: _("không phải ngày; hãy ghi dd/mm/yyyy"),
    RowFault.IMPOSSIBLE_DAY: _("không có ngày này"),
    RowFault.MONTH_FIRST: _("ghi tháng trước ngày; hãy xem lại cả cột"),
    RowFault.AMBIGUOUS_DAY: _("có thể đọc thành nhiều ngày; hãy ghi dd/mm/yyyy"),
    RowFault.UNLIKELY_DAY: _("năm nằm ngoài khoảng 1990 đến 2100"),
    RowFault.FUTURE_DAY: _("ngày chưa đến"),
    RowFault.FINISHED_BEFORE_RECEIVED: _("kết thúc trước khi tiếp nhận"),
    RowFault.NAME_MISSING: _("thiếu tên"),
    RowFault.SECTOR_MISSING: _("thiếu lĩnh vực"),
    RowFault.ODD_CODE: _("mã chỉ gồm chữ, số và dấu . / - _ ở giữa"),
    RowFault.ODD_SIGNS: _("có ký hiệu hoặc hình vẽ không dùng được"),
    RowFault.UNKNOWN_KIND: _("loại không rõ, hoặc khác loại đã có; bàn không đổi loại"),
    RowFault.UNTIL_BEFORE_FROM: _("ngày kết thúc không sau ngày bắt đầu"),
    RowFault.BEFORE_UNIT: _("đơn vị không có vào ngày bắt đầu này"),
    RowFault.STILL_USED: _("còn lượt hoặc hồ sơ sau ngày kết thúc này"),
}
FIELDS: Mapping[ListField, str] = {
    ListField.CODE: _("Mã hồ sơ"),
    ListField.PROCEDURE_CODE: _("Mã thủ tục"),
    ListField.PROCEDURE_NAME: _("Tên thủ tục"),
    ListField.DESK: _("Quầy"),
    ListField.CHANNEL: _("Kênh"),
    ListField.RECEIVED_DAY: _("Ngày tiếp nhận"),
    ListField.DUE_DAY: _("Ngày hẹn trả"),
    ListField.FINISHED_DAY: _("Ngày kết thúc xử lý"),
    ListField.RETURNED_DAY: _("Ngày trả"),
    ListField.DIGITISED: _("Số hóa"),
    ListField.SECTOR: _("Lĩnh vực"),
    ListField.SUBMITTED_DAY: _("Ngày nộp"),
    ListField.IGNORED: _("Không dùng"),
}


def say_file_fault(error: ImportRefusedError, faults: Mapping[FileFault, str] = FILE_FAULTS) -> str:
    """Return why a file cannot be read, and what to do about it."""
    fields = error.fields
    return str(faults[fields["reason"]]) % {
        "megabytes": as_number(fields.get("most_bytes", 0) // MEGABYTE),
        "line": fields.get("line"),
        "most": as_number(fields.get("most")),
        "headings": "; ".join(f"“{heading}”" for heading in fields.get("headings", ())),
        "fields": ", ".join(ListField),
    }


def say_file_fault_to_operator(error: ImportRefusedError) -> str:
    """Return the same in both languages in one line, as commands refuse."""
    said = []
    for language in LANGUAGES:
        with force_locale(language):
            said.append(say_file_fault(error))
    return " / ".join(dict.fromkeys(said))


def say_row_fault(problem: RowProblem) -> str:
    """Return why a line is not kept."""
    return str(ROW_FAULTS[problem.fault]) % {"first": problem.first_number}


def say_problem(problem: RowProblem) -> str:
    """Return one line for one unreadable cell."""
    return str(
        gettext(
            "Dòng %(number)s, cột “%(heading)s”, “%(value)s”: %(fault)s",
            number=problem.number,
            heading=problem.heading,
            value=problem.value,
            fault=say_row_fault(problem),
        )
    )


def list_columns(report: ImportReport) -> list[tuple[str, str]]:
    """Return what became of the columns: a title and the headings under it."""
    columns = report.columns
    read = (_name_column(columns.headings[place], str(FIELDS[place])) for place in columns.places)
    groups = (
        (gettext("Cột được đọc"), tuple(read)),
        (gettext("Cột không cần đến"), columns.not_kept),
        (gettext("Cột thông tin cá nhân, không đọc"), columns.personal),
        (gettext("Cột không nhận ra, không đọc"), columns.unknown),
        (gettext("Trang tính không đọc"), report.other_tables),
    )
    return [(str(title), "; ".join(headings)) for title, headings in groups if headings]


def _name_column(heading: str, meaning: str) -> str:
    return heading if heading_key(heading) == heading_key(meaning) else f"{heading} → {meaning}"


def list_notes(notes: Notes) -> list[tuple[str, list[tuple[str, int]]]]:
    """Return what was unknown in lines that were kept: a title, and values by how often."""
    groups: tuple[tuple[str, Counter[str]], ...] = (
        (gettext("Mã hồ sơ khác thường, vẫn giữ và đánh dấu"), notes.irregular_codes),
        (gettext("Thủ tục không có trong danh mục, để trống"), notes.procedures),
        (gettext("Quầy không có trong đơn vị, để trống"), notes.desks),
        (gettext("Kênh không rõ, ghi là không rõ"), notes.channels),
        (gettext("Số hóa không rõ, để trống"), notes.digitised),
    )
    return [(str(title), counter.most_common()) for title, counter in groups if counter]


def report_lines(report: ImportReport) -> Iterator[str]:
    """Yield a report as lines for a terminal; every bad line is named."""
    for title, headings in list_columns(report):
        yield f"{title}: {headings}"
    for title, values in list_notes(report.notes):
        total = as_number(sum(count for _value, count in values))
        shown = "; ".join(f"{value} ({as_number(count)})" for value, count in values[:20])
        yield f"{title} ({total}): {shown}" + ("; …" if len(values) > 20 else "")
    yield from map(say_problem, report.problems)
    if report.unnamed_problems:
        yield str(gettext("… và %(n)s chỗ nữa", n=as_number(report.unnamed_problems)))
    yield say_counts(report)


def say_counts(report: ImportReport | CatalogueReport) -> str:
    """Return the counts of an import in one line."""
    words = (
        _(
            "Chạy thử, chưa ghi gì: %(lines)s dòng; %(new)s mới, %(changed)s thay đổi,"
            " %(unchanged)s như cũ, %(bad)s dòng lỗi"
        )
        if report.is_dry_run
        else _(
            "Đã nhập: %(lines)s dòng; %(new)s mới, %(changed)s thay đổi,"
            " %(unchanged)s như cũ, %(bad)s dòng lỗi"
        )
    )
    names = ("lines", "new", "changed", "unchanged", "bad")
    return str(words) % {name: as_number(getattr(report, name)) for name in names}
