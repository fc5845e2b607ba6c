"""The Word reports: what they say, that it is what the tables say, and that no name breaks them."""

import dataclasses
import io
import itertools
import re
import zipfile
from pathlib import Path

import docx
import pandas as pd
import pytest
from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from lxml import etree
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont
from PIL import ImageFont
from tools.browser import pdf_pages
from tools.office import converted
from worlds.publish_results import write_reports

from cfgeo import Results
from cfgeo.core.schema import WALK_PARTS
from cfgeo.core.strings import LANGUAGES, Lang, name_of, text
from cfgeo.publish.report.paper import Paper
from cfgeo.publish.report.styles import DESIGNS
from cfgeo.publish.report.write import map_size_mm
from cfgeo.publish.safe_text import one_line
from cfgeo.publish.tables.csv import community_table, coverage_table, route_table, street_office_table
from cfgeo.publish.tables.scorecard import headline
from cfgeo.publish.words.names import clause_titles, short_name
from cfgeo.publish.words.numbers import percent

HOSTILE = [
    "<script>alert(1)</script>",
    "\"><w:p/>'&amp;",
    "第一行\n第二行\u2028第三行",
    "\x00\x07\x1f\ufffe坏",
    "../../etc/passwd",
    "CON",
    "a:b*c?",
    "{0} {office} %s",
    " ",
    "很长" * 200,
]


def _png() -> bytes:
    body = io.BytesIO()
    Figure(figsize=(3, 2)).savefig(body, format="png", metadata={"Software": None})
    return body.getvalue()


PNG = _png()


def no_map(office: str | None) -> bytes:
    return PNG


def written(results: Results, folder: Path, lang: Lang = "zh") -> dict[str, Document]:
    (folder / "reports").mkdir(parents=True, exist_ok=True)
    paths = write_reports(results, folder / "reports", lang=lang, maps=no_map)
    return {path.name: docx.Document(str(path)) for path in paths}


def paragraphs(document: Document, style: str = "") -> list[str]:
    return [p.text for p in document.paragraphs if not style or p.style is None or p.style.name == style]


def everything(document: Document) -> str:
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*paragraphs(document), *cells])


def table_under(document: Document, caption: str) -> list[list[str]]:
    """Return the rows of the table whose caption holds some words, heads first."""
    blocks = list(document.iter_inner_content())
    for one, other in itertools.pairwise(blocks):
        if hasattr(one, "text") and caption in one.text and hasattr(other, "rows"):
            return [[cell.text for cell in row.cells] for row in other.rows]
    raise AssertionError(caption)


def renamed(results: Results, name: str) -> Results:
    """Call a street office, a community, a place, a walkway and the study by one name."""
    communities, facilities = results.communities.copy(), results.facilities.copy()
    old = str(communities["street_office"].iloc[0])
    communities["street_office"] = [name if office == old else office for office in communities["street_office"]]
    communities["community"] = [name, *communities["community"].iloc[1:]]
    facilities["name"] = name
    walks = dataclasses.replace(results.walks, walkways=results.walks.walkways.rename(index=lambda _: name))
    parameters = {**results.parameters, "study": {**results.parameters["study"], "title": name}}
    offices = results.street_offices.rename(index={old: name})
    return dataclasses.replace(
        results,
        communities=communities,
        facilities=facilities,
        walks=walks,
        street_offices=offices,
        parameters=parameters,
    )


@pytest.fixture(scope="module", params=LANGUAGES)
def default_reports(
    default_results: Results, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Lang, dict[str, Document]]:
    lang: Lang = request.param
    return lang, written(default_results, tmp_path_factory.mktemp("reports"), lang)


def test_there_is_a_report_for_each_street_office_and_for_the_district(town_results: Results, tmp_path: Path) -> None:
    assert list(written(town_results, tmp_path / "zh")) == ["小镇.docx", "North.docx", "South.docx"]
    assert list(written(town_results, tmp_path / "en", "en")) == ["district.docx", "North.docx", "South.docx"]
    untitled = renamed(town_results, " ")
    assert next(iter(written(untitled, tmp_path / "none"))) == "全区.docx"


