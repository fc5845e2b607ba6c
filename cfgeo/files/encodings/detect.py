"""Which encoding a text is in, by how likely its words are in each: UTF-8, or one that nobody names."""

import codecs
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import islice

import numpy as np
import numpy.typing as npt

from cfgeo.core.findings import Findings, finding

NAMES = {
    "utf-8": "UTF-8", "gb18030": "GB18030", "big5hkscs": "Big5", "cp932": "Shift-JIS", "euc_jp": "EUC-JP",
    "cp949": "EUC-KR", "cp1252": "Windows-1252", "cp1251": "Windows-1251", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16",
}  # fmt: skip
"""Python's name of an encoding → the name that people use. GB18030 includes GBK and GB2312."""
LOST = "\ufffd"
"""Stands where bytes are no letter."""

_CODECS = {
    **dict.fromkeys(("936", "cp936", "ms936", "gbk", "xgbk", "gb2312", "gb18030", "54936", "euccn"), "gb18030"),
    **dict.fromkeys(("950", "cp950", "951", "big5", "xbig5", "big5hkscs"), "big5hkscs"),
    **dict.fromkeys(("932", "cp932", "ms932", "shiftjis", "xsjis", "sjis", "windows31j"), "cp932"),
    **dict.fromkeys(("949", "cp949", "euckr", "ksc5601", "uhc"), "cp949"),
    **dict.fromkeys(("65001", "cp65001", "utf8", "utf8sig"), "utf-8"),
    **dict.fromkeys(("1252", "cp1252", "88591", "iso88591", "885915", "iso885915", "latin1"), "cp1252"),
    **dict.fromkeys(("1251", "cp1251"), "cp1251"),
}  # fmt: skip
"""What people and programs call an encoding, in small letters and digits alone → Python's name."""
_LANGUAGES = {
    "gb18030": ("zh", "zh-Hant"), "big5hkscs": ("zh-Hant",), "cp932": ("ja",), "euc_jp": ("ja",), "cp949": ("ko",),
    "cp1252": ("latin",), "cp1251": ("cyrillic",), "utf-8": ("zh", "zh-Hant", "ja", "ko", "latin", "cyrillic", "other"),
}  # fmt: skip
"""The encodings that are weighed, and what is written in them."""
_ALPHABETS = ("cp1252", "cp1251")
"""Encodings in which anything is letters: never sure where the file does not name them."""
_SHARES = {"zh": 0.9, "zh-Hant": 0.04, "ja": 0.03, "ko": 0.01, "latin": 0.01, "cyrillic": 0.005, "other": 0.005}
"""How likely a list is in a language. The users are planners in China; that decides about a word or two only."""
_ASCII, _RARE, _UNKNOWN, _BROKEN = 1 / 70, 2e-7, 1e-9, 1e-8
"""How likely a letter is that belongs to ASCII, that its language hardly uses, that has no use, that is none."""
_BESIDE = 0.03
"""How much less likely an accented letter is beside another one, and a capital behind a small letter."""
_CUT = 0.05
"""How likely a letter is cut off at the end of a cell."""
_LEAST = 1e-6
"""What is less likely than so, a letter, is no text."""
_MOST_ODD = 0.25
"""A text has no larger share of letters that have no use, or are none."""
_SURE = 300.0
"""A reading is sure where it is so many times likelier than each other one."""
_STRICT, _DECLARED, _HINTED = 100.0, 1e4, 10.0
"""How much likelier an encoding is as UTF-8, which is so strict, as a declared one, and as that of a table's header."""
_BEYOND_CHANCE = 30
"""So many cells are not UTF-8 by chance."""
_MOST_CELLS = 2000
_SAMPLE = 24

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Encoding:
    """The encoding that a text is read in.

    Attributes
    ----------
    codec : str
        Python's name.
    sample : str
        A cell of the text that is not in ASCII, as it is read; "" where there is none.
    other, other_sample : str
        Another encoding that is as likely, or was declared, as people call it, and the cell in it; "" for none.
    declared : bool
        Whether the other one is what the file says of itself.
    known : bool
        Whether the file or its user says so, or the text is UTF-8, which no other text is by chance.
    is_text : bool
        Whether the cells look like words at all.
    twice : bool
        Whether the file holds UTF-8 that a program took for Western letters and wrote as UTF-8 again.
    """

    codec: str
    sample: str = ""
    other: str = ""
    other_sample: str = ""
    declared: bool = False
    known: bool = True
    is_text: bool = True
    twice: bool = False

    @property
    def name(self) -> str:
        """Return the name that people use."""
        return NAMES.get(self.codec, self.codec)

    def findings(self, file: str) -> Findings:
        """Return what has to be told about the encoding of a file, as findings about the file."""
        name, sample, other, second = self.name, self.sample, self.other, self.other_sample
        if self.twice:
            return [finding("encoding_twice", file, file=file, sample=sample)]
        if other and self.declared:
            doubt = finding(
                "encoding_misdeclared", file, file=file, encoding=name, sample=sample, other=other, other_sample=second
            )
            return [doubt]
        if other:
            doubt = finding(
                "encoding_doubtful", file, file=file, encoding=name, sample=sample, other=other, other_sample=second
            )
            return [doubt]
        if not self.known:
            return [finding("encoding_guessed", file, severity="note", file=file, encoding=name, sample=sample)]
        return []


