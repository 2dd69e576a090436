// Board lanes: one lane per partition, its records as tiles, and a rail per consumer group with its two marks.

const BOARD_TILE = 72; // pixels, with the gap beside it
const BOARD_MIN_SLOTS = 4; // in a lane: one for what is earlier, one for the next offset

/** Makes the children of a node those of these items. What stays is kept, so that it can move and hold the focus. */
function boardSync(parent, items, keyOf, make, fill) {
  const keys = new Set(items.map((item) => String(keyOf(item))));
  const old = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  for (const [key, node] of old) if (!keys.has(key)) node.remove();
  items.forEach((item, at) => {
    const key = String(keyOf(item));
    const node = old.get(key) ?? make(item);
    node.dataset.key = key;
    fill(node, item);
    if (parent.children[at] !== node) parent.insertBefore(node, parent.children[at] ?? null);
  });
}

/** The records that fit: the last ones, or those around an offset. `earlier` and `later` count what is left out. */
function boardWindow(partition, slots, around) {
  const { records, begin, end } = partition;
  const unsent = records.length ? records[0].offset - begin : 0; // older than what the kernel has sent
  const fits = slots - 1; // one is the next offset
  if (!unsent && records.length <= fits) return { shown: records, earlier: 0, later: 0, end };
  const room = Math.max(1, fits - 2);
  const wanted = around == null ? -1 : records.findIndex((record) => record.offset >= around);
  const isLast = wanted < 0 || wanted > records.length - fits;
  const last = isLast ? records.length : Math.min(records.length, Math.max(room, wanted + Math.ceil(room / 2)));
  const later = records.length - last;
  const from = Math.max(0, last - (later ? room : fits - 1));
  return { shown: records.slice(from, last), earlier: from + unsent, later, end };
}

/** The slot of an offset, counted from the left in tiles; in the middle of the note for what is left out. */
function boardSlot(view, offset) {
  const start = view.earlier ? 1 : 0;
  const last = view.shown.at(-1)?.offset ?? -1;
  if (offset > last) return start + view.shown.length + (view.later ? (offset < view.end ? 0.5 : 1) : 0);
  const at = view.shown.findIndex((record) => record.offset >= offset);
  return view.earlier && at === 0 && offset < view.shown[0].offset ? 0.5 : start + at;
}

function boardMakeLane() {
  return h("div", { class: "board-lane", role: "group", tabindex: -1 },
    h("div", { class: "board-head" },
      h("b", { class: "board-name" }), h("span", { class: "board-end" }), h("span", { class: "board-replicas" })),
    h("div", { class: "board-track" }), h("div", { class: "board-rails" }));
}

function boardFillLane(lane, partition, context) {
  const around = context.aroundOf(partition);
  const view = boardWindow(partition, context.slots, around);
  lane.setAttribute("aria-label", boardLaneSentence(partition));
  setText(lane.querySelector(".board-name"), `[${partition.partition}]`);
  boardFillReplicas(lane.querySelector(".board-replicas"), partition, context.brokers);
  boardFillTrack(lane.querySelector(".board-track"), partition, view, context);
  const count = partition.end - partition.begin;
  setText(lane.querySelector(".board-end"), count ? boardNumber(count, "record") : "");
  const fill = (rail, item) => boardFillRail(rail, item, view);
  boardSync(lane.querySelector(".board-rails"), partition.rails, (rail) => rail.group, boardMakeRail, fill);
}

function boardFillTrack(track, partition, view, context) {
  const start = view.earlier ? 1 : 0;
  const notes = [
    view.earlier && { kind: "earlier", slot: 0, text: `… ${boardThousands(view.earlier)} earlier` },
    view.later && { kind: "later", slot: start + view.shown.length, text: `${boardThousands(view.later)} later …` },
    { kind: "next", slot: start + view.shown.length + (view.later ? 1 : 0), text: partition.end },
    partition.begin === partition.end && { kind: "nothing", slot: 1, text: "empty: nothing to read" },
  ].filter(Boolean);
  const tiles = [...view.shown.map((record, at) => ({ ...record, slot: start + at })), ...notes];
  const keyOf = (item) => item.kind ?? item.offset;
  boardSync(track, tiles, keyOf, boardMakeTile, (tile, item) => {
    tile.style.setProperty("--slot", item.slot);
    if (item.kind) setText(tile, item.text);
    else boardFillTile(tile, partition, item, context);
  });
}

