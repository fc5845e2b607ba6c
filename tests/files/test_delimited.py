"""CSV files are read as they are written, in any encoding and with any separator, and what is odd is told."""

from pathlib import Path

import pytest

from cfgeo.core.errors import InputError
from cfgeo.files.delimited import Delimited, read_delimited

BODY = 'name,lon,lat\n一小,106.5,29.5\n"二小, 东",106.6,29.6\n'


def written(folder: Path, body: str | bytes, name: str = "a.csv") -> Delimited:
    (folder / name).write_bytes(body if isinstance(body, bytes) else body.encode())
    return read_delimited(folder / name)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_table_is_read(tmp_path: Path, encoding: str, separator: str) -> None:
    body = BODY.replace(",", separator).replace(f"二小{separator} 东", "二小, 东")
    read = written(tmp_path, body.encode(encoding))
    assert read.table.to_numpy().tolist() == [["一小", "106.5", "29.5"], ["二小, 东", "106.6", "29.6"]]
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
     (b"\xff\xfe\x00", "file_encoding"), (b"a\n\x80\xff", "file_encoding")],
)  # fmt: skip
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, body: bytes, code: str) -> None:
    with pytest.raises(InputError) as caught:
        written(tmp_path, body)
    assert caught.value.code == code
    assert "a.csv" in caught.value.text("zh")


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    assert written(tmp_path, "a\n1\n").table["a"].tolist() == ["1"]
    assert written(tmp_path, "a\n22\n").table["a"].tolist() == ["22"]
