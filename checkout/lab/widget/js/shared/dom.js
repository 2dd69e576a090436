// DOM: elements and tables. Texts are set as text nodes, never as HTML.

function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true || value === false) node.toggleAttribute(name, value);
    else node.setAttribute(name, value);
  }
  node.append(...children.map((child) => (child instanceof Node ? child : String(child ?? ""))));
  return node;
}

function rowOf(cells, isNew) {
  return h("tr", { class: isNew ? "changed" : "" }, ...cells.map((cell) => h("td", {}, cell)));
}

function tableOf(columns, rows) {
  const head = columns.map((name) => h("th", { scope: "col" }, name.replace("_", " ")));
  return h("table", {}, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows));
}