function boardMakeTile(item) {
  if (item.kind === "earlier" || item.kind === "later") {
    return h("button", { class: `board-note is-${item.kind}`, type: "button", tabindex: -1, "data-page": item.kind });
  }
  if (item.kind) return h("span", { class: `board-note is-${item.kind}`, "aria-hidden": "true" });
  const inside = [h("span", { class: "board-offset" }), h("span", { class: "board-key" })];
  return h("button", { class: "board-tile", type: "button", tabindex: -1 }, ...inside);
}

function boardFillTile(tile, partition, record, context) {
  const sentence = boardRecordSentence(partition, record);
  tile.style.setProperty("--order", boardColour(record, context.colourOf));
  tile.classList.toggle("is-now", boardPlace(partition, record.offset) === context.place);
  tile.classList.toggle("is-keyless", record.key == null);
  tile.classList.toggle("is-read", partition.rails.every((rail) => record.offset < (rail.committed ?? 0)));
  tile.setAttribute("aria-label", sentence);
  tile.title = sentence;
  setText(tile.querySelector(".board-offset"), record.offset);
  setText(tile.querySelector(".board-key"), record.key ?? "no key");
}

/** The colour of a record's order; without an order that of its key, so that one key has one colour. */
function boardColour({ order, key }, colourOf) {
  if (order || key == null) return order ? colourOf(order) : "var(--board-quiet)";
  const sum = [...key].reduce((code, letter) => (code * 31 + letter.codePointAt(0)) % 8191, 7);
  return colourOf(`-${1 + sum}`);
}

function boardMakeRail() {
  const numbers = ["committed", "position", "lag"].map((kind) => h("span", { class: `board-number is-${kind}` }));
  return h("div", { class: "board-rail", "aria-hidden": "true" },
    h("span", { class: "board-reader" }, h("i", { class: "board-dot" }), h("span", { class: "board-owner" })),
    h("span", { class: "board-way" },
      h("span", { class: "board-read" }), h("span", { class: "board-gap" }),
      h("span", { class: "board-mark is-position" }), h("span", { class: "board-mark is-committed" })),
    h("span", { class: "board-numbers" }, ...numbers));
}

function boardFillRail(rail, item, view) {
  const committed = boardSlot(view, item.committed ?? 0);
  const slots = { "--committed": committed, "--position": boardSlot(view, item.position ?? item.committed ?? 0) };
  for (const [name, slot] of Object.entries({ ...slots, "--gap": boardSlot(view, view.end) - committed })) {
    rail.style.setProperty(name, slot);
  }
  rail.style.setProperty("--owner", boardMemberColour(item.owner));
  rail.classList.toggle("is-behind", item.lag > 0);
  rail.classList.toggle("is-dead", Boolean(item.owner) && item.ownerState !== "running");
  rail.classList.toggle("is-unowned", !item.owner);
  const isNamed = item.owner?.startsWith(item.group);
  setText(rail.querySelector(".board-owner"), `${isNamed ? "" : `${item.group}: `}${boardOwner(item)}`);
  setText(rail.querySelector(".board-gap"), item.lag > 0 ? `lag ${item.lag}` : "");
  const texts = { committed: `committed ${item.committed ?? "–"}`, position: `position ${item.position ?? "–"}`, lag: `lag ${item.lag}` };
  for (const [kind, text] of Object.entries(texts)) setText(rail.querySelector(`.board-number.is-${kind}`), text);
}

/** The colour of a member of a group: by the number at the end of its name. */
function boardMemberColour(name) {
  const number = Number(/(\d+)$/.exec(name ?? "")?.[1] ?? 0);
  return number ? `var(--board-member-${1 + ((number - 1) % 8)})` : "var(--board-quiet)";
}

function boardFillReplicas(panel, partition, brokers) {
  const running = new Map(brokers.map((broker) => [broker.id, broker.is_running]));
  const { leader, in_sync: inSync } = partition;
  boardSync(panel, partition.replicas, (id) => id, () => h("span", { class: "board-replica" }), (chip, id) => {
    const isDead = running.get(id) === false;
    const role = id === leader ? "leader" : inSync.includes(id) ? "in sync" : "not in sync";
    chip.className = `board-replica${id === leader ? " is-leader" : ""}${inSync.includes(id) ? "" : " is-out"}${isDead ? " is-killed" : ""}`;
    chip.title = `broker ${id}: ${role}${isDead ? ", killed" : ""}`;
    setText(chip, id === leader ? `leader ${id}` : isDead ? `✕ ${id}` : id);
  });
}