def encoded_once(body: bytes) -> bytes | None:
    """Return UTF-8 that was taken for Western letters and written as UTF-8 again as it was before; None for others."""
    try:
        once = bytes(_western()[sign] for sign in body.decode("utf-8"))
        is_east = any("\u0800" <= sign < "\ue000" for sign in once.decode("utf-8"))
    except (UnicodeDecodeError, KeyError):
        return None
    return once if is_east else None


@cache
def _western() -> dict[str, int]:
    """Return the bytes of Western letters, by Latin-1 and by Windows-1252, which has letters for most of the rest."""
    letters = {chr(byte): byte for byte in range(0x100)}
    for byte in range(0x80, 0xA0):
        letters[bytes([byte]).decode("cp1252", "ignore") or chr(byte)] = byte
    return letters


def codec_of(name: str) -> str | None:
    """Return Python's name of an encoding as people and programs write it; None where there is none of this name.

    ``GBK``, ``x-gbk``, ``OEM 936``, ``ANSI 936``, ``CP936`` and ``936`` are one.
    """
    plain = re.sub(r"^(ansi|oem|codepage|windows(?=[89]\d\d$|125|650))", "", re.sub(r"[^a-z0-9]", "", name.lower()))
    if plain in _CODECS:
        return _CODECS[plain]
    try:
        "".encode(name.strip())  # LookupError, too, for what Python calls a codec and is no encoding
        return codecs.lookup(name.strip()).name
    except (LookupError, ValueError):
        return None


def decoded(cell: bytes, codec: str) -> tuple[str, int]:
    """Return the text of a cell, and how many bytes of a letter are cut off at its end."""
    decoder = codecs.getincrementaldecoder(codec)("replace")
    text = decoder.decode(cell, final=False)
    return text, len(decoder.getstate()[0])