def test_a_report_has_the_map_that_it_is_given(town_results: Results, tmp_path: Path) -> None:
    paths = write_reports(town_results, tmp_path, lang="zh", maps=no_map)
    assert len(paths) == 3
    for path in paths:
        document = docx.Document(str(path))
        assert len(document.inline_shapes) == 1
        shape = document.inline_shapes[0]
        assert shape.width <= Mm(map_size_mm("zh")[0] + 0.1)
        assert shape._inline.docPr.get("descr")


def test_the_default_studys_headline_and_ranking(
    default_results: Results, default_reports: tuple[Lang, dict[str, Document]]
) -> None:
    lang, reports = default_reports
    assert len(reports) == 12
    district = next(iter(reports.values()))
    assert headline(default_results, lang) in paragraphs(district)
    offices = street_office_table(default_results, lang).set_index("street_office")
    _, *rows = table_under(district, text("report.table_offices", lang))
    assert {row[1] for row in rows} == set(offices.index)
    for row in rows:
        found = offices.loc[row[1], ["communities", "passed", "failed", "not_assessed", "marginal"]]
        assert row[2:7] == [str(value) for value in found]
        assert row[7] == percent(offices.loc[row[1], "share"], lang)
    shares = [offices.loc[row[1], "share"] for row in rows]
    assert shares == sorted(shares, reverse=True)
    _, *lines = table_under(district, text("report.table_scorecard", lang))
    assert [line[1] for line in lines] == list(clause_titles(default_results.parameters, lang).values())
    rates = [line for line in lines if line[0] == "17" and "4.5" in line[2]]
    assert rates[0][3] == "3.97"  # 4 would look like nearly reached


def test_the_default_studys_walks_are_those_of_the_tables(
    default_results: Results, default_reports: tuple[Lang, dict[str, Document]]
) -> None:
    lang, reports = default_reports
    titles = clause_titles(default_results.parameters, lang)
    coverage = coverage_table(default_results, lang).set_index(["code", "clause"])
    routes = route_table(default_results, lang).set_index(["code", "clause"])
    codes = {row["community"]: code for code, row in default_results.communities.iterrows()}
    compared = 0
    for name, document in list(reports.items())[1:]:
        _, *rows = table_under(document, text("report.table_gaps", lang))
        clause = ""
        for row in rows:
            if len(set(row)) == 1:  # a row that is one cell: the clause of the rows below
                clause = max(
                    (c for c, title in titles.items() if row[0].startswith(title)), key=lambda c: len(titles[c])
                )
                continue
            key = (codes[row[0]], clause)
            assert row[1] == percent(coverage.loc[key, "share"], lang)
            assert coverage.loc[key, "verdict"] == "failed"
            minutes = coverage.loc[key, "median_minutes"]
            assert row[4] == (
                text("page.beyond", lang, search=30) if minutes == ">30" else text("page.minutes", lang, number=minutes)
            )
            spent = sum(map(float, re.findall(r"\d+\.\d", row[5])))
            if minutes != ">30":
                parts = sum(routes.loc[key, f"{part}_minutes"] for part in WALK_PARTS)
                assert spent == pytest.approx(parts, abs=0.3), (name, row)
                compared += 1
    assert compared > 20


def test_every_community_is_in_its_offices_report_with_its_verdict(
    default_results: Results, default_reports: tuple[Lang, dict[str, Document]]
) -> None:
    lang, reports = default_reports
    table = community_table(default_results, lang)
    stood: list[str] = []
    for name, document in list(reports.items())[1:]:
        _, *rows = table_under(document, text("report.table_communities", lang, office=Path(name).stem))
        for row in rows:
            found = table[table["community"] == row[0]].iloc[0]
            assert row[1:3] == [found["result"], found["missing"]]
            assert row[3] == text("page.yes" if found["marginal"] == "yes" else "page.missing", lang)
            assert row[5] == f"{found['demand']:,.0f}"
        stood += [row[0] for row in rows]
    assert sorted(stood) == sorted(table["community"])


