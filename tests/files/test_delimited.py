"""CSV files are read as they are written, in any encoding and with any separator, and what is odd is told."""

from pathlib import Path

import pytest

from cfgeo.core.errors import InputError
from cfgeo.files.delimited import Delimited, read_delimited

BODY = 'name,lon,lat\n一小,106.5,29.5\n"二小, 东",106.6,29.6\n'


def written(folder: Path, body: str | bytes, name: str = "a.csv") -> Delimited:
    return read_delimited(folder / name, body if isinstance(body, bytes) else body.encode())


def rules(read: Delimited) -> list[tuple[str, str, str]]:
    return [(row["rule"], row["severity"], row["row"]) for row in read.findings("a.csv")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gbk", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|", "，", "；"])
def test_a_table_is_read(tmp_path: Path, encoding: str, separator: str) -> None:
    whole = BODY.replace('"二小, 东"', '"二小. 东"')
    body = whole.replace(",", separator)
    read = written(tmp_path, body.encode(encoding))
    assert read.table.to_numpy().tolist() == [["一小", "106.5", "29.5"], ["二小. 东", "106.6", "29.6"]]
    assert read.table.index.tolist() == [2, 3]
    assert (read.long_rows, read.short_rows, read.repeated) == ((), (), ())


def test_rows_are_numbered_as_a_spreadsheet_does(tmp_path: Path) -> None:
    read = written(tmp_path, 'a,b\r\n\r\n1,"two\r\nlines"\r\n,,\r\n3,4\r\n')
    assert read.table.index.tolist() == [3, 5]


def test_rows_that_are_too_long_or_too_short_are_reported(tmp_path: Path) -> None:
    read = written(tmp_path, "a,b\n1,2,3\n4\n5,6,\n")
    assert read.table["a"].tolist() == ["1", "4", "5"]
    assert (read.long_rows, read.short_rows) == ((2,), (3,))


def test_repeated_headings_are_reported_and_the_first_keeps_its_name(tmp_path: Path) -> None:
    read = written(tmp_path, "a,b,a,,d\n1,2,3,4,5\n")
    assert read.table.iloc[0].to_dict() == {"a": "1", "b": "2", "a (C)": "3", "D": "4", "d": "5"}
    assert read.repeated == ("a",)


def test_a_decimal_comma_is_one_where_semicolons_part_the_cells(tmp_path: Path) -> None:
    assert written(tmp_path, "a;b\n1,5;x, y\n").table.iloc[0].tolist() == ["1.5", "x, y"]
    assert written(tmp_path, 'a,b\n"1,5",2\n').table.iloc[0].tolist() == ["1,5", "2"]


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"", "file_unreadable"), (b"\n\n", "file_unreadable"), (b"a,b\n1,\0\n", "file_nul"),
     (b'a,b\n"1,2\n3,4\n', "text_quotes"),
     (b"\x89\xff\x01\x02\xfe\x81\x7f", "file_encoding"),
     (b"a\n" + bytes(i * 89 % 251 | 1 for i in range(200)), "file_encoding")],
)  # fmt: skip
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, body: bytes, code: str) -> None:
    with pytest.raises(InputError) as caught:
        written(tmp_path, body)
    assert caught.value.code == code
    assert "a.csv" in caught.value.text("zh")


def test_the_line_that_tells_excel_the_separator_is_no_row(tmp_path: Path) -> None:
    for line, separator in (("sep=;", ";"), ("SEP=,", ","), ('"sep=|"', "|"), ("sep=\t", "\t"), ("sep=;;;;", ";")):
        body = f"{line}\r\nname{separator}lon{separator}lat\r\n一小{separator}106.5{separator}29.5\r\n"
        read = written(tmp_path, "\ufeff" + body)
        assert read.table.to_dict("list") == {"name": ["一小"], "lon": ["106.5"], "lat": ["29.5"]}
        assert read.table.index.tolist() == [2]  # as Excel numbers it, which does not show the line


