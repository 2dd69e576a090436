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


def show(page: Page, widget: Any, unanswered: str = "") -> list[dict[str, Any]]:
    """Shows a widget in an empty page. Requests of the kind `unanswered` get no answer.

    Returns the requests of the browser, which grow as it asks.
    """
    requests = list[dict[str, Any]]()

    def kernel(content: str) -> str | None:
        request = json.loads(content)
        requests.append(request)
        return None if request["do"] == unanswered else json.dumps(widget.answer(request))

    page.expose_function("kernel", kernel)
    page.set_content(f"<!DOCTYPE html><style>{widget._css}</style><main></main>")
    page.evaluate(SHOW, widget._esm)
    return requests
