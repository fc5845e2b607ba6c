"""``study.toml``, walkers and standards that say what cannot be done."""

from worlds.bad_inputs.make import Town, kind


@kind("study_missing")
def study_missing(town: Town) -> None:
    town.study.unlink()


@kind("study_not_toml")
def study_cut(town: Town) -> None:
    town.write("study.toml", town.text("study.toml")[:100])


@kind("study_not_toml")
def study_with_chinese_quotes(town: Town) -> None:
    town.edit('id = "town"', "id = “town”")


@kind("study_unreadable")
def study_in_gbk(town: Town) -> None:
    town.write("study.toml", town.text("study.toml").encode("gbk"))


@kind("study_not_toml")
def study_with_nul_bytes(town: Town) -> None:
    town.write("study.toml", town.text("study.toml") + "\0")


@kind("study_keys")
def study_empty(town: Town) -> None:
    town.write("study.toml", "")


@kind("study_keys")
def study_key_unknown(town: Town) -> None:
    town.edit('path = "schools.csv"', 'path = "schools.csv"\ncolums = { name = "名称" }')


@kind("study_keys")
def study_number_is_words(town: Town) -> None:
    town.edit("limit_minutes = 5", 'limit_minutes = "fifteen"')


@kind("study_keys")
def study_limit_is_negative(town: Town) -> None:
    town.edit("limit_minutes = 5", "limit_minutes = -5")


@kind("study_not_toml")
def study_limit_is_no_number(town: Town) -> None:
    town.edit("limit_minutes = 5", "limit_minutes = nan")


@kind("study_keys")
def study_path_with_backslashes(town: Town) -> None:
    town.edit('path = "schools.csv"', 'path = "data\\new.csv"')


@kind("study_keys")
def study_datum_unknown(town: Town) -> None:
    town.edit('path = "schools.csv"', 'path = "schools.csv"\ndatum = "西安80"')


@kind()
def study_with_whole_paths(town: Town) -> None:
    town.use(town.path("schools.csv").as_posix())


@kind("file_format")
def study_names_a_drawing(town: Town) -> None:
    town.use("schools.dwg")
    town.write("schools.dwg", b"AC1032")


@kind("crs_not_metric")
def study_crs_in_degrees(town: Town) -> None:
    town.edit('crs = "EPSG:32648"', 'crs = "EPSG:4326"')


@kind("crs_far")
def study_crs_of_another_place(town: Town) -> None:
    town.edit('crs = "EPSG:32648"', 'crs = "EPSG:32633"')


@kind("column_missing")
def study_column_that_is_not_there(town: Town) -> None:
    town.edit('path = "schools.csv"', 'path = "schools.csv"\ncolumns = { name = "校名" }')


@kind("where_none", "schools")
def study_filter_keeps_nothing(town: Town) -> None:
    town.edit('path = "schools.csv"', 'path = "schools.csv"\nwhere = { kind = "middle" }')


@kind("no_position", "schools", "4")
def study_filter_keeps_the_numbers_of_rows(town: Town) -> None:
    rows = town.rows()
    town.write_rows([*rows[:3], [*rows[3][:4], "", ""]])
    town.edit('path = "schools.csv"', 'path = "schools.csv"\nwhere = { name = "Lost*" }')


@kind("layer_near", "school")
def study_layer_misspelt(town: Town) -> None:
    town.edit("[layers.schools]", "[layers.school]")


@kind("walker_unknown")
def walker_unknown(town: Town) -> None:
    town.edit('walker = "child"', 'walker = "dog"')


@kind("walker_number")
def walker_negative(town: Town) -> None:
    town.edit("level_m_s = 1.25", "level_m_s = -1.25")


@kind("walker_number")
def walker_in_kilometres(town: Town) -> None:
    town.edit("level_m_s = 1.25", "level_m_s = 4.5")


@kind("study_not_toml")
def walker_infinite(town: Town) -> None:
    town.edit("lift_wait_s = 60", "lift_wait_s = inf")


@kind("walker_key")
def walker_key_unknown(town: Town) -> None:
    town.edit("level_m_s = 1.25", "level_kmh = 1.25")


@kind("clause_walker")
def clause_of_an_unknown_walker(town: Town) -> None:
    town.edit('walker = "pram"', 'walker = "bus"', "standard.toml")


@kind("standard_keys")
def clause_with_shares_in_per_cent(town: Town) -> None:
    town.edit("need_share = 0.8", "need_share = 80", "standard.toml")


@kind("standard_keys")
def clause_without_a_layer(town: Town) -> None:
    town.edit('layer = "parks"\n', "", "standard.toml")


@kind("standard_keys")
def clause_of_an_unknown_age(town: Town) -> None:
    town.edit('"age_6_11"', '"age_6_12"', "standard.toml")


@kind("standard_keys")
def clause_twice(town: Town) -> None:
    town.edit('id = "park"', 'id = "school"', "standard.toml")


@kind("standard_not_toml")
def standard_cut(town: Town) -> None:
    town.write("standard.toml", town.text("standard.toml")[:150])


@kind("standard_missing")
def standard_missing(town: Town) -> None:
    town.path("standard.toml").unlink()


@kind("standard_unknown")
def standard_unknown(town: Town) -> None:
    town.edit('standard = "standard.toml"', 'standard = "yuzhong-2062"')


@kind("clause_without_place", "schools")
def clause_of_a_kind_that_nothing_is(town: Town) -> None:
    town.edit('kind = ["primary"]', 'kind = ["primry"]', "standard.toml")
