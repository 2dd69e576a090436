"""Saved page: the file that `save` writes, its safety as HTML, where it may be written; and the lab stays as it is."""

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from checkout.lab import Lab
from checkout.lab.errors import LabError
from checkout.lab.saved.recording import CHOICES, ONE_PATH
from checkout.lab.widget import saved_page
from checkout.lab.widget.assets import without_comments

MARKUP = "</script><img src=x onerror=alert(1)><!--"
RECEIVED = "order.new-order-received"
OPENED_AT = {"one order": 3, "many orders": 68, "replay": 3}  # the number of the hop


def recording(page: Path) -> dict[str, Any]:
    """The shared values in a page."""
    found = re.search(r'id="recording">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(found[1])))
    return data


def decoded(data: dict[str, Any]) -> Any:
    """The data of a recording, from its shared values."""

    def value(number: int) -> Any:
        found = data["values"][number]
        if not isinstance(found, list):
            return found
        shape, *parts = found
        return dict(zip(data["shapes"][shape], map(value, parts), strict=True)) if shape else [*map(value, parts)]

    return value(data["root"])


def hop_at_opening(data: Any) -> int:
    """The number of hops on the path that a page has taken when it is opened."""
    at, count = 0, sum(bool(message) for message, _ in data["history"]["hops"])
    for key in data["here"]:
        move = data["states"][at]["moves"][key]
        at, count = move["to"], count + len(move["changes"]["hops"])
    return count


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lab, str, saved_page.SavedPage]:
    """A lab with an order of a customer with a strange name, what it was before, and its page."""
    lab = Lab(log="memory")
    lab.place_order("wooden spoon", customer=MARKUP)
    lab.step()
    walk = lab.walk()
    before = state_of(lab)
    return lab, before, walk.save(tmp_path_factory.mktemp("saved") / "walk.html")


def state_of(lab: Lab) -> str:
    """What can be seen of a lab."""
    return repr((lab.moments, lab.status(), len(lab.actions), lab.callbacks, lab.partition_state()))


def test_a_page_holds_one_order_with_its_choices(saved: Any) -> None:
    _, _, page = saved

    assert (page.sentence, page.path.stat().st_size) == (CHOICES, page.size)
    assert repr(page).startswith(f"{page.path}, {page.size / 1_000:.0f} kB.")
    assert 100_000 < page.size < 210_000


def test_saving_does_not_change_the_lab(saved: Any) -> None:
    lab, before, _ = saved

    assert state_of(lab) == before


def test_markup_in_a_name_does_not_leave_the_recording(saved: Any) -> None:
    _, _, page = saved

    text = page.path.read_text(encoding="utf-8")

    assert "<img src=x" not in text
    assert any(MARKUP in value for value in recording(page.path)["values"] if isinstance(value, str))


def test_code_loses_the_comments_on_lines_of_their_own_and_nothing_else() -> None:
    code = "/** What\n * it does. */\nfunction f() {\n\n  // why\n  return `a // b\n    /* c */ d`; // here\n}\n"
    code += "/* all */\n"

    assert without_comments(code) == "function f() {\nreturn `a // b\n/* c */ d`; // here\n}\n"


def test_a_page_names_no_address_that_it_could_load(saved: Any) -> None:
    _, _, page = saved
    text = page.path.read_text(encoding="utf-8")

    assert "default-src 'none'" in text
    assert not re.search(r'(?:src|href)="?https?:|url\(\s*["\']?http|@import|import\(', text)


def test_without_javascript_there_is_a_picture_and_a_sentence(saved: Any) -> None:
    _, _, page = saved

    found = re.search(r"<noscript>(.*?)</noscript>", page.path.read_text(encoding="utf-8"), re.DOTALL)

    assert found and saved_page.NO_SCRIPT in found[1] and "<svg" in found[1]
    assert found[1].startswith("<p>The state when the page is opened:</p>")
    assert "Step 1: The web app sends PlaceOrder of order-1 to the gateway" in found[1]