def read_encoding(cells: Iterable[bytes], *, declared: str | None = None, hint: str | None = None) -> Encoding:
    """Return the encoding in which the cells of a table are likeliest.

    Parameters
    ----------
    cells
        The cells, or all that may be one. A letter that is cut off at the end hardly counts against an encoding.
    declared
        The encoding that the file says it is in, as Python names it. It is taken unless another is far likelier.
    hint
        An encoding that programs note without a look at the words.
    """
    sample = list(dict.fromkeys(islice((cell for cell in cells if not cell.isascii()), _MOST_CELLS)))
    if not sample:
        return Encoding(declared or "utf-8")
    if declared and "a".encode(declared) != b"a":  # UTF-16, in which no cell of a table can be
        declared = None
    utf_8 = [decoded(cell, "utf-8") for cell in sample]
    if declared is None and len(sample) >= _BEYOND_CHANCE and _is_sure(utf_8, "utf-8"):  # the tables take 0.3 s to make
        text = [text for text, _ in utf_8]
        return Encoding("utf-8", max(text, key=len)[:_SAMPLE], is_text=_is_text("".join(text), np.inf))
    tried = [*dict.fromkeys((*_LANGUAGES, *([declared] if declared else [])))]
    texts = {codec: [decoded(cell, codec) for cell in sample] for codec in tried}
    scores = {codec: _score(codec, text) for codec, text in texts.items()}
    weights = {"utf-8": _STRICT, hint: _HINTED, declared: _DECLARED}
    weighed = {codec: score + np.log(weights.get(codec, 1.0)) for codec, score in scores.items()}
    best = max(tried, key=lambda codec: weighed[codec])
    if _is_sure(texts["utf-8"], "utf-8") and any(rest for _, rest in texts[best]):
        best = "utf-8"  # a list may number one rare word (静0, 静1 …), half of whose letters GBK has, too
    score = np.inf if _is_sure(texts[best], best) else scores[best]
    is_text = _is_text("".join(text for text, _ in texts[best]), score)
    others = [codec for codec in tried if texts[codec] != texts[best]]
    known = best in {"utf-8", declared}
    other = max(others, key=lambda codec: weighed[codec])
    if declared is not None and declared in others:
        other = declared
    elif (
        is_text
        and (_is_sure(texts[best], best) or weighed[best] - weighed[other] > np.log(_SURE))
        and (known or best not in _ALPHABETS)
    ):
        return Encoding(best, max((text for text, _ in texts[best]), key=len)[:_SAMPLE], known=known)
    one, two = next((a, b) for (a, _), (b, _) in zip(texts[best], texts[other], strict=True) if a != b)
    doubt = (one[:_SAMPLE], NAMES.get(other, other), two[:_SAMPLE])
    return Encoding(best, *doubt, declared=other == declared, known=known, is_text=is_text)


def _is_text(text: str, score: float) -> bool:
    """Return whether cells look like words, by their letters and by how likely they are."""
    wide = [sign for sign in text if not sign.isascii()]
    odd = sum(unicodedata.category(sign)[0] == "C" or sign == LOST for sign in text if sign not in "\t\r\n")
    least = (len(text) - len(wide)) * np.log(_ASCII) + len(wide) * np.log(_LEAST) + np.log(min(_SHARES.values()))
    return bool(score >= least) and odd <= _MOST_ODD * len(wide)


def _is_sure(cells: Sequence[tuple[str, int]], codec: str) -> bool:
    """Return whether cells are UTF-8 that nothing else is by chance: whole, with letters of three bytes or accents."""
    if codec != "utf-8" or any(LOST in text for text, _ in cells):
        return False
    return any("\u0800" <= sign < "\ue000" for text, _ in cells for sign in text) or all(map(_is_word, cells))


def _is_word(cell: tuple[str, int]) -> bool:
    """Return whether a cell is a word of Latin letters, of which some have accents."""
    wide = [sign for sign in cell[0] if not sign.isascii()]
    return all(sign.isalpha() and sign < "\u0250" for sign in wide) and sum(map(str.isalpha, cell[0])) > 2 * len(wide)


