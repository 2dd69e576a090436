// Tables: the rows at a hop, the records on the topics, and the list of all hops.

const TABLES = {
  messages: "Messages", list: "All hops", orders: "Orders", stock: "Stock", mailbox: "Mailbox", parcels: "Parcels",
};
const COLUMNS = {
  messages: ["step", "place", "key", "message", "from → read by"],
  orders: ["order", "status", "reason", "total", "customer", "products"],
  stock: ["product", "price", "on_hand", "reserved", "available"],
  mailbox: ["order", "to", "subject", "copies"],
  parcels: ["order", "customer", "products"],
};
const HOP_HEIGHT = 20; // pixels of a line in the list of all hops; as in walk.css
const HOPS_AROUND = 20; // lines that are drawn beyond both ends of what is in view

function showTables(root, state, now) {
  for (const [kind, { count, rows }] of Object.entries(state)) {
    const box = root.querySelector(`.walk-${kind}`);
    const cells = rows.map(({ row, isChanged }) =>
      kind === "messages"
        ? rowOf(recordCells(row), row.place === now?.place)
        : rowOf(COLUMNS[kind].map((name) => row[name]), isChanged),
    );
    box.replaceChildren(tableOf(COLUMNS[kind], cells));
    const more = count > rows.length ? ` (the last ${rows.length} of ${count.toLocaleString("en")} to change)` : "";
    box.parentNode.querySelector("b").textContent = TABLES[kind] + more;
  }
  const boxes = Object.keys(state).map((kind) => root.querySelector(`.walk-${kind}`));
  const tops = boxes.map(tableTop); // all are measured before one is scrolled: the page is laid out once
  boxes.forEach((box, at) => { if (tops[at] != null) box.scrollTop = tops[at]; });
}

/** Where a table is scrolled to: messages to their end, others to the row changed last; null where none has changed. */
function tableTop(box) {
  if (box.matches(".walk-messages")) return box.scrollHeight;
  const current = [...box.querySelectorAll(".changed")].at(-1);
  return current ? current.offsetTop + current.offsetHeight - box.clientHeight : null;
}

function recordCells(record) {
  return [record.step, record.place, record.key, record.message, `${record.from} → ${record.readers.join(", ")}`];
}

/** The list of all hops. Only the lines in view and some around them are in the document. */
class HopList {
  constructor(box, history) {
    const loader = new HopLoader(() => this.draw());
    Object.assign(this, { box, history, loader, list: box.querySelector("ol"), at: 0 });
    box.addEventListener("scroll", () => this.draw());
  }

  /** Marks a hop and scrolls to it. */
  show(at) {
    this.at = at;
    this.list.style.height = `${this.history.count * HOP_HEIGHT}px`;
    if (at) this.box.scrollTop = (at - 0.5) * HOP_HEIGHT - this.box.clientHeight / 2;
    this.draw();
  }

  draw() {
    const { count } = this.history;
    const top = Math.floor(this.box.scrollTop / HOP_HEIGHT);
    const from = Math.max(1, top - HOPS_AROUND);
    const to = Math.min(count, top + Math.ceil(this.box.clientHeight / HOP_HEIGHT) + HOPS_AROUND);
    const numbers = Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
    this.list.replaceChildren(...numbers.map((number) => this.line(number)));
    this.list.style.paddingTop = `${(from - 1) * HOP_HEIGHT}px`;
    this.loader.want(this.history, from, to);
  }

  line(number) {
    const { count } = this.history;
    const text = this.history.at(number)?.sentence ?? "loading";
    const current = number === this.at ? { "aria-current": "step" } : {};
    const place = { value: number, title: text, "aria-posinset": number, "aria-setsize": count };
    return h("li", { ...place, ...current }, h("span", {}, text));
  }
}
