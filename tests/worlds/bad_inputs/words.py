"""Cells that do not say what their column promises: numbers that are words, ages that are blank, names of kinds."""

from worlds.bad_inputs.make import Town, kind


def homes_as_csv(town: Town) -> None:
    """Write the homes as a CSV with their ages."""
    frame = town.frame("homes.geojson")
    numbers = frame.drop(columns="geometry").astype(int).astype(str)
    rows = [[*row, str(at.x), str(at.y)] for row, at in zip(numbers.to_numpy().tolist(), frame.geometry, strict=True)]
    town.write_rows([[*numbers.columns, "lon", "lat"], *rows], "homes.csv")
    town.use("homes.csv", "demand")


def children_by_community(town: Town, body: str) -> None:
    """Give numbers of children by community."""
    town.write("children.csv", body)
    town.write("study.toml", town.text("study.toml") + '\n[demand.children]\npath = "children.csv"\n')


CHILDREN = "code,age_0_2,age_3_5,age_6_11,age_12_17\nC01,2,3,32,6\nC02,7,2,15,1\nC03,4,7,24,18\nC04,0,0,0,0\n"


@kind()
def wide_digits(town: Town) -> None:
    wide = str.maketrans("0123456789.", "０１２３４５６７８９．")
    for column in ("capacity", "lon", "lat"):
        town.column(column, lambda number: number.translate(wide))


@kind()
def numbers_with_blanks_around(town: Town) -> None:
    for column in ("capacity", "lon", "lat"):
        town.column(column, lambda number: f"\u00a0{number} \u3000")


@kind("not_number", "schools", "2")
def capacity_is_words(town: Town) -> None:
    town.column("capacity", lambda number: "约300人" if number == "300.0" else number)


@kind("not_number", "schools", "2")
def capacity_is_infinite(town: Town) -> None:
    town.column("capacity", lambda number: "inf" if number == "300.0" else number)


@kind("negative", "schools", "3")
def capacity_is_negative(town: Town) -> None:
    town.column("capacity", lambda number: "-100" if number == "100.0" else number)


@kind()
def capacity_with_thousands(town: Town) -> None:
    rows = town.rows()
    rows[1][2] = "0,000,300"
    town.write_rows([rows[0], [*rows[1][:2], "300.0", *rows[1][3:]], *rows[2:]])


@kind("no_position", "schools", "2")
def position_is_words(town: Town) -> None:
    town.column("lon", lambda lon: "见附图" if lon.startswith("106.548") else lon)


@kind("no_position", "schools", "2")
def position_is_not_a_number(town: Town) -> None:
    town.column("lon", lambda lon: "NaN" if lon.startswith("106.548") else lon)


@kind("no_position", "schools", "2")
def position_is_infinite(town: Town) -> None:
    town.column("lon", lambda lon: "1e999" if lon.startswith("106.548") else lon)


@kind("swapped", "schools", "2")
def position_swapped_in_one_row(town: Town) -> None:
    rows = town.rows()
    rows[1][4], rows[1][5] = rows[1][5], rows[1][4]
    town.write_rows(rows)


@kind("layer_elsewhere", "schools")
def positions_swapped(town: Town) -> None:
    town.edit("lon,lat", "lat,lon", "schools.csv")


@kind("positions_zone", "schools")
def positions_in_metres(town: Town) -> None:
    town.column("lon", lambda _: "650030")
    town.column("lat", lambda _: "3270000")


@kind()
def positions_in_degrees_and_minutes(town: Town) -> None:
    def sexagesimal(degrees: str) -> str:
        whole, rest = divmod(float(degrees), 1)
        minutes, part = divmod(rest * 60, 1)
        return f"{whole:.0f}°{minutes:.0f}′{part * 60:.4f}″"

    for column in ("lon", "lat"):
        town.column(column, sexagesimal)


@kind("far_elsewhere", "schools")
def position_is_nowhere(town: Town) -> None:
    rows = town.rows()
    town.write_rows([*rows[:3], [*rows[3][:4], "0", "0"]])


@kind("positions_rough", "schools")
def positions_rounded(town: Town) -> None:
    for column in ("lon", "lat"):
        town.column(column, lambda degrees: f"{float(degrees):.2f}")


@kind()
def kind_column_in_chinese(town: Town) -> None:
    town.edit("kind,name", "学校类型,name", "schools.csv")


@kind("kind_heading", "schools", "type")
def kind_column_of_another_name(town: Town) -> None:
    town.edit("kind,name", "type,name", "schools.csv")


@kind("kind_missing", "schools")
def kind_column_missing(town: Town) -> None:
    town.edit("kind,name", "sort,name", "schools.csv")


@kind("kind_missing", "schools")
def kind_column_of_something_else(town: Town) -> None:
    town.edit("kind,name", "类型,name", "schools.csv")
    town.column("类型", lambda kind: "公办")


@kind("kinds_unknown", "schools")
def kind_unknown(town: Town) -> None:
    town.column("kind", lambda name: "小学（停办）" if name == "primary" else name)


@kind("kinds_blank", "schools")
def kind_blank(town: Town) -> None:
    town.column("kind", lambda name: "" if name == "junior" else name)


@kind()
def kind_in_chinese(town: Town) -> None:
    town.column("kind", lambda name: {"primary": "小学", "junior": "初中"}[name])


