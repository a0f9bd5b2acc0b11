"""Write XLSX files part by part, so that tests can make ones that no program would."""

import zipfile
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
WORKBOOK = (
    f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><workbookPr/>'
    '<sheets><sheet name="Hồ sơ" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="2">'
    '<numFmt numFmtId="164" formatCode="[$-42A]dd/mm/yyyy;@"/>'
    '<numFmt numFmtId="165" formatCode="0.00&quot; ngày&quot;"/></numFmts>'
    '<cellStyleXfs count="1"><xf numFmtId="14"/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/>'
    '<xf numFmtId="165"/></cellXfs></styleSheet>'
)


def sheet_xml(rows: str, after: str = "") -> str:
    """Return a sheet of these rows."""
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{after}</worksheet>'


def cells_xml(*cells: str, row: int = 1) -> str:
    """Return a row of these cells' insides, each as an inline string's."""
    inside = "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells)
    return f'<row r="{row}">{inside}</row>'


def write_parts(path: Path, sheet: str | bytes, **parts: str | bytes) -> Path:
    """Write a workbook of one sheet; other parts by name replace the usual ones."""
    named: dict[str, str | bytes] = {
        "_rels/.rels": (
            f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" '
            f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": parts.pop("workbook", WORKBOOK),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{PACKAGE}">'
            f'<Relationship Id="rId1" Type="{RELATIONS}/worksheet" Target="worksheets/one.xml"/>'
            f'<Relationship Id="rId2" Type="{RELATIONS}/styles" Target="/xl/styles.xml"/>'
            f'<Relationship Id="rId3" Type="{RELATIONS}/sharedStrings" Target="strings.xml"/>'
            "</Relationships>"
        ),
        "xl/styles.xml": parts.pop("styles", STYLES),
        "xl/strings.xml": parts.pop("strings", f'<sst xmlns="{MAIN}"/>'),
        "xl/worksheets/one.xml": sheet,
        **parts,
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in named.items():
            archive.writestr(name, content)
    return path
