// Panels: tables, coordinates of the hop, work in progress. Texts are set as text nodes, never as HTML.

const LAYOUT = `
  <div class="walk-bar">
    <button data-do="step">Step</button><button data-do="back">Back</button>
    <button data-do="run">Run</button><button data-do="reset">Reset</button>
    <input type="range" class="walk-slider" min="0" max="0" value="0" aria-label="hop"><span class="walk-count"></span>
    <label><input type="checkbox" class="walk-whole"> whole picture</label>
  </div>
  <div class="walk-bar walk-verbs" role="group" aria-label="verbs">
    <button data-do="verb">One verb</button>
    <button data-do="publish-commit"></button><button data-do="commit-publish"></button>
    <button data-do="crash"></button><span class="walk-restarts"></span>
  </div>
  <p class="walk-status" role="status" aria-live="polite"></p>
  <p class="walk-next"></p>
  <div class="walk-main">
    <div class="walk-diagram">
      <div class="walk-card"></div>
      <fieldset class="walk-question"><legend>Who receives the next message?</legend><div></div></fieldset>
    </div>
    <div class="walk-side" tabindex="0" role="group" aria-label="this hop">
      <p class="walk-note"></p>
      <div class="walk-coordinates" role="group" aria-label="coordinates"></div>
      <div class="walk-work" role="group" aria-label="work in progress" hidden></div>
    </div>
  </div>
  <div class="walk-tables"></div>
  <details class="walk-points"><summary>Break points</summary><div class="walk-breaks"></div></details>
  <p class="walk-keys">Keys: → step, ← back, space run or pause, Home and End.</p>`;
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
const VERBS = ["poll", "handle", "publish", "commit"];
const VERB_ORDERS = { "publish-commit": ["publish", "commit"], "commit-publish": ["commit", "publish"] };

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

/** The state of the store after these moments: rows by table, and which of them the last moment has changed. */
function stateAfter(moments) {
  const state = { orders: [], stock: [], mailbox: [], parcels: [] };
  for (const moment of moments) {
    for (const [kind, rows] of Object.entries(moment.changes)) {
      for (const [at, row] of Object.entries(rows)) state[kind][at] = row;
    }
  }
  const now = moments.at(-1)?.changes ?? {};
  return { state, isChanged: (kind, at) => moments.length > 1 && String(at) in (now[kind] ?? {}) };
}

/** The records on the topics so far, each with the groups it was delivered to. */
function recordsOf(moments) {
  const records = new Map();
  for (const moment of moments.filter((each) => each.topic)) {
    const outcome = moment.outcome === "applied" ? "" : ` (${moment.outcome})`;
    const reader = moment.to === "kafka" ? [] : [moment.to + outcome];
    const found = records.get(moment.place) ?? { ...moment, readers: [] };
    if (!found.readers.includes(reader[0])) found.readers.push(...reader);
    records.set(moment.place, found);
  }
  return [...records.values()];
}

function showTables(root, moments) {
  const now = moments.at(-1);
  const { state, isChanged } = stateAfter(moments);
  const rows = recordsOf(moments).map((record) => {
    const sender = record.from === "kafka" ? "" : record.from; // published before the journal begins
    const ends = `${sender} → ${record.readers.join(", ")}`;
    const cells = [record.step, record.place, record.key, record.message, ends];
    return rowOf(cells, record.place === now.place);
  });
  const box = root.querySelector(".walk-messages");
  box.replaceChildren(tableOf(COLUMNS.messages, rows));
  box.scrollTop = box.scrollHeight;
  for (const kind of Object.keys(state)) {
    const filled = state[kind].map((row, at) => rowOf(COLUMNS[kind].map((name) => row[name]), isChanged(kind, at)));
    root.querySelector(`.walk-${kind}`).replaceChildren(tableOf(COLUMNS[kind], filled));
  }
}

