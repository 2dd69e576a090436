// DOM: elements, tables, texts and the focus. Texts are set as text nodes, never as HTML.

const REDUCED_MOTION = matchMedia("(prefers-reduced-motion: reduce)");

function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true || value === false) node.toggleAttribute(name, value);
    else node.setAttribute(name, value);
  }
  node.append(...children.map((child) => (child instanceof Node ? child : String(child ?? ""))));
  return node;
}

function svgNode(tag, attributes = {}, text = "") {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.textContent = text;
  return node;
}

function setText(node, text) {
  if (node.textContent !== String(text)) node.textContent = text;
}

function rowOf(cells, isNew) {
  return h("tr", { class: isNew ? "changed" : "" }, ...cells.map((cell) => h("td", {}, cell)));
}

function tableOf(columns, rows) {
  const head = columns.map((name) => h("th", { scope: "col" }, name.replace("_", " ")));
  return h("table", {}, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows));
}

/** Draws. Where that removes or hides the focused node of `root`, the focus moves to `next()`: keys stay in the widget. */
function keepFocus(root, draw, next = () => root) {
  const hadFocus = root.contains(document.activeElement);
  draw();
  const active = document.activeElement;
  if (hadFocus && (!root.contains(active) || active.closest("[hidden]"))) next().focus({ preventScroll: true });
}
