// Pair: the walk through one run, or two side by side with one slider and the first difference marked.

const BOTH_SIDES = ["first", "second"];
const PAIR_KEYS = { ...MOVES, d: "difference", D: "difference" };
const MOVED_WITHIN = "[role=tab], .board-tile, .board-note"; // elements that use these keys themselves

class Pair {
  constructor(model, el) {
    Object.assign(this, { model, el, models: {}, walks: {}, row: 0, busy: "", difference: {} });
    this.receive = this.receive.bind(this);
    model.on("msg:custom", this.receive);
    this.models.pair = sideModel(model, "pair");
    this.kernel = new Kernel(this.models.pair, { onNews: () => {}, onBusy: (sentence) => this.showBusy(sentence) });
    this.open("first", el);
  }

  /** Opens the walk of one side. */
  open(side, el) {
    this.models[side] = sideModel(this.model, side);
    this.walks[side] = new Walk(this.models[side], el);
    this.walks[side].onMove = (at) => this.moved(side, at);
  }

  receive(message) {
    const side = message.side ?? "first";
    const [wasLast, wasOpen] = [this.row === this.length, this.walks[side]?.isOpen()];
    if (message.pair) this.take(message.pair);
    this.models[side]?.deliver(message);
    if (!message.pair) return;
    if (side === "second" && message.whole && !wasOpen) this.goToStart();
    else if (this.walks.second.isOpen()) this.go(wasLast ? this.length : this.row); // rows may be others now
    else this.show();
  }

  /** Takes the alignment of both runs: how many hops of each there are up to each row. */
  take(pair) {
    if (pair.is_new && this.root) keepFocus(this.root, () => this.closeSecond());
    Object.assign(this, { pair, difference: {} });
    const rows = pair.rows.flatMap(([kind, length]) => Array(length).fill(kind));
    const counts = { first: [0], second: [0] };
    for (const kind of rows) {
      for (const side of BOTH_SIDES) counts[side].push(counts[side].at(-1) + Number([side, "both"].includes(kind)));
    }
    Object.assign(this, { counts, length: rows.length });
    if (!this.root) this.build();
    showStrip(this.find(".compare-strip"), pair.different, this.length);
    if (!this.walks.second) this.open("second", this.frame("second"));
  }

  build() {
    const kind = this.pair.is_fork ? "compare is-fork" : "compare";
    this.root = h("div", { class: kind, role: "group", "aria-label": "Two runs side by side", tabindex: 0 });
    this.root.innerHTML = PAIR_LAYOUT;
    this.root.addEventListener("click", (event) => this.clicked(event.target.closest("[data-pair]")));
    this.root.addEventListener("keydown", (event) => this.pressed(event), true);
    this.root.addEventListener("keydown", (event) => event.stopPropagation()); // else the notebook deletes a cell at "dd"
    this.find(".compare-slider").addEventListener("input", (event) => this.go(Number(event.target.value)));
    this.el.append(this.root);
    this.walks.first.stop(); // its button is hidden here
    const focused = document.activeElement;
    this.frame("first").append(this.walks.first.root);
    if (this.root.contains(focused)) focused.focus({ preventScroll: true }); // an element that moves loses the focus
  }

