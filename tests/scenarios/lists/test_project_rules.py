"""Relations between projects: what they require, exclude and change together."""

from hypothesis import given, settings
from hypothesis import strategies as st

from cfgeo import FacilityChange, LinkChange
from cfgeo.core.projects import Project, Projects
from cfgeo.core.scenario import WrittenAt
from cfgeo.scenarios.lists.project_rules import excluded, named_things, relation_faults

IDS = ("a", "b", "c", "d", "e")


def project(project_id: str, *, requires: str = "", excludes: str = "", decided: bool = False) -> Project:
    return Project(project_id, project_id, 1, (), tuple(requires), tuple(excludes), decided, 2 + IDS.index(project_id))


def codes(*projects: Project, things: dict[str, set[str]] | None = None) -> list[str]:
    return [code for code, _ in relation_faults(Projects("", projects), things or {})]


def test_named_things_are_the_existing_things_that_a_project_changes() -> None:
    changes = (
        FacilityChange("add", "schools", kind="primary"),
        FacilityChange("enlarge", "schools", "schools-1"),
        LinkChange("add", "stairs"),
        LinkChange("refit", way=0),
        LinkChange("close", street="Long Steps"),
    )
    assert named_things(Project("a", "a", 1, changes)) == {
        (("layer", "schools"), ("facility", "schools-1")), (("way", 0),), (("street", "Long Steps"),)
    }  # fmt: skip


def test_exclusions_are_mutual_and_include_projects_that_change_the_same_thing() -> None:
    projects = Projects("", (project("c"), project("a", excludes="c"), project("b"), project("d")))
    complete = excluded(projects, {"a": {"x"}, "b": {"x", "y"}, "d": {"y"}})
    assert {item.id: item.excludes for item in complete.projects} == {
        "c": ("a",), "a": ("c", "b"), "b": ("a", "d"), "d": ("b",)
    }  # fmt: skip


def test_only_the_first_project_that_requires_a_contradiction_is_named() -> None:
    projects = (project("a"), project("b", excludes="a"), project("c", requires="ab"), project("d", requires="c"))
    (fault,) = relation_faults(Projects("", projects), {})
    assert fault == ("project_requires_excluded", {"where": WrittenAt(4, "c"), "one": "a", "other": "b"})


def test_a_decided_project_needs_its_requirements_decided_too() -> None:
    assert codes(project("a", requires="b", decided=True), project("b")) == ["project_decided_requires"]
    assert codes(project("a", requires="b", decided=True), project("b", decided=True)) == []
    both = project("a", decided=True), project("b", decided=True)
    assert codes(*both, things={"a": {"x"}, "b": {"x"}}) == ["project_decided_excludes"]
    assert codes(project("a", excludes="b", decided=True), project("b")) == []  # b can then never be built


@settings(max_examples=200)
@given(st.data())
def test_a_list_without_faults_can_be_built_one_after_the_other(data: st.DataObject) -> None:
    def some() -> str:
        return "".join(data.draw(st.sets(st.sampled_from(IDS), max_size=2)))

    listed = Projects("", tuple(project(one, requires=some(), excludes=some()) for one in IDS))
    if relation_faults(listed, {}):
        return
    found = excluded(listed, {})
    for one in found.projects:
        needs = found.with_required([one.id])
        assert not any(other in found.by_id[need].excludes for need in needs for other in needs)
        built: list[str] = []
        while ready := [need for need in needs if need not in built and {*found.by_id[need].requires} <= {*built}]:
            built += ready
        assert sorted(built) == sorted(needs)
