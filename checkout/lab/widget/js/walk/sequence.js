// Sequence: the run as a sequence diagram, a row per hop. Only the rows in view are in the page.

const SEQUENCE_ROW = 30; // pixels
const SEQUENCE_GUTTER = 72; // pixels for the name of the order
const SEQUENCE_COLUMN = 54; // pixels, at least
const SEQUENCE_NARROW = 66; // pixels of a column: narrower, the heads stand in three lines instead of two
const SEQUENCE_HEAD = 14; // pixels of a line of heads
const SEQUENCE_LETTER = 7; // pixels, about
const SEQUENCE_MARGIN = 6; // rows above and below those in view

class Sequence {
  constructor(card) {
    this.heads = h("div", { class: "sequence-heads" });
    this.lines = h("div", { class: "sequence-lines", "aria-hidden": "true" });
    this.rows = h("div", { class: "sequence-rows" });
    this.body = h("div", { class: "sequence-body" }, this.lines, this.rows);
    this.box = h("div", { class: "sequence", tabindex: 0, role: "group" }, this.heads, this.body);
    this.box.addEventListener("scroll", () => this.draw());
    this.box.addEventListener("click", (event) => this.clicked(event));
    this.seen = new Map();
    this.loader = new HopLoader(() => this.draw());
    this.watch = new ResizeObserver(() => this.draw());
    this.watch.observe(this.box);
    card.append(this.box);
  }

  show(shown) {
    if (shown.history.count < this.shown?.count) this.seen.clear();
    const hasMoved = this.shown?.at !== shown.at || this.shown.count !== shown.history.count;
    this.shown = { ...shown, count: shown.history.count };
    const sentence = shown.now?.sentence ?? "No hop yet.";
    this.box.setAttribute("aria-label", `Sequence diagram, hop ${shown.at} of ${shown.history.count}: ${sentence}`);
    this.body.style.height = `${shown.history.count * SEQUENCE_ROW}px`;
    if (hasMoved) this.follow();
    this.draw();
  }

  /** Scrolls to the current row, unless it is in view. */
  follow() {
    const [top, room] = [(this.shown.at - 1) * SEQUENCE_ROW, this.box.clientHeight - this.heads.offsetHeight];
    const isInView = top >= this.box.scrollTop && top + SEQUENCE_ROW <= this.box.scrollTop + room;
    if (!isInView) this.box.scrollTop = Math.max(0, top - room / 2);
  }

  /** The numbers of the first and the last row to be drawn. */
  window() {
    const first = Math.floor(this.box.scrollTop / SEQUENCE_ROW) + 1 - SEQUENCE_MARGIN;
    const last = first + Math.ceil(this.box.clientHeight / SEQUENCE_ROW) + 2 * SEQUENCE_MARGIN;
    return [Math.max(1, first), Math.min(last, this.shown.history.count)];
  }

  draw() {
    if (!this.shown) return;
    const { history } = this.shown;
    const [first, last] = this.window();
    const moments = history.between(first - PAGE, last + PAGE); // a transaction may begin or end outside the view
    for (const { from, to } of moments) this.seen.set(`${from} ${to}`, { from, to });
    this.elements = runElements(this.shown, [...this.seen.values()]);
    this.body.style.minWidth = `${SEQUENCE_GUTTER + this.elements.length * SEQUENCE_COLUMN}px`;
    this.heads.style.minWidth = this.body.style.minWidth;
    this.drawHeads();
    const inView = history.between(first, last);
    const bars = runTransactions(moments).filter((each) => each.first <= last && each.last.number >= first);
    this.rows.replaceChildren(...this.bars(bars), ...inView.map((moment) => this.row(moment)));
    this.loader.want(history, first, last);
  }

  /** The x of an element's lifeline, in pixels. */
  x(alias) {
    const at = this.elements.indexOf(alias);
    return SEQUENCE_GUTTER + ((at + 0.5) * (this.body.clientWidth - SEQUENCE_GUTTER)) / this.elements.length;
  }

