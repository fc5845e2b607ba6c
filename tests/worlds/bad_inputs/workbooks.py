"""Excel workbooks that are none, are locked, or hold something else than they show."""

import re
import zipfile
from pathlib import Path

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet
from worlds.bad_inputs.make import Town, kind
from worlds.binary_workbook import BinarySheet, write_xlsb


def book_of(town: Town) -> tuple[openpyxl.Workbook, Worksheet]:
    """Return the schools as a workbook, and point the study at it."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for i, row in enumerate(town.rows()):
        cells = row if i == 0 else [float(cell) if cell[:1].isdigit() else cell or None for cell in row]
        sheet.append(cells)
    town.use("schools.xlsx")
    return book, sheet


@kind()
def book_plain(town: Town) -> None:
    book_of(town)[0].save(town.path("schools.xlsx"))


@kind("no_position", "schools", "6")
def book_row_below_titles(town: Town) -> None:
    book, sheet = book_of(town)
    sheet["E3"] = "见附图"
    sheet.insert_rows(1, 3)
    sheet["A1"] = "渝中区学校一览表"
    sheet.merge_cells("A1:F1")
    book.save(town.path("schools.xlsx"))


@kind("sheet_layout", "schools")
def book_merged_headings(town: Town) -> None:
    book, sheet = book_of(town)
    sheet.insert_rows(1)
    for at, heading in zip("ABCD", ("kind", "name", "capacity", "certified"), strict=True):
        sheet[f"{at}1"] = heading
        sheet.merge_cells(f"{at}1:{at}2")
    sheet["E1"] = "坐标"
    sheet.merge_cells("E1:F1")
    book.save(town.path("schools.xlsx"))


@kind()
def book_numbers_as_text(town: Town) -> None:
    book, sheet = book_of(town)
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            cell.value = None if cell.value is None else str(cell.value)
    book.save(town.path("schools.xlsx"))


@kind("formula_blank", "schools")
def book_formulas_never_worked_out(town: Town) -> None:
    book, sheet = book_of(town)
    sheet["D2"] = '=IF(C2>0,"yes","no")'
    book.save(town.path("schools.xlsx"))


@kind("answer_unclear", "schools", "2")
def book_with_an_error_in_a_cell(town: Town) -> None:
    book, sheet = book_of(town)
    sheet["D2"] = "#REF!"
    book.save(town.path("schools.xlsx"))


@kind("heading_twice", "schools")
def book_heading_twice(town: Town) -> None:
    book, sheet = book_of(town)
    sheet.insert_cols(4)
    sheet["D1"] = "capacity"
    sheet["D2"] = 7
    book.save(town.path("schools.xlsx"))


@kind("workbook_empty")
def book_empty(town: Town) -> None:
    book_of(town)
    openpyxl.Workbook().save(town.path("schools.xlsx"))


@kind("sheet_missing")
def book_without_the_sheet(town: Town) -> None:
    book_of(town)[0].save(town.path("schools.xlsx"))
    town.add('table = "小学"', "layers.schools")
    town.edit('table = "小学"\npath = "schools.xlsx"', 'path = "schools.xlsx"\ntable = "小学"')


@kind("sheet_chosen", "schools")
def book_of_two_sheets(town: Town) -> None:
    book, _ = book_of(town)
    other = book.create_sheet("Beds")
    for row in (["hospital", "beds"], ["A", 7]):
        other.append(row)
    book.save(town.path("schools.xlsx"))


@kind("sheets_alike", "schools")
def book_of_two_years(town: Town) -> None:
    book, sheet = book_of(town)
    book.copy_worksheet(sheet).title = "2023"
    book.save(town.path("schools.xlsx"))


@kind("positions_pairs")
def book_of_two_lists_side_by_side(town: Town) -> None:
    book, sheet = book_of(town)
    for row, cells in enumerate([*sheet.iter_rows(values_only=True)], start=1):
        for column, cell in enumerate(cells, start=len(cells) + 2):
            moved = isinstance(cell, float) and column >= len(cells) + 6
            sheet.cell(row, column, cell + 0.01 if moved and isinstance(cell, float) else cell)
    book.save(town.path("schools.xlsx"))


@kind("rows_hidden", "schools")
def book_with_hidden_rows(town: Town) -> None:
    book, sheet = book_of(town)
    sheet.row_dimensions[3].hidden = True
    book.save(town.path("schools.xlsx"))


@kind("table_is_other")
def book_is_a_pdf(town: Town) -> None:
    town.use("schools.xlsx")
    town.write("schools.xlsx", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n")


@kind("workbook_other")
def book_is_a_page(town: Town) -> None:
    town.use("schools.xls")
    town.write("schools.xls", "<html><table><tr><td>name</td><td>lon</td><td>lat</td></tr></table></html>")


@kind("workbook_other")
def book_is_a_csv(town: Town) -> None:
    town.use("schools.xlsx")
    town.write("schools.xlsx", town.text("schools.csv"))


@kind("workbook_other")
def book_of_no_bytes(town: Town) -> None:
    town.use("schools.xlsx")
    town.write("schools.xlsx", b"")


@kind("workbook_damaged")
def book_cut(town: Town) -> None:
    book_of(town)[0].save(town.path("schools.xlsx"))
    body = town.path("schools.xlsx").read_bytes()
    town.write("schools.xlsx", body[: len(body) // 2])


@kind("workbook_locked")
def book_with_a_password(town: Town) -> None:
    town.use("schools.xlsx")  # Excel packs what it encrypts into a file of the old kind
    town.write("schools.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000)


@kind("workbook_locked")
def book_with_a_password_of_today(town: Town) -> None:
    town.use("schools.xlsx")
    name = "EncryptedPackage".encode("utf-16-le")
    town.write("schools.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + name + bytes(1000))


@kind()
def book_in_binary(town: Town) -> None:
    rows = [[float(cell) if cell[:1].isdigit() else cell or None for cell in row] for row in town.rows()]
    town.use("schools.xlsb")
    write_xlsb(town.path("schools.xlsb"), {"学校": BinarySheet(rows)})


@kind("workbook_damaged")
def book_in_binary_without_sheets(town: Town) -> None:
    town.use("schools.xlsb")
    with zipfile.ZipFile(town.path("schools.xlsb"), "w") as pack:
        pack.writestr("xl/workbook.bin", b"")


@kind()
def book_strict(town: Town) -> None:
    book_of(town)[0].save(town.path("usual.xlsx"))
    pairs = {
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/": b"http://purl.oclc.org/ooxml/spreadsheetml/",
        b"http://schemas.openxmlformats.org/officeDocument/2006/": b"http://purl.oclc.org/ooxml/officeDocument/",
    }
    with zipfile.ZipFile(town.path("usual.xlsx")) as usual, zipfile.ZipFile(town.path("schools.xlsx"), "w") as strict:
        for name in usual.namelist():
            body = usual.read(name)
            for old, new in pairs.items():
                body = body.replace(old, new)
            strict.writestr(name, body)


@kind()
def book_under_the_name_of_a_text(town: Town) -> None:
    book_of(town)[0].save(town.path("schools.xlsx"))
    town.path("schools.xlsx").replace(town.path("schools.csv"))
    town.use("schools.csv")


@kind("workbook_plain", "schools")
def book_of_another_program(town: Town) -> None:
    town.use("schools.ods")
    write_ods(town.path("schools.ods"), town.rows())


@kind("workbook_plain", "schools")
def book_of_another_program_under_the_name_of_excel(town: Town) -> None:
    town.use("schools.xlsx")
    write_ods(town.path("schools.xlsx"), town.rows())


def write_ods(path: Path, rows: list[list[str]]) -> None:
    """Write rows as a sheet of an OpenDocument workbook, numbers as numbers."""
    names = {"office": "office", "table": "table", "text": "text"}
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"' for short, long in names.items()
    )
    mime = "application/vnd.oasis.opendocument.spreadsheet"

    def cell(text: str) -> str:
        if re.fullmatch(r"[\d.]+", text):
            return f'<table:table-cell office:value-type="float" office:value="{text}"/>'
        return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'

    lines = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    with zipfile.ZipFile(path, "w") as pack:
        pack.writestr("mimetype", mime)
        pack.writestr(
            "content.xml",
            f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.2">'
            f'<office:body><office:spreadsheet><table:table table:name="学校">{lines}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
        pack.writestr(
            "META-INF/manifest.xml",
            '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
            'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{mime}"/></manifest:manifest>',
        )