@kind("answer_unclear", "schools", "2")
def answer_is_neither(town: Town) -> None:
    town.column("certified", lambda answer: "申报中" if answer == "yes" else answer)


@kind("columns_absent")
def answers_all_blank(town: Town) -> None:
    town.column("certified", lambda _: "")


@kind("place_twice", "schools")
def school_stands_twice(town: Town) -> None:
    rows = town.rows()
    town.write_rows([*rows, rows[1]])


@kind()
def homes_as_a_table(town: Town) -> None:
    homes_as_csv(town)


@kind("ages_blank", "demand")
def ages_partly_blank(town: Town) -> None:
    homes_as_csv(town)
    town.column("age_6_11", lambda number: "" if number == "20" else number, "homes.csv")


@kind("ages_blank", "demand")
def ages_all_blank(town: Town) -> None:
    homes_as_csv(town)
    town.column("age_6_11", lambda _: "", "homes.csv")


@kind("not_number", "demand", "3")
def ages_are_words(town: Town) -> None:
    homes_as_csv(town)
    town.column("age_6_11", lambda number: "二十" if number == "20" else number, "homes.csv")


@kind("not_number", "demand", "3")
def ages_are_infinite(town: Town) -> None:
    homes_as_csv(town)
    town.column("age_6_11", lambda number: "inf" if number == "20" else number, "homes.csv")


@kind("negative", "demand", "3")
def ages_are_negative(town: Town) -> None:
    homes_as_csv(town)
    town.column("age_6_11", lambda number: "-20" if number == "20" else number, "homes.csv")


@kind("demand_columns", "demand")
def demand_column_unknown(town: Town) -> None:
    homes_as_csv(town)
    rows = town.rows("homes.csv")
    town.write_rows([["children_n", *rows[0][4:]], *([row[2], *row[4:]] for row in rows[1:])], "homes.csv")


@kind("ages_near", "demand")
def age_columns_misspelt(town: Town) -> None:
    town.write("homes.geojson", town.text("homes.geojson").replace("age_", "ages_"))


@kind("demand_elsewhere", "demand")
def homes_of_another_place(town: Town) -> None:
    homes_as_csv(town)
    town.column("lon", lambda lon: str(float(lon) + 1), "homes.csv")


@kind("demand_far", "demand")
def home_of_another_place(town: Town) -> None:
    homes_as_csv(town)
    rows = town.rows("homes.csv")
    town.write_rows([*rows[:-1], [*rows[-1][:4], "0", "0"]], "homes.csv")


@kind("demand_no_position", "demand")
def home_without_position(town: Town) -> None:
    homes_as_csv(town)
    rows = town.rows("homes.csv")
    town.write_rows([*rows[:-1], [*rows[-1][:4], "", ""]], "homes.csv")


@kind("children_missing", "demand")
def children_of_other_codes(town: Town) -> None:
    children_by_community(town, CHILDREN.replace("C0", "D0"))


@kind("children_missing", "demand")
def children_without_leading_zeros(town: Town) -> None:
    town.write("communities.geojson", town.text("communities.geojson").replace('"C0', '"0'))
    children_by_community(town, CHILDREN.replace("C0", ""))


@kind("children_twice", "children")
def children_twice(town: Town) -> None:
    children_by_community(town, CHILDREN + "C01,2,3,32,6\n")


@kind("codes_rounded", "children")
def children_with_rounded_codes(town: Town) -> None:
    children_by_community(town, CHILDREN.replace("C01", "5.00103E+11"))


@kind("column_missing")
def children_without_ages(town: Town) -> None:
    children_by_community(town, "code,kids\nC01,3\n")


@kind("ages_blank", "children")
def children_partly_blank(town: Town) -> None:
    children_by_community(town, CHILDREN.replace("C02,7,2,15", "C02,7,2,"))


@kind("negative", "communities")
def residents_negative(town: Town) -> None:
    town.first(lambda feature: feature["properties"].update(residents=-5))


@kind("not_number", "communities")
def residents_are_words(town: Town) -> None:
    town.first(lambda feature: feature["properties"].update(residents="约一千"))


@kind()
def positions_in_one_cell(town: Town) -> None:
    rows = town.rows()
    lon, lat = rows[0].index("lon"), rows[0].index("lat")
    town.write_rows(
        [[*row[:lon], row[lon] if i == 0 else f"{row[lat]},{row[lon]}", *row[lat + 1 :]] for i, row in enumerate(rows)]
    )
    town.edit("lon", "坐标", "schools.csv")


@kind("positions_metres", "schools")
def positions_in_a_local_system(town: Town) -> None:
    town.column("lon", lambda lon: f"{float(lon) * 600:.2f}")
    town.column("lat", lambda lat: f"{float(lat) * 2000:.2f}")


@kind("positions_pairs", "schools")
def positions_twice(town: Town) -> None:
    town.write_rows([[*row, *(("经度", "纬度") if i == 0 else ("106", "29"))] for i, row in enumerate(town.rows())])


@kind("position_address", "schools")
def addresses_alone(town: Town) -> None:
    town.edit("lon,lat", "地址,邮编", "schools.csv")


@kind("number_huge", "demand")
def homes_of_countless_children(town: Town) -> None:
    town.first(lambda home: home["properties"].update(age_6_11=1e308), "homes.geojson")
