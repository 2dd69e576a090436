"""traces.toml: what it holds, where it is found, and errors that name place and remedy."""

from pathlib import Path

import pytest

from checkout.c4.traces.naming.trace_map import Patterns, TraceMap, TraceMapError, find_map, read_map

WHOLE = """
caller = "customer"
[services]
"lending-v2" = "lending"
[peers]
"*.bank.example" = "bank"
[brokers]
kafka = "bus"
[technology]
"POST /v2/pay" = "HTTP, POST /charges"
[ignore]
services = ["otel-collector"]
topics = ["*-changelog"]
"""


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str, name: str = "traces.toml") -> Path:
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def test_a_map_has_the_tables_of_the_file(write) -> None:
    found = read_map(write(WHOLE))

    assert (found.caller, found.services, found.brokers) == ("customer", {"lending-v2": "lending"}, {"kafka": "bus"})
    assert found.ignore.services == ("otel-collector",)
    assert found.ignore.peers == ()


def test_the_map_beside_the_diagram_is_the_default(write, tmp_path: Path) -> None:
    write('caller = "customer"')
    other = write('caller = "robot"', "other.toml")

    assert find_map(None, tmp_path / "view.puml").caller == "customer"
    assert find_map(other, tmp_path / "view.puml").caller == "robot"
    assert find_map(None, tmp_path / "folder" / "view.puml") == find_map(None, None) == TraceMap()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[servces]", r'traces.toml: unknown key "servces": use caller, services, peers, brokers, technology, ignore'),
        ("[ignore]\nroute = []", r'traces.toml, \[ignore\]: unknown key "route": use services, peers, routes, topics'),
        ("caller = 7", "traces.toml, caller is 7: use the alias of one element as a string"),
        ('services = ["a"]', r"traces.toml, \[services\] is \['a'\]: use lines such as"),
        ("[peers]\na = 1", r'traces.toml, \[peers\] "a" is 1: use a string'),
        ('[ignore]\ntopics = "a"', r"traces.toml, \[ignore\] topics is 'a': use a list of strings"),
        ("[ignore]\ntopics = [1]", r"traces.toml, \[ignore\] topics is 1: use a list of strings"),
        ("a = \n", r"traces.toml is not TOML \(.*line 1.*\): write names in quotes"),
    ],
)
def test_an_error_names_the_place_and_the_remedy(write, text: str, message: str) -> None:
    with pytest.raises(TraceMapError, match=message) as error:
        read_map(write(text))

    assert error.value.exit_code == 2


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TraceMapError, match="none.toml: No such file.*--suggest-map"):
        read_map(tmp_path / "none.toml")


def test_exact_names_come_before_wildcards_and_other_characters_stand_for_themselves() -> None:
    patterns = Patterns({"*.bank.example": "bank", "EU.bank.example": "europe", "a[1]?*": "odd"})

    assert patterns.find("us.bank.example") == "bank"
    assert patterns.find("eu.Bank.example") == "europe"
    assert patterns.find("a[1]?x") == "odd"
    assert patterns.find("a1x") is patterns.find("bank.example") is None
