// Timeline: a lane per element, hops as lines between lanes at their times, transactions as bars of their duration.

const TIMELINE_LANES = [21, 40]; // pixels of a lane, at least and at most
const TIMELINE_AXIS = 20; // pixels
const TIMELINE_EDGE = 26; // pixels free at the left and at the right
const TIMELINE_TICK = 80; // pixels between two ticks, at least
const TIMELINE_HOPS = 400; // of a long run, those around the current one
const TIMELINE_ZOOM = 32; // times the width, at most
const FIXED_CLOCK = "Times of the fixed clock (1 ms per reading), not real ones.";
const REAL_CLOCK = "A publication is shown at its acknowledgement, a call at its answer.";

class Timeline {
  constructor(card) {
    Object.assign(this, { isRun: false, zoom: 1 });
    const control = (does, text) => h("button", { "data-timeline": does }, text);
    this.controls = h(
      "div",
      { class: "timeline-controls" },
      control("order", "This order"), control("run", "Whole run"), control("in", "Zoom in"), control("out", "Zoom out"),
    );
    this.words = h("p", { class: "timeline-words" });
    this.heads = h("div", { class: "timeline-heads" });
    this.svg = svgNode("svg", { "aria-hidden": "true" });
    this.box = h("div", { class: "timeline-box", tabindex: 0, role: "group" }, this.heads, this.svg);
    this.root = h("div", { class: "timeline" }, this.controls, this.words, this.box);
    this.root.addEventListener("click", (event) => this.clicked(event));
    this.loader = new HopLoader(() => this.draw());
    this.watch = new ResizeObserver(() => this.draw());
    this.watch.observe(this.box);
    card.append(this.root);
  }

  show(shown) {
    this.shown = shown;
    this.draw();
    if (this.isRun) this.loader.want(shown.history, ...this.range());
  }

  /** The numbers of the hops that the whole run shows: all of a short run. */
  range() {
    const { at, history } = this.shown;
    const first = Math.max(1, Math.min(at - TIMELINE_HOPS / 2, history.count - TIMELINE_HOPS + 1));
    return [first, Math.min(history.count, first + TIMELINE_HOPS - 1)];
  }

  moments() {
    const { history, order } = this.shown;
    return this.isRun ? history.between(...this.range()) : history.ofOrder(order);
  }

  draw() {
    if (!this.shown || !this.box.clientWidth) return;
    const moments = this.moments();
    const times = moments.map(({ time }) => time);
    Object.assign(this, { start: Math.min(...times), end: Math.max(...times) });
    this.elements = runElements(this.shown, moments);
    this.width = (this.box.clientWidth - this.heads.offsetWidth - 2) * this.zoom;
    const [least, most] = TIMELINE_LANES;
    const room = (this.box.clientHeight - TIMELINE_AXIS - 2) / this.elements.length;
    this.lane = Math.max(least, Math.min(most, Math.floor(room)));
    const height = TIMELINE_AXIS + this.elements.length * this.lane;
    for (const [name, value] of Object.entries({ width: this.width, height })) this.svg.setAttribute(name, value);
    const head = (alias) => h("b", { style: `line-height: ${this.lane}px` }, runHead(this.shown.names, alias));
    this.heads.replaceChildren(...this.elements.map(head));
    const begins = new Map(moments.map((moment) => [moment.number, moment]));
    const spans = runTransactions(moments).map((span) => ({ ...span, begin: begins.get(span.first) }));
    this.svg.replaceChildren(
      ...this.lanes(), ...(moments.length ? this.ticks() : []),
      ...spans.filter(({ begin }) => begin).map((span) => this.bar(span)), ...this.hops(moments),
    );
    this.describe(moments, spans);
    this.follow();
  }

  x(time) {
    const share = (time - this.start) / (this.end - this.start || 1);
    return TIMELINE_EDGE + share * (this.width - 2 * TIMELINE_EDGE);
  }

  y(alias) {
    return TIMELINE_AXIS + (this.elements.indexOf(alias) + 0.5) * this.lane;
  }

  lanes() {
    return this.elements.map((alias) => svgNode("path", { class: "lane", d: `M0 ${this.y(alias)}H${this.width}` }));
  }

  ticks() {
    const span = this.end - this.start || 1;
    const step = timelineStep((span * TIMELINE_TICK) / this.width);
    const ticks = Array.from({ length: Math.floor(span / step) + 1 }, (_, index) => index * step);
    return ticks.flatMap((tick) => {
      const x = this.x(this.start + tick);
      const height = TIMELINE_AXIS + this.elements.length * this.lane;
      const line = svgNode("path", { class: "tick", d: `M${x} ${TIMELINE_AXIS - 4}V${height}` });
      return [line, svgNode("text", { class: "tick", x, y: 12 }, timelineText(tick))];
    });
  }

  bar({ element, order, begin, last }) {
    const [from, to] = [begin.time, last.time].sort((one, other) => one - other).map((time) => this.x(time));
    const isLater = begin.number > this.shown.at;
    const bar = svgNode("g", { class: isLater ? "bar later" : "bar", "data-transaction": begin.number });
    bar.style.setProperty("--of-order", this.shown.colourOf(order));
    const [y, width] = [this.y(element) - 6, Math.max(2, to - from)];
    bar.append(svgNode("rect", { x: from, y, width, height: 12, rx: 2 }));
    const text = timelineText(Math.abs(last.time - begin.time));
    if (width > 8 * text.length) bar.append(svgNode("text", { x: (from + to) / 2, y: y + 10 }, text));
    return bar;
  }