  frame(side) {
    const name = this.pair.names[side === "first" ? 0 : 1];
    const parts = [h("b", {}, name), h("span", { class: "compare-place" }), h("span", { class: "compare-mark" })];
    const section = h("section", { class: `compare-side compare-${side}`, "aria-label": name }, h("p", {}, ...parts));
    return this.find(".compare-sides").appendChild(section);
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  /** After a fork the hop at which it begins, of two runs that are compared their first difference. */
  goToStart() {
    const { first, is_fork } = this.pair;
    const start = first == null ? this.length : first + 1;
    this.go(is_fork ? this.rowOf("second", this.walks.second.history.count) : start);
  }

  /** One side has gone to a hop by itself: the other follows. */
  moved(side, at) {
    if (this.pair && !this.isMoving && this.counts[side][this.row] !== at) this.go(this.rowOf(side, at));
  }

  /** The first row that has this hop of a side. */
  rowOf(side, at) {
    return this.counts[side].findIndex((count) => count >= Math.min(at, this.counts[side].at(-1)));
  }

  go(row) {
    this.row = Math.max(0, Math.min(row, this.length));
    this.isMoving = true;
    for (const [side, walk] of Object.entries(this.walks)) {
      const at = Math.min(this.counts[side][this.row], walk.history.count);
      if (walk.at !== at) walk.go(at);
    }
    this.isMoving = false;
    this.show();
  }

  /** Whether a row has a hop of this side. */
  hasHop(side, row = this.row) {
    return row > 0 && this.counts[side][row] > this.counts[side][row - 1];
  }

  isDifferent(row = this.row) {
    return this.pair.different.some(([start, count]) => start < row && row <= start + count);
  }

  show() {
    const { pair, row, length, counts } = this;
    Object.assign(this.find(".compare-slider"), { max: length, value: row });
    const places = BOTH_SIDES.map((side, at) => `hop ${counts[side][row]} of ${pair.names[at]}`);
    this.find(".compare-slider").setAttribute("aria-valuetext", places.join(", "));
    this.find(".compare-count").textContent = `${row} of ${length}`;
    setText(this.find("[data-pair=run]"), this.running ? "Pause" : "Run");
    this.find("[data-pair=step]").setAttribute("aria-disabled", row === length && !this.waiting().length);
    this.find("[data-pair=back]").setAttribute("aria-disabled", row === 0);
    this.find("[data-pair=difference]").setAttribute("aria-disabled", pair.first == null);
    this.find("[data-pair=close]").hidden = !pair.is_fork;
    this.find(".compare-sentence").textContent = pair.sentence;
    for (const side of BOTH_SIDES) this.showSide(side);
    this.showStatus();
    this.describe();
  }

  showSide(side) {
    const [section, isDifferent] = [this.find(`.compare-${side}`), this.isDifferent()];
    const total = this.counts[side].at(-1);
    section.classList.toggle("is-different", isDifferent);
    section.querySelector(".compare-place").textContent = ` hop ${this.counts[side][this.row]} of ${total} `;
    const what = this.row - 1 === this.pair.first ? "≠ first difference" : "≠ differs";
    const mark = this.hasHop(side) ? what : `${what}: no such hop here`;
    section.querySelector(".compare-mark").textContent = isDifferent ? mark : "";
  }

  words() {
    const { row, difference } = this;
    if (row - 1 === this.pair.first) return "This is the first difference.";
    if (!this.isDifferent()) return row ? "Equal in both." : "Before the first hop.";
    return difference.row === row ? difference.sentence : "The runs differ here.";
  }

  showStatus() {
    if (this.root) setText(this.find(".compare-status"), this.busy || this.words());
  }

  showBusy(sentence) {
    this.busy = sentence;
    this.showStatus();
  }

  /** Asks how the runs differ in a row, unless that is known. */
  async describe() {
    const { row, pair } = this;
    if (!this.isDifferent() || row - 1 === pair.first || this.difference.row === row) return;
    const { difference: sentence } = await this.kernel.ask("difference", { row: row - 1 });
    if (this.row === row && this.pair === pair) this.difference = { row, sentence };
    this.showStatus();
  }

  clicked(button) {
    if (button && button.getAttribute("aria-disabled") !== "true") this.do(button.dataset.pair);
  }

  /** Moves both runs; the promise ends when the labs have answered. */
  do(action) {
    if (action === "close") return this.closeFork();
    if (action === "run") return this.run();
    if (action === "step" && this.row === this.length) return this.stepOn();
    const { row, length, pair } = this;
    this.go({ step: row + 1, back: row - 1, home: 0, end: length, difference: (pair.first ?? row - 1) + 1 }[action]);
  }

  /** The labs that can go on. */
  waiting() {
    return Object.values(this.walks).filter((walk) => walk.is_live && !walk.status?.is_idle);
  }

  /** Each lab goes one hop on, unless nothing is left to do. */
  stepOn() {
    return Promise.all(this.waiting().map((walk) => walk.ask("step")));
  }

  run() {
    clearTimeout(this.timer);
    this.running = this.running ? null : {}; // another object for each run
    if (this.running) this.tick(this.running);
    this.show();
  }

  async tick(run) {
    await this.do("step");
    if (this.running !== run || !this.root) return;
    const isHeld = Object.values(this.walks).some((walk) => walk.notice || walk.status?.stopped_at);
    if (this.row === this.length && (isHeld || !this.waiting().length)) this.running = null;
    else this.timer = setTimeout(() => this.tick(run), pace());
    this.show();
  }

  pressed(event) {
    const action = PAIR_KEYS[event.key];
    const isOwn = usesKey(event.target, event.key) || event.target.matches(MOVED_WITHIN);
    if (!action || isOwn || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.do(action);
  }

  stop() {
    this.running = null;
    clearTimeout(this.timer);
  }

  closeSecond() {
    this.walks.second?.close();
    this.root?.querySelector(".compare-second")?.remove();
    delete this.walks.second;
    delete this.models.second;
  }

  /** Shows the first run alone again. */
  async closeFork() {
    await this.kernel.ask("close");
    if (!this.pair) return; // the button was clicked twice
    this.stop();
    this.closeSecond();
    this.el.append(this.walks.first.root);
    this.root.remove();
    Object.assign(this, { pair: null, root: null });
    this.walks.first.root.focus({ preventScroll: true });
  }

  close() {
    this.model.off("msg:custom", this.receive);
    this.kernel.close();
    this.stop();
    for (const walk of Object.values(this.walks)) walk.close();
  }
}

export default {
  render({ model, el }) {
    const pair = new Pair(model, el);
    return () => pair.close();
  },
};
