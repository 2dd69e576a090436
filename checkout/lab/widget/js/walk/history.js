// History: the hops of a run, loaded from the kernel in pages, and the rows of the tables at each of them.

const PAGE = 64; // hops; as in history_pages.py
const SHOWN_ROWS = 12; // of each table, those changed last; as in history_pages.py
const STATE_TABLES = ["orders", "stock", "mailbox", "parcels", "messages"];

const pageStart = (number) => number - ((number - 1) % PAGE);

class History {
  /** `request(from, to, at)` asks the kernel for a page; its promise has the answer. */
  constructor(request) {
    Object.assign(this, { request, count: 0, first: "", views: {}, pages: new Map(), orders: new Map() });
  }

  /** Takes what is new: the hops after `keep` are replaced by those of the message. */
  receive(news) {
    this.cut(news.keep);
    Object.assign(this, { count: news.count, first: news.first, hasRealTimes: news.real_times });
    this.add(news);
  }

  cut(keep) {
    if (keep >= this.count) return;
    for (const [start, page] of this.pages) {
      if (start > keep) this.pages.delete(start);
      else page.moments.length = Math.min(page.moments.length, keep - start + 1);
    }
    for (const hops of this.orders.values()) {
      for (const number of hops.keys()) if (number > keep) hops.delete(number);
    }
  }

  add(message) {
    const { from, base, moments, others = [], views } = message ?? { moments: [] }; // an error has no page
    Object.assign(this.views, views);
    const known = moments.filter((moment) => moment.number <= this.count); // what is newer comes as news
    for (const moment of [...known, ...others]) {
      if (!moment.order || moment.number > this.count) continue;
      if (!this.orders.has(moment.order)) this.orders.set(moment.order, new Map());
      this.orders.get(moment.order).set(moment.number, moment);
    }
    if (!known.length) return;
    const start = pageStart(from);
    if (base) this.pages.set(start, { base, moments: [] });
    for (const moment of known) this.pages.get(start).moments[moment.number - start] = moment;
  }

  /** The hop with this number, counted from 1; undefined if its page is not loaded. */
  at(number) {
    return this.pages.get(pageStart(number))?.moments[number - pageStart(number)];
  }

  /** The loaded hops of an order, up to this number, oldest first. */
  ofOrder(order, upTo = this.count) {
    const hops = [...(this.orders.get(order)?.values() ?? [])].filter((moment) => moment.number <= upTo);
    return hops.sort((one, other) => one.number - other.number);
  }

  /** The order that is shown at a hop: its own, else that of the last hop that has one. */
  orderAt(number) {
    return number ? this.at(number)?.about : this.first;
  }

  /** Whether a hop is loaded, with all that came before it in its order. */
  isComplete(number) {
    const moment = this.at(number);
    return number === 0 || Boolean(moment && this.ofOrder(moment.about, number).length === moment.nth);
  }

  hasPage(start) {
    return this.pages.get(start)?.moments.length === Math.min(PAGE, this.count - start + 1);
  }

  /** The first of the pages of these hops that is not loaded; undefined if all are. */
  missing(from, to) {
    const last = Math.min(to, this.count);
    for (let start = pageStart(Math.max(1, from)); start <= last; start += PAGE) if (!this.hasPage(start)) return start;
    return undefined;
  }

  async loadPage(start) {
    this.add((await this.request(start, start + PAGE - 1, 0)).page);
  }

  /** The loaded hops of these numbers. */
  between(from, to) {
    const numbers = Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
    return numbers.map((number) => this.at(number)).filter(Boolean);
  }

  /** Loads a hop until it is complete. One request at a time: of calls meanwhile only the last one counts. */
  async want(number) {
    this.wanted = number;
    if (this.isLoading) return;
    this.isLoading = true;
    let asked;
    while (this.wanted <= this.count && !this.isComplete(this.wanted) && asked !== this.wanted) {
      asked = this.wanted;
      const start = pageStart(asked);
      const range = this.hasPage(start) ? [1, 0] : [start, start + PAGE - 1];
      this.add((await this.request(...range, asked)).page);
    }
    this.isLoading = false;
  }

  /** The rows of each table as of a hop: those changed last, and how many there are; undefined if it is not loaded. */
  stateAt(number) {
    const page = number ? this.pages.get(pageStart(number)) : { moments: [] };
    const moments = page?.moments.slice(0, number ? number - pageStart(number) + 1 : 0);
    if (number && !moments?.length) return undefined;
    const changed = number > 1 ? moments.at(-1).changes : {};
    return Object.fromEntries(STATE_TABLES.map((name) => [name, tableAt(name, page.base?.[name], moments, changed)]));
  }
}

/** Loads the hops that one view shows, a page at a time. Of ranges that are wanted meanwhile only the last one counts. */
class HopLoader {
  /** `onPage()` is called after each page: it may want another range. */
  constructor(onPage) {
    Object.assign(this, { onPage, range: [1, 0], isLoading: false });
  }

  async want(history, from, to) {
    this.range = [from, to];
    if (this.isLoading) return;
    this.isLoading = true;
    let [asked, start] = [undefined, history.missing(from, to)];
    while (start && start !== asked) { // a page that does not come is asked for again with the next range
      asked = start;
      await history.loadPage(start);
      this.onPage();
      start = history.missing(...this.range);
    }
    this.isLoading = false;
  }

  /** Nothing more is wanted: the view is closed. */
  close() {
    Object.assign(this, { range: [1, 0], onPage: () => {} });
  }
}

function tableAt(name, base, moments, changed) {
  const rows = new Map(base?.rows);
  let count = base?.count ?? 0;
  for (const moment of moments) {
    for (const [key, row] of Object.entries(moment.changes[name] ?? {})) {
      const index = Number(key);
      rows.delete(index); // and added again: the rows are in the order of their last change
      rows.set(index, row);
      count = Math.max(count, index + 1);
    }
  }
  const last = [...rows].slice(-SHOWN_ROWS).sort(([one], [other]) => one - other);
  return { count, rows: last.map(([index, row]) => ({ index, row, isChanged: index in (changed[name] ?? {}) })) };
}