  /** A delivery begins at its publication; a publication or a call is a moment: that of its acknowledgement. */
  hops(moments) {
    const published = new Map(moments.filter(({ to }) => to === "kafka").map((each) => [each.place, each.time]));
    const drawn = moments.filter(({ from }) => from !== LAB_SENDER);
    drawn.sort((one, other) => (one.number === this.shown.at) - (other.number === this.shown.at)); // on top of all
    const labels = new Set();
    const nodes = drawn.map((moment) => {
      const begin = moment.from === "kafka" ? Math.min(moment.time, published.get(moment.place) ?? moment.time) : moment.time;
      return this.hop(moment, this.x(begin), this.x(moment.time));
    });
    for (const moment of [...drawn].reverse()) this.label(moment, labels, nodes[drawn.indexOf(moment)]);
    return nodes;
  }

  hop(moment, from, to) {
    const { at, colourOf } = this.shown;
    const marks = ["hop", moment.number > at ? "later" : "", moment.number === at ? "now" : "",
      moment.outcome === "applied" ? "" : "unsuccessful"];
    const [start, end] = [this.y(moment.from), this.y(moment.to)];
    const group = svgNode("g", { class: marks.filter(Boolean).join(" "), "data-number": moment.number });
    group.style.setProperty("--of-order", colourOf(moment.order));
    const d = `M${from} ${start}L${to} ${end}`;
    const tip = end - Math.sign(end - start) * 7;
    group.append(
      svgNode("title", {}, `${moment.sentence} At ${timelineText(moment.time - this.start)}.`),
      svgNode("path", { class: "reach", d }), svgNode("path", { class: "line", d }),
      svgNode("path", { class: "tip", d: `M${to} ${end}L${to - 3.5} ${tip}H${to + 3.5}Z` }),
    );
    return group;
  }

  /** The step beside the receiving end, unless another step stands there. */
  label(moment, labels, node) {
    const [x, text] = [this.x(moment.time) + 4, String(moment.step ?? "")];
    const places = Array.from({ length: Math.ceil(text.length * 8 / 4) }, (_, index) => `${moment.to} ${Math.round(x / 4) + index}`);
    if (!text || places.some((place) => labels.has(place))) return;
    for (const place of places) labels.add(place);
    node.append(svgNode("text", { x, y: this.y(moment.to) - 7 }, text));
  }

  describe(moments, spans) {
    const { at, now, order, history, names } = this.shown;
    const span = moments.length ? timelineText(this.end - this.start) : "0 ms";
    const which = this.isRun ? `Hops ${this.range().join(" to ")} of ${history.count}` : `${order || "No order"}`;
    const isLoading = this.isRun ? history.missing(...this.range()) : !history.isComplete(at);
    const working = now && spans.find(({ first, last }) => first === now.number && last.number > first);
    const lasts = working ? `; ${names[now.to] ?? now.to} takes ${timelineText(working.last.time - now.time)}` : "";
    const current = now ? ` Hop ${now.number} at ${timelineText(now.time - this.start)}${lasts}.` : "";
    const text = `${which}: ${isLoading ? "loading." : `${moments.length} hops in ${span}.${current}`}`;
    this.words.textContent = `${text} ${history.hasRealTimes ? REAL_CLOCK : FIXED_CLOCK}`;
    this.box.setAttribute("aria-label", `Timeline. ${text} ${now?.sentence ?? ""}`);
    const { zoom, isRun } = this;
    const pressed = { order: !isRun, run: isRun };
    const disabled = { in: zoom >= TIMELINE_ZOOM, out: zoom === 1 };
    for (const button of this.controls.children) {
      const does = button.dataset.timeline;
      if (does in pressed) button.setAttribute("aria-pressed", pressed[does]);
      else button.setAttribute("aria-disabled", disabled[does]);
    }
  }

  /** Scrolls to the current hop when it is out of view. */
  follow() {
    const { now } = this.shown;
    const room = this.box.clientWidth - this.heads.offsetWidth;
    const x = now ? this.x(now.time) : 0;
    const left = this.box.scrollLeft;
    if (x < left + TIMELINE_EDGE || x > left + room - TIMELINE_EDGE) this.box.scrollLeft = x - room / 2;
  }

  clicked(event) {
    event.stopPropagation();
    const button = event.target.closest("button");
    const hop = event.target.closest("[data-number]");
    if (hop) return this.shown?.go(Number(hop.dataset.number));
    if (!button || button.getAttribute("aria-disabled") === "true") return;
    const does = button.dataset.timeline;
    if (does === "in" || does === "out") this.zoom *= does === "in" ? 2 : 0.5;
    else Object.assign(this, { isRun: does === "run", zoom: 1 });
    if (this.shown) this.show(this.shown);
  }

  close() {
    this.loader.close();
    this.watch.disconnect();
    this.root.remove();
  }
}

function timelineText(milliseconds) {
  return `${milliseconds.toLocaleString("en", { maximumFractionDigits: milliseconds < 100 ? 1 : 0 })} ms`;
}

/** The least of 1, 2, 5, 10, ... that is not below this. */
function timelineStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((times) => times * power).find((step) => step >= least);
}