def test_the_first_page_says_what_blocks_and_what_to_do(
    default_results: Results, default_reports: tuple[Lang, dict[str, Document]]
) -> None:
    lang, reports = default_reports
    for name, document in list(reports.items())[1:]:
        office = Path(name).stem
        points = paragraphs(document, "Cfgeo Point")
        leads = [text(f"report.lead_{key}", lang) for key in ("why", "hills", "next", "sure")]
        assert [next(lead for lead in leads if point.startswith(lead)) for point in points] == leads
        inside = default_results.communities[default_results.communities["street_office"] == office]
        counts = inside["failed"].explode().dropna().value_counts()
        if len(counts):
            titles = clause_titles(default_results.parameters, lang)
            most = [titles[clause] for clause in counts.index[counts == counts.max()]]
            assert any(title in points[0] and title in points[2] for title in most), (office, points)


def test_each_office_has_its_matrix_of_verdicts(
    default_results: Results, default_reports: tuple[Lang, dict[str, Document]]
) -> None:
    lang, reports = default_reports
    titles = {title: clause for clause, title in clause_titles(default_results.parameters, lang).items()}
    verdicts = default_results.coverage.set_index(["code", "clause"])["verdict"]
    names = {short_name(str(name)): code for code, name in default_results.communities["community"].items()}
    signs = {"passed": "✓", "failed": "✗", "not_assessed": "–"}
    for name, document in list(reports.items())[1:]:
        head, *rows = table_under(document, text("report.table_plan", lang, office=Path(name).stem))
        assert len(rows) == default_results.coverage["clause"].nunique()
        for row in rows:
            for heading, cell in zip(head[3:], row[3:], strict=True):
                assert cell == signs[verdicts[names[heading], titles[row[1]]]]


def test_every_page_says_how_good_the_data_is_and_has_its_number(town_results: Results, tmp_path: Path) -> None:
    for lang in LANGUAGES:
        status = name_of("word", "illustrative", lang)
        for document in written(town_results, tmp_path / lang, lang).values():
            section = document.sections[0]
            assert document.settings.odd_and_even_pages_header_footer
            for header in (section.header, section.even_page_header):
                assert status in header.paragraphs[0].text
            for footer in (section.footer, section.even_page_footer):
                assert "PAGE" in [code.text for code in footer._element.iter(qn("w:instrText"))]
            assert text("report.meta_status", lang, status=status) in paragraphs(document)


def test_chinese_reports_keep_to_the_typography_of_official_documents(town_results: Results, tmp_path: Path) -> None:
    document = written(town_results, tmp_path)["North.docx"]
    section = document.sections[0]
    size = [round(length / Mm(1)) for length in (section.page_width, section.page_height) if length]
    assert size == [210, 297]
    margins = (section.top_margin, section.right_margin, section.bottom_margin, section.left_margin)
    assert [round(margin / Mm(1)) for margin in margins if margin] == [37, 26, 35, 28]
    fonts = {
        "Title": ("方正小标宋简体", 22),
        "Heading 1": ("黑体", 16),
        "Heading 2": ("楷体", 16),
        "Normal": ("仿宋", 16),
    }
    for name, (font, points) in fonts.items():
        style = document.styles[name]
        assert style.element.rPr.rFonts.get(qn("w:eastAsia")) == font
        assert not [key for key in style.element.rPr.rFonts.attrib if "Theme" in key]
        assert style.font.size == Pt(points)
    assert document.styles["Title"].paragraph_format.alignment == WD_ALIGN_PARAGRAPH.CENTER
    headings = paragraphs(document, "Heading 1")
    assert [heading[:2] for heading in headings][:3] == ["一、", "二、", "三、"]
    assert paragraphs(document, "Heading 2")[0].startswith("（一）")
    assert document.core_properties.language == "zh-CN"
    assert DESIGNS["zh"].text_mm == 156


