"""Words whose encoding nobody says are read in the likeliest one, and a doubt is told with both readings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cfgeo.core.findings import describe, findings_table
from cfgeo.core.strings import LANGUAGES
from cfgeo.files.encodings.detect import Encoding, codec_of, decoded, read_encoding

SIMPLIFIED = ["人民路小学", "石板坡幼儿园", "第三中学校", "渔洞医院", "重庆市第二十九中学", "鱼嘴镇社区卫生服务中心"]
TRADITIONAL = ["忠孝國小", "建國中學", "淡水圖書館", "大安森林公園", "仁愛醫院", "圓山社區活動中心"]
JAPANESE = ["さくら幼稚園", "第一小学校", "区立図書館", "みどり公園", "渋谷センター", "北区役所"]
KOREAN = ["서울초등학교", "부산중학교", "한강공원", "종로도서관", "대구유치원", "신촌병원"]
RUSSIAN = ["Школа", "Детский сад", "Библиотека имени Пушкина"]
FRENCH = ["École maternelle", "Collège Léon", "Parc Fontvieille été"]
LISTS = [
    (SIMPLIFIED, "utf-8"), (SIMPLIFIED, "gbk"), (SIMPLIFIED, "gb18030"), (TRADITIONAL, "big5"), (TRADITIONAL, "cp950"),
    (TRADITIONAL, "gbk"), (TRADITIONAL, "utf-8"), (JAPANESE, "cp932"), (JAPANESE, "euc_jp"), (JAPANESE, "utf-8"),
    (KOREAN, "cp949"), (KOREAN, "utf-8"), (RUSSIAN, "cp1251"), (RUSSIAN, "utf-8"), (FRENCH, "cp1252"),
    (FRENCH, "utf-8"),
]  # fmt: skip


def read(words: list[str], codec: str, **said: str) -> Encoding:
    return read_encoding([word.encode(codec) for word in words], **said)


def rules(encoding: Encoding) -> list[tuple[str, str]]:
    return [(row["rule"], row["severity"]) for row in encoding.findings("a.csv")]


@pytest.mark.parametrize(("words", "codec"), LISTS)
def test_a_list_of_some_names_is_read_in_its_encoding_and_an_alphabet_is_doubted(words: list[str], codec: str) -> None:
    found = read(words, codec)
    assert [word.encode(codec).decode(found.codec) for word in words] == words
    told = ("encoding_doubtful", "warning") if codec in {"cp1251", "cp1252"} else ("encoding_guessed", "note")
    assert rules(found) == ([] if codec == "utf-8" else [told])


@pytest.mark.parametrize(("words", "codec"), LISTS)
def test_a_list_of_one_name_is_read_in_its_encoding_or_doubted(words: list[str], codec: str) -> None:
    for word in words:
        found = read([word], codec)
        assert found.other or word.encode(codec).decode(found.codec) == word, (word, found)
        assert codec != "utf-8" or rules(found) == []


def test_a_doubt_is_a_warning_with_both_readings() -> None:
    body = "楼".encode("gbk")  # a small capital and a sign in Russian, Korean for nothing
    found = read_encoding([body])
    assert rules(found) == [("encoding_doubtful", "warning")]
    table = findings_table(found.findings("学校.csv"))
    for lang in LANGUAGES:
        said = describe(table, lang)["what"].iloc[0]
        assert "学校.csv" in said
        assert {found.sample, found.other_sample} == {body.decode(found.codec), found.other_sample}
        assert found.sample in said
        assert found.other_sample in said


@pytest.mark.parametrize(("words", "codec"), [case for case in LISTS if case[1] not in {"cp1251", "cp1252"}])
def test_one_cut_or_bad_byte_changes_no_encoding(words: list[str], codec: str) -> None:
    whole = read(words, codec).codec
    cells = [word.encode(codec) for word in words]
    assert read_encoding([cells[0][:-1], *cells[1:]]).codec == whole
    assert read_encoding([cells[0][:2] + b"\xff" + cells[0][2:], *cells[1:]]).codec == whole


def test_a_letter_that_is_cut_off_is_left_out() -> None:
    assert decoded("学校名称".encode()[:10], "utf-8") == ("学校名", 1)
    assert decoded("学校名称".encode("gbk")[:7], "gb18030") == ("学校名", 1)
    assert decoded("学校".encode(), "utf-8") == ("学校", 0)


def test_ascii_is_in_no_encoding_that_matters() -> None:
    assert rules(read(["name", "lon"], "utf-8")) == []
    assert read([], "utf-8") == Encoding("utf-8")


@pytest.mark.parametrize(
    "body", [bytes(i * 89 % 251 for i in range(200)), b"\x81\x00\xfe\x01\x8f\xff" * 5, b"\xff\x01\x02"]
)
def test_bytes_that_are_no_words_are_known(body: bytes) -> None:
    assert not read_encoding([body]).is_text


@pytest.mark.parametrize(
    ("name", "codec"),
    [("GBK", "gb18030"), ("x-gbk", "gb18030"), ("OEM 936", "gb18030"), ("ANSI 936", "gb18030"), ("CP936", "gb18030"),
     ("936", "gb18030"), ("GB2312", "gb18030"), ("gb18030", "gb18030"), ("windows-936", "gb18030"),
     ("65001", "utf-8"), ("UTF-8", "utf-8"), ("utf8", "utf-8"), ("\ufeffUTF-8\r\n", "utf-8"), ("CP65001", "utf-8"),
     ("88591", "cp1252"), ("ISO-8859-1", "cp1252"), ("ISO 88591", "cp1252"), ("ANSI 1252", "cp1252"),
     ("BIG5", "big5hkscs"), ("950", "big5hkscs"), ("Big5-HKSCS", "big5hkscs"), ("SHIFT_JIS", "cp932"),
     ("OEM 932", "cp932"), ("1251", "cp1251"), ("MS936", "gb18030"), ("EUC-KR", "cp949"), ("CP437", "cp437"),
     ("System", None), ("", None), ("OEM", None), ("hex", None), ("?", None), ("\0", None)],
)  # fmt: skip
def test_an_encoding_goes_by_many_names(name: str, codec: str | None) -> None:
    assert codec_of(name) == codec


def test_what_a_file_declares_is_taken_unless_the_words_are_none_in_it() -> None:
    assert rules(read(SIMPLIFIED, "gbk", declared="gb18030")) == []
    assert rules(read(TRADITIONAL, "big5", declared="big5hkscs")) == []
    assert read(["楼"], "gbk", declared="gb18030") == Encoding("gb18030", "楼")
    wrong = [
        (SIMPLIFIED, "gbk", "utf-8"), (SIMPLIFIED, "utf-8", "gb18030"), (SIMPLIFIED, "gbk", "cp1252"),
        (TRADITIONAL, "big5", "gb18030"), (["人民路小学"], "gbk", "cp1252"),
    ]  # fmt: skip
    for words, codec, said in wrong:
        found = read(words, codec, declared=said)
        assert rules(found) == [("encoding_misdeclared", "warning")]
        assert found.sample in words


@given(st.lists(st.binary(max_size=30), max_size=5))
def test_any_bytes_get_an_encoding(cells: list[bytes]) -> None:
    found = read_encoding(cells)
    for cell in cells:
        text, cut = decoded(cell, found.codec)
        assert 0 <= cut < 4  # bytes: less than the longest letter
        assert bool(text) == (len(cell) > cut)


@given(st.lists(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1), min_size=1, max_size=9))
def test_chinese_in_utf_8_is_never_anything_else(words: list[str]) -> None:
    assert rules(read(words, "utf-8")) == []


def test_a_rare_word_with_numbers_is_utf_8_where_it_is_whole_in_utf_8_alone() -> None:
    encoding = read_encoding([f"静{i}".encode() for i in range(13)])
    assert (encoding.codec, encoding.is_text) == ("utf-8", True)