  drawHeads() {
    const key = `${this.elements.join()} ${this.body.clientWidth}`;
    if (this.drawn === key) return;
    this.drawn = key;
    const rows = this.x(this.elements[1]) - this.x(this.elements[0]) < SEQUENCE_NARROW ? 3 : 2; // names are wide
    this.heads.style.height = `${rows * SEQUENCE_HEAD + 3}px`;
    const place = (alias, at) => `left: ${this.x(alias)}px; top: ${1 + (at % rows) * SEQUENCE_HEAD}px`;
    const head = (alias, at) => h("b", { style: place(alias, at) }, runHead(this.shown.names, alias));
    this.heads.replaceChildren(...this.elements.map(head));
    this.lines.replaceChildren(...this.elements.map((alias) => h("i", { style: `left: ${this.x(alias)}px` })));
  }

  row(moment) {
    const { at, colourOf } = this.shown;
    const marks = [
      "sequence-row", moment.number > at ? "later" : "", moment.outcome === "applied" ? "" : "unsuccessful",
      moment.from === LAB_SENDER ? "note" : "",
    ];
    const row = h(
      "button",
      { class: marks.join(" "), tabindex: -1, title: moment.sentence, "data-number": moment.number },
      h("span", { class: "sequence-order" }, moment.order || ""),
      ...(moment.from === LAB_SENDER ? [h("span", { class: "sequence-label" }, moment.sentence)] : this.arrow(moment)),
    );
    row.style.top = `${(moment.number - 1) * SEQUENCE_ROW}px`;
    row.style.setProperty("--of-order", colourOf(moment.order));
    if (moment.number === at) row.setAttribute("aria-current", "step");
    return row;
  }

  arrow(moment) {
    const [from, to, text] = [this.x(moment.from), this.x(moment.to), runLabel(moment)];
    const [left, right, width] = [Math.min(from, to), Math.max(from, to), this.body.clientWidth];
    const line = h("span", { class: `sequence-line ${from < to ? "to-right" : "to-left"}` });
    Object.assign(line.style, { left: `${left}px`, width: `${right - left}px` });
    const label = h("span", { class: "sequence-label" }, text);
    const fits = left + 12 + text.length * SEQUENCE_LETTER < width;
    if (fits) Object.assign(label.style, { left: `${left + 8}px`, maxWidth: `${width - left - 8}px` });
    else Object.assign(label.style, { right: `${width - right + 8}px`, maxWidth: `${right - 8}px` });
    return [line, label];
  }

  /** Transactions as bars on lifelines; those at the same time stand beside each other. */
  bars(transactions) {
    const ends = new Map();
    return transactions.sort((one, other) => one.first - other.first).map(({ element, order, first, last }) => {
      const taken = ends.get(element) ?? [];
      const free = taken.findIndex((end) => end < first);
      const slot = free < 0 ? taken.length : free;
      taken[slot] = last.number;
      ends.set(element, taken);
      const bar = h("span", { class: `sequence-bar ${first > this.shown.at ? "later" : ""}` });
      const [top, bottom] = [(first - 1 + 0.68) * SEQUENCE_ROW - 4, (last.number - 1 + 0.68) * SEQUENCE_ROW + 4];
      Object.assign(bar.style, { left: `${this.x(element) - 4 + 5 * slot}px`, top: `${top}px`, height: `${bottom - top}px` });
      bar.style.setProperty("--of-order", this.shown.colourOf(order));
      return bar;
    });
  }

  clicked(event) {
    event.stopPropagation();
    const row = event.target.closest("[data-number]");
    if (!row) return;
    this.box.focus({ preventScroll: true }); // the row itself is drawn anew
    this.shown.go(Number(row.dataset.number));
  }

  close() {
    this.loader.close();
    this.watch.disconnect();
    this.box.remove();
  }
}
