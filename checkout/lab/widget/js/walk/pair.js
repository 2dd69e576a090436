// Pair: the walk through one run, or two side by side with one slider and the first difference marked.

const PAIR_LAYOUT = `
  <div class="compare-bar">
    <button data-pair="step">Step both</button><button data-pair="back">Back</button>
    <span class="compare-track">
      <input type="range" class="compare-slider" min="0" max="0" value="0" aria-label="hop of both runs">
      <span class="compare-strip" aria-hidden="true"></span>
    </span>
    <span class="compare-count"></span>
    <button data-pair="difference">Go to the first difference</button>
    <button data-pair="close">Close the fork</button>
  </div>
  <p class="compare-sentence"></p>
  <p class="compare-status" role="status" aria-live="polite"></p>
  <div class="compare-sides"></div>
  <p class="compare-keys">Keys: → step, ← back, Home and End, D first difference.</p>`;
const BOTH_SIDES = ["first", "second"];
const PAIR_KEYS = { ArrowRight: "step", ArrowLeft: "back", Home: "home", End: "end", d: "difference", D: "difference" };
const OWN_KEYS = "[type=radio], [role=tab], summary, select"; // elements that use these keys themselves
const MAX_MARKS = 200; // on the strip below the slider

/** The messages about one side of a pair, as a model of its own. */
class SideModel {
  constructor(model, side) {
    Object.assign(this, { model, side, listeners: new Set() });
  }

  on(_, listener) {
    this.listeners.add(listener);
  }

  off(_, listener) {
    this.listeners.delete(listener);
  }

  send(message) {
    this.model.send(this.side === "first" ? message : { ...message, side: this.side });
  }

  deliver(message) {
    for (const listener of this.listeners) listener(message);
  }
}

class Pair {
  constructor(model, el) {
    Object.assign(this, { model, el, models: {}, walks: {}, row: 0 });
    this.receive = this.receive.bind(this);
    model.on("msg:custom", this.receive);
    this.models.pair = new SideModel(model, "pair");
    this.kernel = new Kernel(this.models.pair, { onNews: () => {}, onBusy: () => {} });
    this.open("first", el);
  }

  /** Opens the walk of one side. */
  open(side, el) {
    this.models[side] = new SideModel(this.model, side);
    this.walks[side] = new Walk(this.models[side], el);
    this.walks[side].onMove = (at) => this.moved(side, at);
  }

  receive(message) {
    const side = message.side ?? "first";
    if (message.pair) this.take(message.pair);
    this.models[side]?.deliver(message);
    if (!message.pair) return;
    if (side === "second" && message.whole) this.goToStart();
    else this.show();
  }

  /** Takes the alignment of both runs: how many hops of each there are up to each row. */
  take(pair) {
    if (pair.is_new) this.closeSecond();
    this.pair = pair;
    const counts = { first: [0], second: [0] };
    for (const [kind, length] of pair.rows) {
      for (let index = 0; index < length; index++) {
        for (const side of BOTH_SIDES) counts[side].push(counts[side].at(-1) + Number([side, "both"].includes(kind)));
      }
    }
    Object.assign(this, { counts, length: counts.first.length - 1 });
    if (!this.root) this.build();
    showStrip(this.find(".compare-strip"), pair.different, this.length);
    if (!this.walks.second) this.open("second", this.frame("second"));
  }

  build() {
    const label = "Two runs side by side";
    const kind = this.pair.is_fork ? "compare is-fork" : "compare";
    this.root = h("div", { class: kind, role: "group", "aria-label": label, tabindex: 0 });
    this.root.innerHTML = PAIR_LAYOUT;
    this.root.addEventListener("click", (event) => this.clicked(event.target.closest("[data-pair]")));
    this.root.addEventListener("keydown", (event) => this.pressed(event), true);
    this.root.addEventListener("keydown", (event) => event.stopPropagation()); // else the notebook deletes a cell at "dd"
    this.find(".compare-slider").addEventListener("input", (event) => this.go(Number(event.target.value)));
    this.el.append(this.root);
    const focused = document.activeElement;
    this.frame("first").append(this.walks.first.root);
    if (this.root.contains(focused)) focused.focus({ preventScroll: true }); // an element that moves loses the focus
  }

  frame(side) {
    const name = this.pair.names[side === "first" ? 0 : 1];
    const parts = [h("b", {}, name), h("span", { class: "compare-place" }), h("span", { class: "compare-mark" })];
    const section = h("section", { class: `compare-side compare-${side}`, "aria-label": name }, h("p", {}, ...parts));
    this.find(".compare-sides").append(section);
    return section;
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  /** After a fork the hop at which it begins, of two runs that are compared their first difference. */
  goToStart() {
    const { first, is_fork } = this.pair;
    if (is_fork) this.moved("second", this.walks.second.history.count);
    else this.go(first === null ? this.length : first + 1);
  }

  /** One side has gone to a hop by itself: the other follows. */
  moved(side, at) {
    if (!this.pair || this.isMoving) return;
    const row = this.counts[side].findIndex((count) => count >= at);
    this.go(row < 0 ? this.length : row);
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
    this.find("[data-pair=back]").setAttribute("aria-disabled", row === 0);
    this.find("[data-pair=difference]").setAttribute("aria-disabled", pair.first === null);
    this.find("[data-pair=close]").hidden = !pair.is_fork;
    this.find(".compare-sentence").textContent = pair.sentence;
    this.root.dataset.row = row;
    for (const side of BOTH_SIDES) this.showSide(side);
    this.showStatus();
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

  async showStatus() {
    const [row, status] = [this.row, this.find(".compare-status")];
    const known = row ? "Equal in both." : "Before the first hop.";
    status.textContent = row - 1 === this.pair.first ? "This is the first difference." : known;
    if (!this.isDifferent() || row - 1 === this.pair.first) return;
    status.textContent = "The runs differ here.";
    const { difference } = await this.kernel.ask("difference", { row: row - 1 });
    if (this.row === row && this.root) status.textContent = difference;
  }

  clicked(button) {
    if (button && button.getAttribute("aria-disabled") !== "true") this.do(button.dataset.pair);
  }

  do(action) {
    if (action === "close") return this.closeFork();
    if (action === "step" && this.row === this.length) return this.stepOn();
    const { row, length, pair } = this;
    const first = pair.first === null ? row : pair.first + 1;
    this.go({ step: row + 1, back: row - 1, home: 0, end: length, difference: first }[action]);
  }

  /** Both labs go one hop on, unless nothing is left to do. */
  stepOn() {
    for (const walk of Object.values(this.walks)) if (walk.is_live && !walk.status?.is_idle) walk.ask("step");
  }

  pressed(event) {
    const action = PAIR_KEYS[event.key];
    if (!action || event.target.matches(OWN_KEYS) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.do(action);
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
    this.closeSecond();
    this.el.append(this.walks.first.root);
    this.root.remove();
    Object.assign(this, { pair: null, root: null });
    this.walks.first.root.focus({ preventScroll: true });
  }

  close() {
    this.model.off("msg:custom", this.receive);
    this.kernel.close();
    for (const walk of Object.values(this.walks)) walk.close();
  }
}

/** Marks on a strip where two runs differ. */
function showStrip(strip, different, length) {
  const marks = different.slice(0, MAX_MARKS).map(([start, count]) => {
    const mark = h("span");
    Object.assign(mark.style, { left: `${(100 * start) / length}%`, width: `${(100 * count) / length}%` });
    return mark;
  });
  strip.replaceChildren(...marks);
}

export default {
  render({ model, el }) {
    const pair = new Pair(model, el);
    return () => pair.close();
  },
};
