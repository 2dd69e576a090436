"""Saved model: on any path, a saved page answers as the lab that it was recorded from."""

import json
import random
import re
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from lab.saved.differing import differences
from playwright.sync_api import Browser, Page

from checkout.lab import Lab
from checkout.lab.widget.assets import script
from checkout.lab.widget.run_messages import RunMessages
from checkout.lab.widget.saved_page import SCRIPTS

HOPS = 17  # of an order that goes well
pytestmark = [pytest.mark.browser, pytest.mark.slow]
LOAD = """async (code) => {
  const { SavedModel, savedData } = new Function(code + "; return { SavedModel, savedData };")();
  window.model = new SavedModel(await savedData(document.getElementById("recording").textContent));
}"""
ANSWER = "(request) => ({ error: '', ...model.answer(request) })"
REFUSED = ("This page holds", "After a crash this page")


@pytest.fixture(scope="module")
def saved(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page with the model of a walk through one order."""
    lab = a_lab()
    path = tmp_path_factory.mktemp("saved") / "walk.html"
    lab.walk().save(path)
    lab.close()
    page = chromium.new_page(bypass_csp=True)
    page.goto(path.as_uri())
    page.evaluate(LOAD, script("shared/kernel", *SCRIPTS))
    yield page
    page.close()


def a_lab() -> Lab:
    """A lab with an order that waits at the web app."""
    lab = Lab(log="memory")
    lab.place_order("wooden spoon", quantity=2)
    return lab


def requests_of(status: Any, chance: random.Random, crashes: float) -> dict[str, Any]:
    """Something that a reader may ask in this state."""
    work, crashed = status["work_in_progress"], status["crashed"]
    if work and not crashed and chance.random() < crashes:
        return {"do": "crash", "service": work["service"]}
    if crashed and (status["is_idle"] or chance.random() < 0.6):
        return {"do": "restart", "service": crashed[0].removesuffix("-1")}
    if chance.random() < 0.2:
        return {"do": "step"}
    return {"do": "verb", "verb": chance.choice(work["allowed"])} if work else {"do": "verb"}


def timeless(message: Any) -> Any:
    """A message without the times, which differ between two paths to one state."""
    text = re.sub(r'"time": [0-9.e-]+', '"time": 0', json.dumps(message))
    return json.loads(re.sub(r"2026-01-01 10:\d\d:\d\d\.\d+", "TIME", text)) | {"views": None}


@pytest.mark.parametrize("seed", range(6))
def test_a_saved_page_answers_as_the_lab_on_any_path(saved: Page, seed: int) -> None:
    chance, lab = random.Random(seed), a_lab()
    messages = RunMessages(lab, lambda news: None, nullcontext)
    saved.evaluate("model.run.reset()")
    has_crashed, status, compared = False, messages.answer({"do": "hello"})["status"], list[dict[str, Any]]()
    for _ in range(80):
        request = requests_of(status, chance, 0.0 if has_crashed else 0.06)
        recorded = saved.evaluate(ANSWER, request)
        if recorded["error"].startswith(REFUSED):
            assert has_crashed
            continue
        found = messages.answer(request)
        has_crashed |= request["do"] == "crash"
        status = recorded["status"]
        if has_crashed and found["status"]["work_in_progress"]:
            found["status"]["work_in_progress"]["allowed"] = status["work_in_progress"]["allowed"]
        for name in ("error", "count", "status", "view", "first", "real_times"):
            assert list(differences(recorded[name], found[name], name)) == [], request
        compared.append(request)
        if status["is_idle"] and not status["crashed"]:
            break

    assert status["is_idle"] and len(compared) >= (4 if has_crashed else 2 * HOPS - 5)
    assert has_crashed or len(lab.moments) == HOPS
    whole = {"do": "page", "from": 1, "to": 64, "at": 0}
    pages = timeless(saved.evaluate(ANSWER, whole)["page"]), timeless(messages.answer(whole)["page"])
    assert list(differences(*pages)) == []
    for number in range(len(lab.moments) + 1):
        state = {"do": "partitions", "number": number}
        both = saved.evaluate(ANSWER, state)["partitions"], messages.answer(state)["partitions"]
        assert list(differences(*both)) == [], number
    lab.close()
