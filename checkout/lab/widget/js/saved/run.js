// Saved run: the hops and partition states along one path through the recorded states of a lab.

const SAVED_TABLES = ["orders", "stock", "mailbox", "parcels", "messages"];
const SAVED_ROWS = 12; // of each table before a page, those changed last; as in history_pages.py
const SAVED_PAGE = 64; // hops; as in history_pages.py

/** Reads shared values: each stands once, lists and objects hold the numbers of other values. */
function savedReader({ shapes, values }) {
  const read = new Map();
  const make = ([shape, ...parts]) => {
    if (shape === 0) return parts.map(valueOf);
    return Object.fromEntries(parts.map((part, at) => [shapes[shape][at], valueOf(part)]));
  };
  const valueOf = (number) => {
    if (!Array.isArray(values[number])) return values[number];
    if (!read.has(number)) read.set(number, make(values[number]));
    return read.get(number);
  };
  return valueOf;
}

class SavedRun {
  constructor({ history, states, here }) {
    Object.assign(this, { start: history, states });
    this.reset();
    for (const key of here) this.move(key);
  }

  /** Goes back to the first state. */
  reset() {
    const path = { hops: [], patches: [], views: {}, counts: new Map(), places: new Map(), records: new Map() };
    Object.assign(this, path, { at: 0, isShifted: false });
    this.take(this.start);
  }

  get state() {
    return this.states[this.at];
  }

  get count() {
    return this.hops.length;
  }

  /** Makes a move; returns whether it is recorded. */
  move(key) {
    const move = this.state.moves[key];
    if (!move) return false;
    this.at = move.to;
    this.isShifted ||= move.shifts;
    this.take(move.changes);
    return true;
  }

  take({ hops, last, state, views, view, first, real_times: hasRealTimes }) {
    Object.assign(this, { view, first, hasRealTimes, views: { ...this.views, ...views } });
    if (hops.length) this.last = undefined; // as it was when it happened, without later commits
    for (const [message, patch] of hops) {
      if (message.sentence !== undefined) this.add(message);
      this.patches.push({ number: this.count, patch });
    }
    if (last) {
      const { number, about, nth, time, transaction, changes } = this.hops.at(-1);
      this.last = { ...last, number, about, nth, time, transaction, changes };
    }
    this.patches.push({ number: this.count, patch: state, isLater: true });
  }

  add({ after, handled, ...message }) {
    const [number, before] = [this.count + 1, this.hops.at(-1)];
    const about = message.order || before?.about || "";
    if (message.order) this.counts.set(about, (this.counts.get(about) ?? 0) + 1);
    const delivery = [message.place, message.to, message.order].join();
    if (!this.places.has(delivery)) this.places.set(delivery, number);
    const transaction = handled === true ? number : handled ? (this.places.get(handled.join()) ?? null) : null;
    const nth = this.counts.get(about || this.first) ?? 0;
    const time = before ? before.time + after : 0;
    const changes = message.topic ? { ...message.changes, messages: this.recordRow(message) } : message.changes;
    this.hops.push({ ...message, number, about, nth, time, transaction, changes });
  }

  /** The row of a record, with those who have read it so far; as in history_pages.py. */
  recordRow({ step, place, key, message, from, to, outcome }) {
    const known = this.records.get(place);
    const reader = to === "kafka" ? "" : outcome === "applied" ? to : `${to} (${outcome})`;
    const readers = reader && !known?.row.readers.includes(reader) ? [reader] : [];
    const row = known
      ? { ...known.row, readers: [...known.row.readers, ...readers], hops: known.row.hops + 1 }
      : { step, place, key, message, from: from === "kafka" ? "" : from, readers, hops: 1 };
    const index = known?.index ?? this.records.size;
    this.records.set(place, { index, row });
    return { [index]: row };
  }

  /** The message about a hop; the last one follows later commits. */
  hop(number) {
    const found = number === this.count && this.last ? this.last : this.hops[number - 1];
    return found && { ...found, about: found.about || this.first };
  }

  /** Hops `from` to `to`, with the rows before them where they begin a page. */
  page(from, to) {
    const moments = Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => this.hop(from + at));
    const base = moments.length && from % SAVED_PAGE === 1 ? this.rowsBefore(from) : null;
    return { from, base, moments, views: this.views };
  }

  rowsBefore(number) {
    const tables = Object.fromEntries(SAVED_TABLES.map((name) => [name, new Map()]));
    for (const { changes } of this.hops.slice(0, number - 1)) {
      for (const [name, rows] of Object.entries(changes)) {
        for (const [index, row] of Object.entries(rows)) {
          tables[name].delete(Number(index)); // and added again: the rows are in the order of their last change
          tables[name].set(Number(index), row);
        }
      }
    }
    const last = (rows) => ({ count: rows.size, rows: [...rows].slice(-SAVED_ROWS) });
    return Object.fromEntries(SAVED_TABLES.map((name) => [name, last(tables[name])]));
  }
}
