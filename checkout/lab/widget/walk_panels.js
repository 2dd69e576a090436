// Panels: the tables, the hop in words, the replica between its verbs; every text goes in as text.

const LAYOUT = `
  <div class="walk-bar">
    <button data-do="step">Step</button><button data-do="back">Back</button>
    <button data-do="run">Run</button><button data-do="reset">Reset</button>
    <input type="range" class="walk-slider" min="0" max="0" value="0" aria-label="hop"><span class="walk-count"></span>
    <label><input type="checkbox" class="walk-whole"> whole picture</label>
  </div>
  <div class="walk-bar walk-verbs" role="group" aria-label="inside a hop">
    <button data-do="verb">One verb</button>
    <button data-do="publish-commit"></button><button data-do="commit-publish"></button>
    <button data-do="crash"></button><span class="walk-restarts"></span>
  </div>
  <p class="walk-status" role="status" aria-live="polite"></p>
  <p class="walk-next"></p>
  <div class="walk-main">
    <div class="walk-drawn">
      <div class="walk-card"></div>
      <fieldset class="walk-question"><legend>Who receives the next message?</legend><div></div></fieldset>
    </div>
    <div class="walk-side" tabindex="0" role="group" aria-label="this hop">
      <p class="walk-note"></p>
      <div class="walk-place" role="group" aria-label="coordinates"></div>
      <div class="walk-hand" role="group" aria-label="in hand" hidden></div>
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
const HALVES = { "publish-commit": ["publish", "commit"], "commit-publish": ["commit", "publish"] };

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

/** The store after so many moments: each kind's rows, and which of them the last moment changed. */
function sceneAt(moments) {
  const scene = { orders: [], stock: [], mailbox: [], parcels: [] };
  for (const moment of moments) {
    for (const [kind, rows] of Object.entries(moment.changes)) {
      for (const [at, row] of Object.entries(rows)) scene[kind][at] = row;
    }
  }
  const now = moments.at(-1)?.changes ?? {};
  return { scene, isChanged: (kind, at) => moments.length > 1 && String(at) in (now[kind] ?? {}) };
}

/** The records on the topics so far, and which groups have had each. */
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
  const { scene, isChanged } = sceneAt(moments);
  const rows = recordsOf(moments).map((record) => {
    const sender = record.from === "kafka" ? "" : record.from; // a topic's records may be older than the journal
    const told = `${sender} → ${record.readers.join(", ")}`;
    const cells = [record.step, record.place, record.key, record.message, told];
    return rowOf(cells, record.place === now.place);
  });
  const box = root.querySelector(".walk-messages");
  box.replaceChildren(tableOf(COLUMNS.messages, rows));
  box.scrollTop = box.scrollHeight;
  for (const kind of Object.keys(scene)) {
    const filled = scene[kind].map((row, at) => rowOf(COLUMNS[kind].map((name) => row[name]), isChanged(kind, at)));
    root.querySelector(`.walk-${kind}`).replaceChildren(tableOf(COLUMNS[kind], filled));
  }
}

function showPlace(place, moment) {
  const { place: at, cause, key, lag, group, replica, outcome } = moment ?? {};
  const facts = moment ? { at, "caused by": cause, key, lag, group, replica, outcome } : {};
  const known = Object.entries(facts).filter(([, value]) => !["", null, "applied"].includes(value));
  const list = h("dl", {}, ...known.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
  const isOpen = place.querySelector("details")?.open ?? false;
  const payload = moment && moment.payload !== "null" ? moment.payload : "";
  const value = h("details", { open: isOpen }, h("summary", {}, "the message"), h("pre", {}, payload));
  place.replaceChildren(list, ...(payload ? [value] : []));
}

function showList(list, moments, at) {
  if (list.told !== moments) list.replaceChildren();
  list.told = moments;
  for (const moment of moments.slice(list.children.length)) list.append(h("li", {}, moment.sentence));
  list.querySelector("[aria-current]")?.removeAttribute("aria-current");
  const now = list.children[at - 1];
  now?.setAttribute("aria-current", "step");
  if (now) list.parentNode.scrollTop = now.offsetTop - list.parentNode.clientHeight / 2;
}

/** What one of the two buttons would do next: its first verb, its second, or nothing. */
function halfOf(button, hand) {
  const [first, second] = HALVES[button];
  if (!hand) return null;
  if (hand.done.includes(first) && hand.allowed.includes(second)) return { verb: second, label: `now ${second}` };
  if (!hand.allowed.includes(first) || hand.done.includes(second)) return null;
  return { verb: first, label: hand.allowed.includes(second) ? `${first}, then ${second}` : first };
}

function showHand(box, hand) {
  const parts = [h("b", {}, `${hand.replica} has done: ${hand.done.join(", ")}`)];
  const { place, message: name, key, value: record } = hand.record ?? {};
  if (place) parts.push(h("p", {}, `In hand: ${name}, ${place}${key ? `, key ${key}` : ""}`));
  parts.push(...stateOf(hand));
  for (const { to, message, value } of hand.outgoing) {
    parts.push(h("p", {}, `About to go: ${message} to ${to}`), h("pre", {}, value));
  }
  if (place) parts.push(h("p", {}, "The record in hand"), h("pre", {}, record));
  box.replaceChildren(...parts);
}

function stateOf(hand) {
  const [before, after] = [byTable(hand.before), byTable(hand.done.includes("handle") ? hand.after : hand.before)];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].map((name) => {
    const rows = Array.from({ length: Math.max(before[name]?.length ?? 0, after[name]?.length ?? 0) }, (_, at) => at);
    const columns = Object.keys((after[name] ?? before[name])[0]);
    const cells = rows.map((at) => columns.map((column) => cellOf(before[name]?.[at], after[name]?.[at], column)));
    const title = h("p", {}, `Its table ${name}${hand.done.includes("handle") ? ", before → after" : " so far"}`);
    const turned = columns.map((column, at) => [column, ...cells.map((row) => row[at])]);
    const isLong = rows.length > 2; // one or two rows stand upright, so that every change is in sight
    const heads = isLong ? columns : ["column", ...rows.map((at) => `row ${at + 1}`)];
    return h("div", {}, title, tableOf(heads, (isLong ? cells : turned).map((row) => rowOf(row, false))));
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
  return h("mark", {}, before && after ? `${old ?? "nothing"} → ${now ?? "nothing"}` : after ? now : `${old} → gone`);
}

function showRestarts(place, crashed) {
  const services = [...new Set(crashed.map((replica) => replica.replace(/-\d+$/, "")))];
  if (place.told === services.join()) return;
  place.told = services.join();
  const data = (name) => ({ "data-do": "restart", "data-service": name });
  place.replaceChildren(...services.map((name) => h("button", data(name), `Restart ${name}`)));
}

function showBreaks(grid, status, uid) {
  if (grid.told !== status.services.join()) {
    const rows = status.services.map((service) => {
      const boxes = VERBS.map((verb) => {
        const label = `stop before ${verb} of ${service}`;
        const data = { type: "checkbox", "data-service": service, "data-verb": verb, id: `${uid}-${service}-${verb}` };
        return h("td", {}, h("input", { ...data, "aria-label": label }));
      });
      return h("tr", {}, h("th", { scope: "row" }, service), ...boxes);
    });
    grid.replaceChildren(tableOf(["stop before", ...VERBS], rows));
    grid.told = status.services.join();
  }
  const points = new Set(status.breaks.map((point) => point.join(" ")));
  for (const box of grid.querySelectorAll("input")) {
    box.checked = points.has(`${box.dataset.service} ${box.dataset.verb}`);
  }
}
