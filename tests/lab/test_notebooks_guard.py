"""Notebooks guard: committed notebooks have recorded outputs, no machine-specific data, and the house style."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from lab.notebook_rules import (
    EXEMPTED,
    NOTEBOOKS,
    RULES,
    VIEW,
    Book,
    Cell,
    Rule,
    ending_with_try_this,
    half_prose,
    of_kind,
    predictions,
    prose,
    recorded,
    source,
    tags,
    with_alt_texts,
    with_folded_solutions,
    with_live_links,
    with_narrow_outputs,
    with_one_title,
    with_own_ids,
    with_predictions,
    with_short_alt_texts,
    with_short_code,
    without_card_numbers,
    without_errors,
    without_live_widgets,
    without_paths,
)


def sample() -> Book:
    """A notebook that keeps all rules."""
    def cell(number: int) -> Cell:
        parts = ["## Part\n", "See ![a spoon](../diagrams/ordering.svg)."]
        shared = {"id": f"cell-{number}", "metadata": {}, "source": parts}
        if number % 2:
            return {"cell_type": "markdown", **shared}
        output = {"output_type": "stream", "name": "stdout", "text": ["1 order\n"]}
        return {"cell_type": "code", **shared, "source": ["lab.step()"], "outputs": [output],
                "execution_count": number // 2}  # fmt: skip

    cells = [cell(number) for number in range(1, 20)]
    cells[0]["source"], cells[-1]["source"] = ["# A title\n", "Why?"], ["## Try this\n", "Another quantity."]
    cells[5]["source"] = ['first = predict("How many?", ...)\n', 'second = predict("Which?", ...)']
    cells[7]["source"] = ["first.compare(len(lab.orders))\n", "second.compare(lab.orders.columns)"]
    cells[9]["source"] = ["print(predict.score())"]
    return {"cells": cells, "metadata": {}}


def html(text: str, **data: Any) -> Cell:
    return {"output_type": "display_data", "data": {"text/html": text} | data}


def test_a_notebook_that_keeps_all_rules_is_accepted() -> None:
    found = [said for rule in RULES for said in rule(sample())]

    assert found == []


@pytest.mark.parametrize(
    ("rule", "cell", "change"),
    [
        (recorded, 1, {"execution_count": None}),
        (recorded, 3, {"execution_count": 1}),
        (without_live_widgets, 1, {"outputs": [{"output_type": "display_data", "data": {VIEW: {}}}]}),
        (without_paths, 1, {"source": ["open('/opt/ada/run.jsonl')"]}),
        (without_paths, 1, {"outputs": [{"output_type": "stream", "name": "stdout", "text": ["in /tmp/x"]}]}),
        (without_card_numbers, 1, {"outputs": [html("<b>4111 1111 1111 1111</b>")]}),
        (without_errors, 1, {"outputs": [{"output_type": "stream", "name": "stderr", "text": ["oh"]}]}),
        (without_errors, 1, {"outputs": [{"output_type": "error", "ename": "KeyError", "evalue": "1"}]}),
        (without_errors, 1, {"metadata": {"tags": ["raises-exception"]}}),
        (with_own_ids, 1, {"id": "cell-3"}),
        (with_own_ids, 1, {"id": ""}),
        (with_one_title, 0, {"source": ["## Small"]}),
        (with_one_title, 2, {"source": ["# Another title"]}),
        (with_alt_texts, 2, {"source": ["![](spoon.svg)"]}),
        (with_alt_texts, 2, {"source": ["<img src='spoon.svg' alt=''>"]}),
        (with_alt_texts, 1, {"outputs": [{"output_type": "display_data", "data": {"image/png": "iVBO"}}]}),
        (with_short_alt_texts, 2, {"source": [f"![{'long ' * 61}](spoon.svg)"]}),
        (with_short_alt_texts, 1, {"outputs": [html(f"<img src='a' alt='{'a' * 301}'>")]}),
        (with_narrow_outputs, 1, {"outputs": [html("", **{"text/plain": ["a\n", "b" * 121]})]}),
        (with_narrow_outputs, 1, {"outputs": [{"output_type": "stream", "name": "stdout", "text": ["b" * 121]}]}),
        (with_live_links, 2, {"source": ["See [02](02-nothing.ipynb) and [00](00-start-here.ipynb#Vocabulary)."]}),
        (with_live_links, 2, {"source": ["See [00](00-start-here.ipynb#no-such-part)."]}),
        (with_live_links, 2, {"source": ["See [above](#no-such-part) and [here](#Part)."]}),
        (with_live_links, 2, {"source": ["See [the wheel](https:/example.org) and [it](https://example.org/a?b#c)."]}),
        (with_live_links, 2, {"source": ["![a spoon](pictures/no-spoon.svg)"]}),
        (with_short_code, 1, {"source": ["lab.step()\n"] * 11}),
        (with_short_code, 1, {"source": ["def price():\n", "    return 1"]}),
        (with_predictions, 5, {"source": ["pass"]}),
        (with_predictions, 5, {"source": ['first = predict("How many?", 3)\n', 'second = predict("Which?", ...)']}),
        (with_predictions, 7, {"source": ["first.compare(len(lab.orders))"]}),
        (with_predictions, 7, {"source": ["first.compare(len(lab.orders))\n", "second.compare(['a', -1])"]}),
        (with_predictions, 7, {"source": ["first.compare(len(lab.orders))\n", "second.compare('a')"]}),
        (with_predictions, 9, {"source": ["%matplotlib inline\n", "predict.scores()"]}),
        (half_prose, 0, {"cell_type": "raw"}),
        (ending_with_try_this, 18, {"source": ["## The end"]}),
        (with_folded_solutions, 2, {"source": ["**Solution**: `lab.run()`"]}),
        (with_folded_solutions, 1, {"source": ["# solution\n", "lab.run()"]}),
    ],
)
def test_a_broken_rule_is_found(rule: Rule, cell: int, change: Cell) -> None:
    book = sample()
    prose_cells = [other for other in book["cells"] if other["cell_type"] == "markdown"]
    for changed in prose_cells if rule is half_prose else [book["cells"][cell]]:
        changed.update(change)

    assert len(list(rule(book))) == 1


def test_a_folded_solution_a_rule_an_exercise_and_an_announced_error_are_accepted() -> None:
    book = sample()
    book["cells"][2]["source"] = ["<details>\n", "<summary>Solution</summary>\n", "`lab.run()`\n", "</details>"]
    book["cells"][3].update(source=["def price():\n", "    return 1"], metadata={"tags": ["rule"]})
    book["cells"][11].update(source=["def price():\n", *["    pass\n"] * 10], metadata={"tags": ["exercise"]})
    error = {"output_type": "error", "ename": "LabError", "evalue": "no"}
    book["cells"][13].update(outputs=[error], metadata={"tags": ["raises-exception"]})

    found = [said for rule in RULES for said in rule(book)]

    assert found == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_keeps_the_rule(path: Path, rule: Rule) -> None:
    assert list(rule(json.loads(path.read_text()))) == []


def test_a_rule_may_define_something_but_is_as_short_as_other_cells() -> None:
    book = sample()
    book["cells"][3].update(source=["def price():\n", *["    pass\n"] * 10], metadata={"tags": ["rule"]})

    assert list(with_short_code(book)) == ["cell 4 has more than 10 lines"]


def test_the_exercises_make_no_predictions() -> None:
    book = sample()
    book["cells"][0]["source"], book["cells"][5]["source"] = ["# 14 Exercises"], ["pass"]

    assert list(with_predictions(book)) == []


def test_of_fifty_cells_at_most_one_is_not_compared(capsys: pytest.CaptureFixture[str]) -> None:
    books = [json.loads(path.read_text()) for path in NOTEBOOKS]
    cells = [cell for book in books for _, cell in of_kind(book, "code")]
    exercises = [cell for cell in cells if "exercise" in tags(cell)]

    exempted = [cell for cell in cells if EXEMPTED.search("\n".join([*tags(cell), source(cell)]))]

    with capsys.disabled():
        print(f"\n{len(NOTEBOOKS)} notebooks, {len(cells)} code cells, {len(exempted)} exempted from comparison, "
              f"{len(exercises)} exercises, {sum(len(predictions(book)) for book in books)} predictions")
    assert NOTEBOOKS and len(exempted) <= len(cells) / 50


def test_the_map_in_the_first_notebook_has_the_title_and_the_minutes_of_each() -> None:
    first, *others = (json.loads(path.read_text()) for path in NOTEBOOKS)
    heads = [source(book["cells"][0]) for book in others]
    told = [re.search(r"^# (.+)$", head, re.MULTILINE)[1] for head in heads]  # type: ignore[index] - a rule
    minutes = [re.search(r"About (\d+) minutes", head)[1] for head in heads]  # type: ignore[index] - fails without

    rows = re.findall(r"^\| \[(.+?)\]\((.+?)\) \| .+ \| (\d+) \|$", prose(first), re.MULTILINE)

    assert rows == list(zip(told, [path.name for path in NOTEBOOKS[1:]], minutes, strict=True))
