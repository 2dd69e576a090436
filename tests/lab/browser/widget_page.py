"""Widget page: shows a widget in a page of its own, where this process answers the browser in place of a kernel."""

import json
from typing import Any

from playwright.sync_api import Page

SIZE: Any = {"width": 1366, "height": 768}
SHOW = """async (esm) => {
  const listeners = [];
  const deliver = (message) => listeners.forEach((listener) => listener(message));
  const model = { on: (_, listener) => listeners.push(listener), off: () => {}, send: async (request) => {
    const answer = await window.kernel(JSON.stringify(request));
    if (answer) deliver(JSON.parse(answer));
  } };
  const url = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
  (await import(url)).default.render({ model, el: document.querySelector("main") });
}"""


def show(page: Page, widget: Any, requests: list[dict[str, Any]] | None = None, unanswered: str = "") -> None:
    """Shows a widget in an empty page.

    `requests`: to which what the browser asks for is appended. `unanswered`: the kind of requests without an answer.
    """

    def kernel(content: str) -> str | None:
        request = json.loads(content)
        if requests is not None:
            requests.append(request)
        return None if request["do"] == unanswered else json.dumps(widget.answer(request))

    page.expose_function("kernel", kernel)
    page.set_content(f"<!DOCTYPE html><style>{widget._css}</style><main></main>")
    page.evaluate(SHOW, widget._esm)
