"""Yes and no as people write them in tables."""

import unicodedata

import pandas as pd

YES = frozenset((
    "yes", "y", "true", "t", "1", "ok", "√", "✓", "✔", "☑", "✅", "是", "是的", "有", "对",
    "已", "已有", "已认证", "已创建", "已命名", "已授牌", "已建", "已建成", "已设", "已设置", "已配备", "已评定",
    "已通过", "通过", "认证", "达标", "合格", "具备",
))  # fmt: skip
NO = frozenset((
    "no", "n", "false", "f", "0", "×", "✗", "✘", "✕", "✖", "❌", "否", "不", "不是", "无",
    "没", "没有", "未", "未认证", "未创建", "未命名", "未授牌", "未建", "未建成", "未设", "未设置", "未配备", "未评定",
    "未通过", "未达标", "不达标", "不合格", "不具备", "尚未", "暂无", "-", "--", "–", "—", "/", "none",
    "n/a", "",
))  # fmt: skip
"""An empty cell is a no. What stands in neither list is a finding: `x` marks a yes here and a no there."""


def is_yes(answers: pd.Series) -> pd.Series:
    """Say which answers are yes, on their index."""
    return _plain(answers).isin(YES)


def is_unclear(answers: pd.Series) -> pd.Series:
    """Say which answers are neither yes nor no, on their index."""
    return ~_plain(answers).isin(YES | NO)


def is_blank(cells: pd.Series) -> pd.Series:
    """Say which cells hold nothing, on their index."""
    return _plain(cells) == ""


def _plain(cells: pd.Series) -> pd.Series:
    """Return cells as text without differences of width, capitals and blanks."""
    words = cells.astype(object).where(cells.notna(), "").astype("str")
    return words.map(lambda word: unicodedata.normalize("NFKC", word).strip().lower().removesuffix(".0")).astype("str")