def test_tables_repeat_their_heads_and_do_not_split_rows(town_results: Results, tmp_path: Path) -> None:
    for document in written(town_results, tmp_path, "en").values():
        assert document.core_properties.language == "en-GB"
        assert document.tables
        for table in document.tables:
            rows = table._tbl.tr_lst
            assert rows[0].trPr.find(qn("w:tblHeader")) is not None
            assert all(row.trPr.find(qn("w:cantSplit")) is not None for row in rows)


def test_no_word_of_a_table_breaks_inside(town_results: Results, tmp_path: Path) -> None:
    """Measured in a font that is wider than Arial, which stands in for it where there is none."""
    fonts = {
        bold: ImageFont.truetype(findfont(FontProperties(family="DejaVu Sans", weight=bold)), 80) for bold in (400, 700)
    }
    for document in written(renamed(town_results, "Saint-Dévote"), tmp_path, "en").values():
        for row in itertools.chain.from_iterable(table.rows for table in document.tables):
            weight = 700 if row._tr.trPr.find(qn("w:tblHeader")) is not None else 400
            for cell in row.cells:
                upright = cell._tc.tcPr.find(qn("w:textDirection")) is not None
                room_mm = (row.height if upright else cell.width) / Mm(1) - 2.4
                words = [cell.text] if upright else cell.text.split()
                for word in (word for word in words if word.isascii()):
                    assert fonts[weight].getlength(word) / 10 * 25.4 / 72 <= room_mm + 0.1, (word, room_mm)


def test_names_of_communities_stand_upright_over_their_columns_where_they_do_not_fit(
    town_results: Results, tmp_path: Path
) -> None:
    """Broken after each letter, no name can be read; where there is room they lie."""
    communities = town_results.communities.copy()
    office = str(communities["street_office"].iloc[0])
    inside = communities["street_office"] == office
    for name, turned in (("Saint-Dévote-sur-le-Mont-Rouge", True), ("一二", False)):
        renamed = communities.assign(community=communities["community"].where(~inside, name))
        results = dataclasses.replace(town_results, communities=renamed)
        table = next(
            table
            for table in written(results, tmp_path / name, "en")[f"{office}.docx"].tables
            if table.rows[0].cells[-1].text == name
        )
        cell = table.rows[0].cells[-1]._tc
        assert (cell.tcPr.find(qn("w:textDirection")) is not None) == turned
        assert (table.rows[0].height is not None) == turned


def test_a_report_says_what_is_missing_marginal_and_steep(town_results: Results, tmp_path: Path) -> None:
    north = everything(written(town_results, tmp_path, "en")["North.docx"])
    assert "Of the 2 communities of North 0 pass (0.0 %), 1 fail and 1 are not assessed." in north
    assert "What holds it back: All communities that fail (1) are held back by this: Primary school." in north
    assert "Item 8 of the plan, required. Asked: 80 % of children aged 6–11 within 5 minutes" in north
    assert "Not assessed: Culture: the town does not say." in north
    assert text("report.limits_use", "en") in north
    assert "streets.osm" in north