@pytest.mark.parametrize(
    "title", ["学校名单", "学校名单,,,", "学校名单\n", "学校名单,,,\n单位：区教委,,,", "\n,,,\n学校名单,,"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_titles_above_the_headings_are_skipped_and_told(tmp_path: Path, title: str, encoding: str) -> None:
    body = f"{title}\n名称,类型,经度,纬度\n一小,小学,106.5,29.5\n合计,1,,\n"
    read = written(tmp_path, body.encode(encoding))
    row = title.count("\n") + 3
    assert read.table.to_dict("list") == {"名称": ["一小"], "类型": ["小学"], "经度": ["106.5"], "纬度": ["29.5"]}
    assert read.table.index.tolist() == [row]
    assert ("sheet_layout", "note", "") in rules(read)
    assert "学校名单" in read.remarks


def test_units_and_totals_below_headings_are_no_places(tmp_path: Path) -> None:
    """In a list without a title, too: 0.12 万人 are 1,200, which the heading then says."""
    rows = "名称,学位数,备注\n,万人,\n一小,0.12,\n小计：,0.12,\n合计（1所）,0.12,\n共计 1 所,0.12,\n合计小学,0.05,\n"
    read = written(tmp_path, rows)
    assert read.table["学位数（万人）"].tolist() == ["0.12", "0.05"]
    assert read.table.index.tolist() == [3, 7]
    (told,) = [row for row in read.findings("a.csv") if row["rule"] == "sheet_layout"]
    assert told["values"]["skipped"] == (2, 4, 5, 6)


def test_rows_of_words_below_headings_are_no_headings(tmp_path: Path) -> None:
    read = written(tmp_path, "name,2024\nA,yes\nB,no\n")
    assert read.table.to_dict("list") == {"name": ["A", "B"], "2024": ["yes", "no"]}
    assert written(tmp_path, "code\nC01\nC02\n").table["code"].tolist() == ["C01", "C02"]
    assert written(tmp_path, "1,2\nA,B\n").table.columns.tolist() == ["1", "2"]


def test_a_column_without_a_heading_takes_no_name_of_another(tmp_path: Path) -> None:
    read = written(tmp_path, "D,a,b,,c\n1,2,3,4,5\n")
    assert read.table.iloc[0].to_dict() == {"D": "1", "a": "2", "b": "3", "D (D)": "4", "c": "5"}
    read = written(tmp_path, "a,,B\n1,2,3\n")
    assert read.table.iloc[0].to_dict() == {"a": "1", "B (B)": "2", "B": "3"}
    read = written(tmp_path, "a (C),a,a,d\n1,2,3,4\n")
    assert read.table.iloc[0].to_dict() == {"a (C)": "1", "a": "2", "a (C) (C)": "3", "d": "4"}
    assert read.repeated == ("a",)


def test_lines_may_end_as_on_an_old_mac(tmp_path: Path) -> None:
    read = written(tmp_path, BODY.replace("\n", "\r"))
    assert read.table["name"].tolist() == ["一小", "二小, 东"]
    assert read.table.index.tolist() == [2, 3]


def test_marks_of_byte_order_are_no_text(tmp_path: Path) -> None:
    assert written(tmp_path, "\ufeff\ufeff" + BODY).table.columns.tolist() == ["name", "lon", "lat"]


def test_bytes_that_are_no_letter_are_told_with_their_row(tmp_path: Path) -> None:
    body = BODY.encode().replace("一小".encode(), "一小".encode()[:-1])
    read = written(tmp_path, body)
    assert read.table["name"].tolist() == ["一�", "二小, 东"]
    assert rules(read) == [("letters_lost", "warning", "")]
    (lost,) = read.findings("a.csv")
    assert (lost["values"]["rows"], lost["values"]["sample"]) == ((2,), "一�")


def test_a_list_pasted_below_another_is_read_line_by_line_and_told(tmp_path: Path) -> None:
    for first, second in (("gbk", "utf-8"), ("utf-8", "gbk")):
        lines = ["名称,类型", "人民路小学,小学", "石板坡中学,中学"]
        more = ["大溪沟小学,小学", "第三幼儿园,幼儿园"]
        body = "\n".join([*lines, ""]).encode(first) + "\n".join(more).encode(second)
        read = written(tmp_path, body)
        assert read.table["名称"].tolist() == ["人民路小学", "石板坡中学", "大溪沟小学", "第三幼儿园"]
        assert ("encoding_mixed", "warning", "") in rules(read)


def test_the_encoding_that_the_user_gives_is_taken(tmp_path: Path) -> None:
    body = "name,lon\n楼,1\n".encode("gbk")
    assert rules(written(tmp_path, body))[0][0] == "encoding_doubtful"
    read = read_delimited(tmp_path / "a.csv", body, encoding="gb18030")
    assert (read.table["name"].tolist(), rules(read)) == (["楼"], [])


def test_a_separator_is_not_a_comma_inside_numbers_or_quotes(tmp_path: Path) -> None:
    assert written(tmp_path, "a;b\n1,5;2,5\n3,5;4,5\n").table.iloc[0].tolist() == ["1.5", "2.5"]
    assert written(tmp_path, 'a;"b,c,d"\n1;"x,y,z"\n').table.columns.tolist() == ["a", "b,c,d"]


def test_the_mark_of_dos_at_the_end_is_no_row(tmp_path: Path) -> None:
    assert rules(written(tmp_path, BODY + "\x1a")) == []


def test_a_few_accents_in_utf_8_are_no_doubt(tmp_path: Path) -> None:
    read = written(tmp_path, "name,lon\nCafé,1\n")
    assert (read.table["name"].tolist(), rules(read)) == (["Café"], [])


@pytest.mark.parametrize("title", [[], ["渝中区学校统计表,,,,"]])
def test_headings_in_two_rows_are_joined_as_those_of_a_sheet(title: list[str]) -> None:
    """A sheet with merged headings that was saved as CSV has blanks behind each group, and its parts below."""
    lines = [
        *title,
        "学校名称,办学规模,,位置,",
        ",班数,学位数,经度,纬度",
        "人民小学,24,1080,106.55,29.56",
        "和平小学,,900,106.56,29.55",
    ]
    read = read_delimited(Path("schools.csv"), "\n".join(lines).encode())
    assert read.table.shape == (2, 5)
    degrees = [str(name) for name in read.table.columns if "学位数" in str(name)]
    assert read.table[degrees[0]].tolist() == ["1080", "900"]
    assert read.sheet is not None
    assert read.sheet.headings == (1 + len(title), 2 + len(title))
    assert "sheet_layout" in [row["rule"] for row in read.findings("schools")]


def test_records_with_blanks_are_no_headings() -> None:
    body = "name,kind,note,source\n人民小学,小学,,城区\n和平小学,小学,旧址,\n"
    read = read_delimited(Path("schools.csv"), body.encode())
    assert read.sheet is None
    assert len(read.table) == 2


def test_a_list_whose_lines_stand_in_quotes_is_read_by_its_cells(tmp_path: Path) -> None:
    read = written(tmp_path, '"名称,学段"\n"一小,小学"\n\n"""二,小"",小学"\n')
    assert read.table.to_dict("list") == {"名称": ["一小", "二,小"], "学段": ["小学", "小学"]}
    assert read.table.index.tolist() == [2, 4]


def test_a_single_column_whose_cells_have_commas_stays_one(tmp_path: Path) -> None:
    assert written(tmp_path, '名称\n"一小,二小"\n').table.to_dict("list") == {"名称": ["一小,二小"]}


@pytest.mark.parametrize(
    "below",
    [
        "合 计：2所,,,1650",
        "填表人：张三,,,审核人：李四",
        "*学位数含临时学位,,,",
        "名称,学段,经度,学位数",
        "共 2 条记录,,,",
        "示例：某某小学,小学,106.55,900",
        "1,（示例）,小学,106.55",
        "------,----,---,---",
    ],
)
def test_what_stands_below_a_list_is_no_place(tmp_path: Path, below: str) -> None:
    read = written(tmp_path, f"名称,学段,经度,学位数\n一小,小学,106.5,450\n{below}\n二小,小学,106.6,1200\n")
    assert read.table["名称"].tolist() == ["一小", "二小"]
    assert read.sheet is not None
    assert read.sheet.skipped == (3,)


@pytest.mark.parametrize("row", ["示例小学,小学,,", "共二小学,小学,,", "*二小,小学,,", "※二小,,,", "*二小,,106.6,1200"])
def test_a_name_with_a_star_is_a_place(tmp_path: Path, row: str) -> None:
    read = written(tmp_path, f"名称,学段,经度,学位数\n一小,小学,106.5,450\n{row}\n")
    assert len(read.table) == 2


def test_words_without_a_heading_are_told_and_numbers_that_count_rows_are_not(tmp_path: Path) -> None:
    assert rules(written(tmp_path, ",lon\n一小,106.5\n二小,106.6\n")) == [("heading_blank", "note", "A")]
    assert rules(written(tmp_path, ",lon\n0,106.5\n1,106.6\n")) == []


@pytest.mark.parametrize("western", ["latin-1", "cp1252"])
def test_a_list_that_was_encoded_twice_is_read_as_it_was_and_told(tmp_path: Path, western: str) -> None:
    body = "名称,lon\n人民小学,106.5\n石板坡小学,106.6\n".encode()
    letters = "".join(bytes([byte]).decode(western, "ignore") or chr(byte) for byte in body)
    read = written(tmp_path, letters.encode())
    assert read.table["名称"].tolist() == ["人民小学", "石板坡小学"]
    assert rules(read) == [("encoding_twice", "warning", "")]
    assert rules(written(tmp_path, "nom,lon\nÉcole du château,7.4\nMusée océanographique,7.4\n")) == []


@pytest.mark.parametrize("between", ["、", "  ", "　", "      "])
def test_cells_may_be_parted_by_enumeration_commas_or_blanks(tmp_path: Path, between: str) -> None:
    lines = [["学校 名称", "学段", "经度"], ["一小", "小学", "106.5"], [""], ["二小", "小学", "106.6"]]
    read = written(tmp_path, "\n".join(between.join(line) for line in lines))
    assert read.table.iloc[:, 1:].to_dict("list") == {"学段": ["小学", "小学"], "经度": ["106.5", "106.6"]}
    assert read.table.index.tolist() == [2, 4]


def test_blanks_that_part_lines_into_unlike_numbers_of_cells_part_nothing(tmp_path: Path) -> None:
    """A blank cell is not seen among them: to guess would move the cells behind it."""
    read = written(tmp_path, "名称  学段  经度\n一小  小学  106.5\n二小  106.6\n")
    assert read.table.shape == (2, 1)
    assert written(tmp_path, "名称、别名\n一小、老一小\n").table.shape == (1, 1)


@pytest.mark.parametrize(("before", "behind"), [("", "\t"), ("\t", ""), ("\t", "\t")])
def test_tabs_that_keep_numbers_text_part_nothing(tmp_path: Path, before: str, behind: str) -> None:
    lines = [["名称", "电话", "经度"], ["一小", "02363840000", "106.5"]]
    read = written(tmp_path, "\n".join(",".join(f"{before}{cell}{behind}" for cell in line) for line in lines))
    assert read.table.to_dict("list") == {"名称": ["一小"], "电话": ["02363840000"], "经度": ["106.5"]}


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_a_guess_at_utf_16_shows_a_cell(tmp_path: Path, codec: str) -> None:
    (told,) = written(tmp_path, "lon,name\n106.5,一小\n".encode(codec)).findings("a.csv")
    assert (told["rule"], told["values"]["sample"]) == ("encoding_guessed", "一小")


def test_headings_may_stand_again_in_other_words(tmp_path: Path) -> None:
    names = "name,kind,lon,lat"
    read = written(tmp_path, f"名称,类型,经度,纬度\n{names}\n一小,小学,106.5,29.5\n{names}\n二小,小学,106.6,29.5\n")
    assert read.table["名称"].tolist() == ["一小", "二小"]
    assert rules(read) == [("sheet_layout", "note", "")]
    read = written(tmp_path, "OBJECTID,MC,lon,lat\n序号,名称,经度,纬度\n1,一小,106.5,29.5\n")
    assert read.table["MC"].tolist() == ["一小"]


@pytest.mark.parametrize(
    ("heading", "severity"),
    [
        ("序号,纬度,经度,名称", "error"),
        ("名称,坐标,学段,", "error"),
        ("名称,学段,gcj02_lon,gcj02_lat", "error"),
        ("社区,街道,人口,", "warning"),
    ],
)
def test_another_table_below_is_told_and_not_read(tmp_path: Path, heading: str, severity: str) -> None:
    read = written(tmp_path, f"名称,学段,经度,纬度\n一小,小学,106.5,29.5\n\n{heading}\n1,29.5,106.5,二小\n")
    assert read.table["名称"].tolist() == ["一小"]
    (told,) = [row for row in read.findings("a.csv") if row["rule"] == "table_below"]
    assert (told["severity"], told["row"], told["values"]["headings"]) == (
        severity,
        "4",
        tuple(filter(None, heading.split(","))),
    )


@pytest.mark.parametrize("row", ["一小,医院,,", "学校,公园,某处,", "二小,小学,Point,", "社区公园,公园,待定,待定"])
def test_rows_of_words_are_no_other_table(tmp_path: Path, row: str) -> None:
    read = written(tmp_path, f"名称,学段,经度,纬度\n一小,小学,106.5,29.5\n{row}\n")
    assert len(read.table) == 2