@pytest.mark.parametrize("kind", ["walk", "board"])
@pytest.mark.parametrize("run", OPENED_AT)
def test_the_still_picture_is_of_the_hop_at_which_the_page_opens(
    memory_lab: Any, tmp_path: Path, run: str, kind: str
) -> None:
    lab, opened_at = memory_lab(), OPENED_AT[run]
    for _ in range(4 if run == "many orders" else 1):
        lab.place_order("wooden spoon")
    for _ in range(3):
        lab.step()
    if run == "replay":
        lab.journal.save(tmp_path / "run.jsonl")
    shown = Lab.replay(tmp_path / "run.jsonl") if run == "replay" else lab

    page = getattr(shown, kind)().save(tmp_path / "page.html")

    still = re.search(r'<figure role="img" aria-label="[^"]*\bhop (\d+)', page.path.read_text(encoding="utf-8"))
    assert still and int(still[1]) == hop_at_opening(decoded(recording(page.path))) == opened_at


def test_a_board_of_one_topic_is_still_one_in_the_picture(lab: Lab, tmp_path: Path) -> None:
    lab.place_order("wooden spoon")
    lab.run()

    lab.journal.save(tmp_path / "run.jsonl")
    page = Lab.replay(tmp_path / "run.jsonl").board(RECEIVED).save(tmp_path / "board.html")

    facts = re.search(r"</figure>(.*?)</noscript>", page.path.read_text(encoding="utf-8"), re.DOTALL)
    assert facts and re.findall(r"<p>([a-z.-]+)\[", facts[1]) == [RECEIVED]


@pytest.mark.parametrize("orders", [1, 4], ids=["choices", "one path"])
def test_the_forks_of_a_recording_are_closed(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, orders: int
) -> None:
    forks, fork = list[Lab](), Lab.fork_at_action

    def remember(self: Lab, *arguments: Any) -> Lab:
        forks.append(fork(self, *arguments))
        return forks[-1]

    monkeypatch.setattr(Lab, "fork_at_action", remember)
    for _ in range(orders):
        lab.place_order("wooden spoon")

    lab.walk().save(tmp_path / "walk.html")

    assert forks and {each._session.broker for each in forks} == {None}
    assert lab._session.broker is not None


def test_of_a_replay_there_is_one_path(saved: Any, tmp_path: Path) -> None:
    lab, _, _ = saved
    lab.journal.save(tmp_path / "run.jsonl")

    page = Lab.replay(tmp_path / "run.jsonl").walk().save(tmp_path / "walk.html")

    assert page.sentence == ONE_PATH


def test_of_many_orders_there_is_one_path_to_their_end(memory_lab: Any, tmp_path: Path) -> None:
    lab = memory_lab()
    for _ in range(4):
        lab.place_order("wooden spoon")

    page = lab.walk().save(tmp_path / "walk.html")

    assert page.sentence == ONE_PATH and len(lab.moments) == 0
    assert "Step 13: Kafka delivers OrderApproved of order-4 to Notifications." in recording(page.path)["values"]


@pytest.mark.parametrize(
    ("target", "remedy"), [(".", "name a file in it"), ("missing/walk.html", "create it first")], ids=["folder", "none"]
)
def test_a_wrong_target_is_refused_with_a_remedy(saved: Any, tmp_path: Path, target: str, remedy: str) -> None:
    lab, _, _ = saved

    with pytest.raises(LabError, match=remedy):
        lab.board().save(tmp_path / target)


def test_a_name_that_the_file_system_refuses_has_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="choose another folder or name"):
        saved_page.write(tmp_path / ("x" * 300), b"after")


def test_a_page_that_cannot_be_written_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "walk.html"
    target.write_text("before")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full, pytest.raises(LabError, match="choose another folder or name"):
        full.setattr(Path, "replace", fail)
        saved_page.write(target, b"after")
    assert target.read_text() == "before" and list(tmp_path.iterdir()) == [target]

    saved_page.write(target, b"after")
    assert target.read_text() == "after" and list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("target", ["~no-such-user/walk.html", 5, None])
def test_what_is_no_path_is_refused(saved: Any, target: Any) -> None:
    lab, _, _ = saved

    for widget in (lab.walk(), lab.board()):
        with pytest.raises(LabError, match="names no file .*: name one such as walk.html"):
            widget.save(target)