function showCoordinates(panel, moment) {
  const { place, cause, key, lag, group, replica, outcome } = moment ?? {};
  const facts = moment ? { at: place, "caused by": cause, key, lag, group, replica, outcome } : {};
  const known = Object.entries(facts).filter(([, value]) => !["", null, "applied"].includes(value));
  const list = h("dl", {}, ...known.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
  const isOpen = panel.querySelector("details")?.open ?? false;
  const payload = moment && moment.payload !== "null" ? moment.payload : "";
  const value = h("details", { open: isOpen }, h("summary", {}, "the message"), h("pre", {}, payload));
  panel.replaceChildren(list, ...(payload ? [value] : []));
}

function showList(list, moments, at) {
  if (list.shown !== moments) list.replaceChildren();
  list.shown = moments;
  for (const moment of moments.slice(list.children.length)) list.append(h("li", {}, moment.sentence));
  list.querySelector("[aria-current]")?.removeAttribute("aria-current");
  const now = list.children[at - 1];
  now?.setAttribute("aria-current", "step");
  if (now) list.parentNode.scrollTop = now.offsetTop - list.parentNode.clientHeight / 2;
}

/** The verb that one of the two buttons calls next: its first, its second, or null. */
function nextVerbOf(button, work) {
  const [first, second] = VERB_ORDERS[button];
  if (!work) return null;
  if (work.done.includes(first) && work.allowed.includes(second)) return { verb: second, label: `now ${second}` };
  if (!work.allowed.includes(first) || work.done.includes(second)) return null;
  return { verb: first, label: work.allowed.includes(second) ? `${first}, then ${second}` : first };
}

function showWork(panel, work) {
  const parts = [h("b", {}, `${work.replica} has done: ${work.done.join(", ")}`)];
  const { place, message: name, key, lag, value: record } = work.record ?? {};
  const facts = [name, place, key && `key ${key}`, lag !== null && `lag ${lag}`].filter(Boolean);
  if (place) parts.push(h("p", {}, `Message: ${facts.join(", ")}`));
  parts.push(...changesOf(work));
  for (const { to, message, value } of work.outgoing) {
    parts.push(h("p", {}, `To be published: ${message} to ${to}`), h("pre", {}, value));
  }
  if (place) parts.push(h("p", {}, "Its payload"), h("pre", {}, record));
  panel.replaceChildren(...parts);
}

function changesOf(work) {
  const [before, after] = [byTable(work.before), byTable(work.done.includes("handle") ? work.after : work.before)];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].map((name) => {
    const rows = Array.from({ length: Math.max(before[name]?.length ?? 0, after[name]?.length ?? 0) }, (_, at) => at);
    const columns = Object.keys((after[name] ?? before[name])[0]);
    const cells = rows.map((at) => columns.map((column) => cellOf(before[name]?.[at], after[name]?.[at], column)));
    const title = h("p", {}, `Table ${name}${work.done.includes("handle") ? ", before → after" : " before handle"}`);
    const transposed = columns.map((column, at) => [column, ...cells.map((row) => row[at])]);
    const isLong = rows.length > 2; // one or two rows are transposed, so that no change needs scrolling
    const heads = isLong ? columns : ["column", ...rows.map((at) => `row ${at + 1}`)];
    return h("div", {}, title, tableOf(heads, (isLong ? cells : transposed).map((row) => rowOf(row, false))));
  });
}

function byTable(rows) {
  const tables = {};
  for (const { table, ...row } of rows) (tables[table] ??= []).push(row);
  return tables;
}

function cellOf(before, after, column) {
  const [old, now] = [before?.[column], after?.[column]];
  if (before && after && old === now) return now ?? "";
  return h("mark", {}, before && after ? `${old ?? "null"} → ${now ?? "null"}` : after ? now : `${old} → deleted`);
}

function showRestarts(panel, crashed) {
  const services = [...new Set(crashed.map((replica) => replica.replace(/-\d+$/, "")))];
  if (panel.shown === services.join()) return;
  panel.shown = services.join();
  const data = (name) => ({ "data-do": "restart", "data-service": name });
  panel.replaceChildren(...services.map((name) => h("button", data(name), `Restart ${name}`)));
}

function showBreaks(grid, status, uid) {
  if (grid.shown !== status.services.join()) {
    const rows = status.services.map((service) => {
      const boxes = VERBS.map((verb) => {
        const label = `break point before ${verb} of ${service}`;
        const data = { type: "checkbox", "data-service": service, "data-verb": verb, id: `${uid}-${service}-${verb}` };
        return h("td", {}, h("input", { ...data, "aria-label": label }));
      });
      return h("tr", {}, h("th", { scope: "row" }, service), ...boxes);
    });
    grid.replaceChildren(tableOf(["stop before", ...VERBS], rows));
    grid.shown = status.services.join();
  }
  const points = new Set(status.breaks.map((point) => point.join(" ")));
  for (const box of grid.querySelectorAll("input")) {
    box.checked = points.has(`${box.dataset.service} ${box.dataset.verb}`);
  }
}
