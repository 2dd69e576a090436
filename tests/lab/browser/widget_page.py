"""Widget page: shows a widget in a page of its own, where this process answers the browser in place of a kernel."""

import json
from typing import Any

from playwright.sync_api import Page

SIZE: Any = {"width": 1366, "height": 768}
SHOW = """async (esm) => {
  const listeners = (window.model_listeners = new Set());
  const deliver = (window.deliver = (message) => listeners.forEach((listener) => listener(message)));
  const [on, off] = [(_, listener) => listeners.add(listener), (_, listener) => listeners.delete(listener)];
  const model = { on, off, send: async (request) => {
    const answer = await window.kernel(JSON.stringify(request));
    if (answer) deliver(JSON.parse(answer));
  } };
  const url = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
  window.close_widget = (await import(url)).default.render({ model, el: document.querySelector("main") });
}"""
SLOW = """(kind) => {
  const kernel = window.kernel;
  window.kernel = async (request) => {
    if (JSON.parse(request).do === kind) await new Promise((resume) => setTimeout(resume, 2000));
    return kernel(request);
  };
}"""


def show(
    page: Page, widget: Any, requests: list[dict[str, Any]] | None = None, unanswered: str = "", lost: str = "",
    style: str = "",
) -> None:  # fmt: skip
    """Shows a widget in an empty page. In it `close_widget()` removes the widget, `deliver(message)` brings it a
    message, and `model_listeners` are its listeners.

    `requests`: to which what the browser asks for is appended. `unanswered`: the kind of requests without an answer;
    `lost`: the kind of which only the first has none. `style`: of the element around the widget.
    """
    found = list[str]()

    def kernel(content: str) -> str | None:
        request = json.loads(content)
        kind = request["do"]
        found.append(kind)
        if requests is not None:
            requests.append(request)
        is_lost = kind == unanswered or (kind == lost and found.count(kind) == 1)
        return None if is_lost else json.dumps(widget.answer(request))

    page.expose_function("kernel", kernel)
    page.set_content(f"<!DOCTYPE html><style>{widget._css}</style><main style='{style}'></main>")
    page.evaluate(SHOW, widget._esm)


def answer_late(page: Page, kind: str) -> None:
    """Makes requests of one kind take 2 s from now on: longer than a widget waits before it says so."""
    page.evaluate(SLOW, kind)