@pytest.mark.parametrize("lang", LANGUAGES)
def test_verdicts_that_rest_on_few_homes_are_named(town_results: Results, tmp_path: Path, lang: Lang) -> None:
    few = town_results.communities[town_results.communities["few_homes"]]
    sentence = "report.verdict_few_homes"
    reports = {Path(name).stem: everything(file) for name, file in written(town_results, tmp_path, lang).items()}
    names = text("word.list", lang).join(few["community"])
    district = next(iter(reports.values()))
    assert text(sentence, lang, number=3, least=5, names=names) in district
    for office, inside in few.groupby("street_office"):
        names = text("word.list", lang).join(inside["community"])
        assert text(sentence, lang, number=len(inside), least=5, names=names) in reports[str(office)]
    enough = dataclasses.replace(town_results, communities=town_results.communities.assign(few_homes=False))
    beginning = text(sentence, lang, number=3, least=5, names=names)[-20:]
    assert all(beginning not in everything(file) for file in written(enough, tmp_path / "two", lang).values())


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: repr(name)[:20])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_name_is_text_and_nothing_else(town_results: Results, tmp_path: Path, name: str, lang: Lang) -> None:
    folder = tmp_path / "out"
    reports = written(renamed(town_results, name), folder, lang)
    assert sorted(path.name for path in (folder / "reports").iterdir()) == sorted(reports)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    for file, document in reports.items():
        assert not set('<>:"/\\|?*\n') & set(file)
        if file != "South.docx":
            assert one_line(name) in everything(document)
        with zipfile.ZipFile(folder / "reports" / file) as archive:
            for part in archive.namelist():
                if part.endswith((".xml", ".rels")):
                    etree.fromstring(archive.read(part))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_same_results_give_the_same_bytes(town_results: Results, tmp_path: Path, lang: Lang) -> None:
    for name in ("one", "two"):
        written(town_results, tmp_path / name, lang)
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / name / "reports").iterdir()} for name in ("one", "two"))
    assert one == two
    for path in (tmp_path / "one" / "reports").iterdir():
        with zipfile.ZipFile(path) as archive:
            assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


def test_a_run_without_walkways_schools_and_places_has_its_reports(town_results: Results, tmp_path: Path) -> None:
    walks = {
        field.name: getattr(town_results.walks, field.name).iloc[:0] for field in dataclasses.fields(town_results.walks)
    }
    empty = dataclasses.replace(
        town_results, walks=type(town_results.walks)(**walks), facilities=town_results.facilities.iloc[:0]
    )
    for lang in LANGUAGES:
        district = next(iter(written(empty, tmp_path / lang, lang).values()))
        words = everything(district)
        assert text("report.walkways_none", lang) in words
        assert text("report.school_none", lang) in words


def test_if_nothing_is_missing_the_report_says_so(town_results: Results, tmp_path: Path) -> None:
    coverage = town_results.coverage.assign(verdict="passed", verdict_slower="passed", verdict_faster="passed")
    communities = town_results.communities.assign(verdict="passed", marginal=False, fails_by_terrain=False)
    communities["failed"] = pd.Series([()] * len(communities), index=communities.index)
    fine = dataclasses.replace(town_results, coverage=coverage, communities=communities)
    for lang in LANGUAGES:
        words = everything(written(fine, tmp_path / lang, lang)["North.docx"])
        for key in ("gap_nothing", "marginal_none", "terrain_none"):
            assert text(f"report.{key}", lang) in words


@pytest.mark.office
@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_office_program_opens_and_prints_them(town_results: Results, tmp_path: Path, lang: Lang) -> None:
    written(renamed(town_results, HOSTILE[0]), tmp_path, lang)
    for path in (tmp_path / "reports").iterdir():
        assert 2 <= pdf_pages(converted(path, tmp_path)) <= 10


@pytest.mark.office
@pytest.mark.parametrize(("lang", "often"), [("zh", 1), ("zh", 3), ("en", 1), ("en", 4)])
def test_a_first_page_is_one_page_however_much_there_is_to_say(tmp_path: Path, lang: Lang, often: int) -> None:
    sentence = {
        "zh": "未达标 72 个，街区 11 个，0 个达标（0.0%，目标 70%），与社区分别评定。",
        "en": "All 11 fail. " * 7,
    }[lang]
    paper = Paper(lang, title="", status="official", foot="")
    paper.title("", meta=["标准", "数据"])
    paper.heading("一")
    paper.sentence(sentence * often, bold=True)
    points = [("卡在哪里：", sentence * often) for _ in range(4)]
    paper.first_page(PNG, "图", points, most_mm=84.0)
    paper.heading("二", new_page=True)
    (tmp_path / "one.docx").write_bytes(paper.body())
    assert pdf_pages(converted(tmp_path / "one.docx", tmp_path)) == 2
    (shape,) = paper._document.inline_shapes
    assert (shape.height.mm == pytest.approx(84.0, abs=0.1)) == (often == 1)
    assert shape.height.mm >= 50.0 - 0.1
