"""Row versions: the rows as of any moment are those that a copy at each moment would hold."""

from hypothesis import given
from hypothesis import strategies as st

from checkout.lab.history.row_versions import Row, RowVersions

CHANGES = st.lists(st.tuples(st.integers(0, 2), st.sampled_from("abcdef"), st.integers(0, 3)), max_size=40)
Versions = list[dict[str, Row]]


def built(changes: list[tuple[int, str, int]]) -> tuple[RowVersions, Versions]:
    """The versions, and a copy of all rows at each moment, from pauses between changes, keys and values."""
    versions, copies = RowVersions(), [dict[str, Row]()]
    for pause, key, value in changes:
        copies += [dict(copies[-1]) for _ in range(pause)]
        copies[-1][key] = {"value": value}
        versions.put(len(copies) - 1, key, {"value": value})
    return versions, copies


@given(CHANGES)
def test_the_rows_as_of_each_moment_are_those_of_a_copy(changes: list[tuple[int, str, int]]) -> None:
    versions, copies = built(changes)

    assert [versions.rows(at) for at in range(len(copies))] == [list(copy.values()) for copy in copies]
    assert [versions.count(at) for at in range(len(copies))] == [len(copy) for copy in copies]


@given(CHANGES)
def test_the_changed_rows_lead_from_each_moment_to_the_next(changes: list[tuple[int, str, int]]) -> None:
    versions, copies = built(changes)
    rows: dict[int, Row] = {}

    for at, copy in enumerate(copies):
        rows |= versions.changed(at)
        assert [rows[index] for index in sorted(rows)] == list(copy.values())


@given(CHANGES, st.integers(0, 4))
def test_the_last_changed_rows_are_those_with_the_latest_changes(
    changes: list[tuple[int, str, int]], limit: int
) -> None:
    versions, copies = built(changes)
    changed: list[int] = []

    for at, copy in enumerate(copies):
        now = versions.changed(at)
        changed = [index for index in changed if index not in now] + [*now]
        found = versions.last_changed(at, limit)
        assert [index for index, _ in found] == changed[max(0, len(changed) - limit) :]
        assert [row for _, row in found] == [list(copy.values())[index] for index, _ in found]


def test_the_rows_are_copies_that_the_caller_may_change() -> None:
    versions = RowVersions()
    versions.put(1, "a", {"value": 1})

    versions.rows(1)[0]["value"] = 2

    assert versions.rows(1) == [{"value": 1}]


def test_a_version_equal_to_the_last_one_is_no_change() -> None:
    versions = RowVersions()
    versions.put(1, "a", {"value": 1})

    versions.put(2, "a", {"value": 1})

    assert (versions.changed(1), versions.changed(2)) == ({0: {"value": 1}}, {})
