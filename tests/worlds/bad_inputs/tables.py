"""CSV files that are broken as files: cut, of another encoding, with other signs between their cells."""

import zipfile

from worlds.bad_inputs.make import Town, kind


@kind("file_unreadable")
def csv_empty(town: Town) -> None:
    town.write("schools.csv", "")


@kind("layer_empty", "schools")
def csv_headings_only(town: Town) -> None:
    town.write_rows(town.rows()[:1])


@kind("column_missing")
def csv_without_headings(town: Town) -> None:
    town.write_rows(town.rows()[1:])


@kind("file_is_folder")
def csv_is_a_folder(town: Town) -> None:
    town.path("schools.csv").unlink()
    town.path("schools.csv").mkdir()


@kind("file_missing")
def csv_missing(town: Town) -> None:
    town.path("schools.csv").unlink()


@kind("file_nul")
def csv_with_nul_bytes(town: Town) -> None:
    town.edit("Low School", "Low\0School", "schools.csv")


@kind("encoding_guessed", "schools")
def csv_in_utf_16_without_mark(town: Town) -> None:
    town.write("schools.csv", town.text("schools.csv").encode("utf-16-le"))


@kind()
def csv_in_utf_16(town: Town) -> None:
    town.write("schools.csv", town.text("schools.csv").encode("utf-16"))


@kind()
def csv_with_mark(town: Town) -> None:
    town.write("schools.csv", "\ufeff" + town.text("schools.csv"))


@kind()
def csv_with_mark_twice(town: Town) -> None:
    town.write("schools.csv", "\ufeff\ufeff" + town.text("schools.csv"))


@kind("encoding_guessed", "schools")
def csv_in_gbk(town: Town) -> None:
    town.column("name", lambda name: f"重庆市{name}")
    town.write("schools.csv", town.text("schools.csv").encode("gbk"))


@kind("encoding_doubtful", "schools")
def csv_in_latin(town: Town) -> None:
    town.column("name", lambda name: f"École à {name}é")
    town.write("schools.csv", town.text("schools.csv").encode("latin-1"))


@kind("workbook_damaged")
def csv_is_a_workbook(town: Town) -> None:
    with zipfile.ZipFile(town.path("schools.csv"), "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("xl/workbook.xml", bytes(range(256)) * 40)


@kind()
def csv_with_semicolons(town: Town) -> None:
    town.write_rows(town.rows(), separator=";")


@kind()
def csv_with_tabs(town: Town) -> None:
    town.write_rows(town.rows(), separator="\t")


@kind()
def csv_with_semicolons_and_decimal_commas(town: Town) -> None:
    for column in ("lon", "lat", "capacity"):
        town.column(column, lambda number: number.replace(".", ","))
    town.write_rows(town.rows(), separator=";")


@kind()
def csv_with_wide_commas(town: Town) -> None:
    town.write("schools.csv", town.text("schools.csv").replace(",", "，"))


@kind("encoding_guessed", "schools")
def csv_in_big5(town: Town) -> None:
    town.edit("Low School", "忠孝國小", "schools.csv")
    town.write("schools.csv", town.text("schools.csv").encode("big5"))


@kind("encoding_guessed", "schools")
def csv_in_shift_jis(town: Town) -> None:
    town.edit("Low School", "みどり小学校", "schools.csv")
    town.write("schools.csv", town.text("schools.csv").encode("cp932"))


@kind("encoding_mixed", "schools")
def csv_in_two_encodings(town: Town) -> None:
    lines = town.text("schools.csv").replace("Low School", "人民路小学").splitlines(keepends=True)
    more = lines[1].replace("人民路小学", "石板坡小学")
    town.write("schools.csv", "".join(lines).encode("gbk") + more.encode())


@kind("letters_lost", "schools")
def csv_cut_inside_a_letter(town: Town) -> None:
    town.edit("Low School", "人民路小学,", "schools.csv")
    body = town.text("schools.csv").encode()
    town.write("schools.csv", body.replace("学,,".encode(), "学".encode()[:-1] + b","))


@kind("sheet_layout", "schools")
def csv_with_a_title(town: Town) -> None:
    town.write("schools.csv", "学校名单（2026年）,,,\n" + town.text("schools.csv"))


@kind()
def csv_with_the_separator_line(town: Town) -> None:
    town.write_rows(town.rows(), separator=";")
    town.write("schools.csv", "sep=;\n" + town.text("schools.csv"))


@kind()
def csv_with_lines_of_an_old_mac(town: Town) -> None:
    town.write("schools.csv", town.text("schools.csv").replace("\r\n", "\n").replace("\n", "\r"))


@kind("row_long", "schools", "2")
def csv_row_long(town: Town) -> None:
    town.edit("Low School", "Low School, East", "schools.csv")


@kind("row_short", "schools", "3")
def csv_row_short(town: Town) -> None:
    rows = town.rows()
    town.write_rows([*rows[:2], rows[2][:3], *rows[3:]])


@kind("text_quotes")
def csv_quote_never_closed(town: Town) -> None:
    town.edit("Low School", '"Low School', "schools.csv")


@kind("heading_twice", "schools")
def csv_heading_twice(town: Town) -> None:
    rows = town.rows()
    town.write_rows([[*row[:3], "capacity" if i == 0 else "7", *row[3:]] for i, row in enumerate(rows)])


@kind()
def csv_blank_rows(town: Town) -> None:
    rows = town.rows()
    blank = [""] * len(rows[0])
    town.write_rows([rows[0], blank, rows[1], [], *rows[2:], blank, []])


@kind("kind_heading", "schools")
def csv_headings_in_capitals(town: Town) -> None:
    town.edit("kind,name,capacity,certified,lon,lat", " Kind,NAME,Capacity ,Certified,LON,Lat", "schools.csv")


@kind("table_alone")
def csv_with_a_table(town: Town) -> None:
    town.add('table = "Sheet1"', "layers.schools")