def _score(codec: str, cells: Sequence[tuple[str, int]]) -> float:
    """Return the logarithm of how likely cells are in an encoding, in the language that fits them best."""
    text = "\n".join(text for text, _ in cells)
    codes = np.minimum(np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4"), 0xFFFF)
    cut = float(sum(rest > 0 for _, rest in cells) * np.log(_CUT))
    return cut + max(
        float(np.log(_SHARES[language]) + _letters(language)[codes].sum() + _neighbours(language, codes))
        for language in _LANGUAGES.get(codec, ("latin",))
    )


def _neighbours(language: str, codes: npt.NDArray[np.uint32]) -> float:
    """Return what it costs that letters of an alphabet stand as they do not in words."""
    if language == "latin":
        return float(np.count_nonzero((codes[1:] >= 0x80) & (codes[:-1] >= 0x80)) * np.log(_BESIDE))
    if language == "cyrillic":
        small, capital = (codes >= 0x430) & (codes < 0x460), (codes >= 0x400) & (codes < 0x430)
        latin = ((codes | 0x20) >= ord("a")) & ((codes | 0x20) <= ord("z"))
        odd = (small[:-1] & capital[1:]) | ((small | capital)[:-1] & latin[1:]) | (latin[:-1] & (small | capital)[1:])
        return float(np.count_nonzero(odd) * np.log(_BESIDE))
    return 0.0


@cache
def _letters(language: str) -> Array:
    """Return the logarithm of how likely each letter is in a language, by its code point below 65,536."""
    words = {key: "".join(text.split()) for key, text in _frequent().items()}
    zh, marks = words["zh"], (words["marks"], 0.03)
    hanzi = "".join(map(chr, range(0x4E00, 0xA000)))
    tiers: dict[str, list[tuple[str, float]]] = {
        "zh": [
            (hanzi, 1e-3), (_block("gb2312", 0xD8, 0xF7), 0.01), (_block("gb2312", 0xB0, 0xD7), 0.2), marks, (zh, 0.75),
        ],
        "zh-Hant": [
            (hanzi, 1e-3), (_block("big5", 0xC9, 0xF9), 0.01), (_block("big5", 0xA4, 0xC6), 0.2), marks,
            (_within(zh, "big5", 0xA4, 0xC6) + words["zh_traditional"], 0.75),
        ],
        "ja": [
            (hanzi, 1e-4), (_span(0xFF61, 0xFFA0), 0.002), (_block("cp932", 0x99, 0xEA), 0.005),
            (_block("cp932", 0x88, 0x98), 0.15), marks, (_within(zh, "cp932", 0x88, 0x98) + words["ja"], 0.35),
            (_span(0x3041, 0x3094), 0.2), (_span(0x30A1, 0x30FD), 0.25),
        ],
        "ko": [(hanzi, 1e-3), (_block("euc_kr", 0xB0, 0xC8), 0.3), marks, (words["ko"], 0.65)],
        "latin": [
            (_span(0xA0, 0x250), 0.01), ("–—‘’“”•…€°²³ºª«»·", 0.01),
            (_span(0xC0, 0x180), 0.2), (_span(0xE0, 0xFD), 0.1),
        ],
        "cyrillic": [(_span(0xA0, 0xC0) + "–—‘’“”«»№…", 0.01), (_span(0x400, 0x460), 0.05), (_span(0x430, 0x450), 0.9)],
        "other": [(_span(0xA0, 0x800), 0.003), (_span(0x800, 0xD800), 1.0)],
    }  # fmt: skip
    likely = np.full(0x10000, _RARE if language != "other" else 1e-4)
    likely[: ord(" ")] = _UNKNOWN
    likely[0x7F:0xA0] = _UNKNOWN
    likely[0xD800:0xF900] = _UNKNOWN  # halves of letters, and letters of one's own
    for text, share in tiers[language]:
        codes = [ord(letter) for letter in dict.fromkeys(text)]
        likely[codes] = share / len(codes)
    likely[ord(" ") : 0x7F] = _ASCII
    likely[[ord(sign) for sign in "\t\r\n"]] = _ASCII
    likely[ord(LOST)] = _BROKEN
    logarithms: Array = np.log(likely)
    return logarithms


def _span(first: int, end: int) -> str:
    return "".join(map(chr, range(first, end)))


def _block(codec: str, first: int, last: int) -> str:
    """Return the letters of an encoding whose first byte lies between two: standards list the frequent ones first."""
    trails = (*range(0x40, 0x7F), *range(0x80, 0xFF))
    pairs = [bytes((lead, trail)) for lead in range(first, last + 1) for trail in trails]
    # All in one call: the end of a line is in no pair, so what is no letter cannot run into its neighbour.
    return "".join(letter for letter in b"\n".join(pairs).decode(codec, "ignore").split("\n") if len(letter) == 1)


def _within(text: str, codec: str, first: int, last: int) -> str:
    """Return the letters of a text that :func:`_block` has, too."""
    block = set(_block(codec, first, last))
    return "".join(letter for letter in text if letter in block)


@cache
def _frequent() -> dict[str, str]:
    return tomllib.loads(
        resources.files("cfgeo").joinpath("files", "encodings", "letters.toml").read_text(encoding="utf-8")
    )
