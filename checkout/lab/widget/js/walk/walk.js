// Walk: the state of the widget, and what its buttons ask of the kernel.

class Walk extends Player {
  constructor(model, el) {
    const history = new History((from, to, at) => this.ask("page", { from, to, at }));
    super(model, el, { kind: "walk", label: "A walk through the hops of the store", layout: LAYOUT, history });
    Object.assign(this, { feedback: "", isWhole: false });
    this.uid = "walk-" + Math.random().toString(36).slice(2);
    for (const [kind, title] of Object.entries(TABLES)) this.frame(kind, title);
    this.hops = new HopList(this.find(".walk-list"), history);
    this.tabs = new Tabs(this.find(".walk-tabs"), this.find(".walk-card"), this.uid, () => this.show());
    this.ask("hello");
  }

  frame(kind, title) {
    const inner = kind === "list" ? h("ol") : h("div");
    const box = { class: `walk-${kind} walk-box`, tabindex: 0, role: "group", "aria-label": title };
    this.find(".walk-tables").append(h("div", { class: "walk-cell" }, h("b", {}, title), h("div", box, inner)));
  }

  take(news) {
    if (news.whole) {
      const { pictures, names, notes } = news;
      Object.assign(this, { pictures: { ...pictures }, names, notes });
    }
    this.history.receive(news);
    this.lastView = news.view;
  }

  go(at, isStep = false) {
    this.at = Math.min(at, this.history.count);
    this.onMove?.(this.at);
    this.feedback = isStep ? this.judged(this.history.at(this.at)) : "";
    this.show();
    if (!this.history.isComplete(this.at) || !this.isReady()) this.load();
  }

  /** Whether the hop can be shown: its page and the picture of its order's story are here. */
  isReady() {
    return Boolean(this.history.stateAt(this.at) && this.pictures?.[this.viewName()]);
  }

  viewName() {
    return this.history.views[this.history.orderAt(this.at)] ?? this.lastView;
  }

  async load() {
    await this.history.want(this.at);
    const name = this.viewName();
    if (!this.pictures[name]) this.pictures[name] = (await this.ask("picture", { name })).picture;
    this.show();
  }

  /** The verdict on the prediction for a hop, if one was made. */
  judged(moment) {
    const guess = this.find(".walk-question :checked")?.value;
    return guess && moment ? verdictOf(guess, moment, this.pictures[this.viewName()]?.arrows ?? [], this.names) : "";
  }

  /** What a view needs: the history, the number of the hop, its moment and its order, and what it can call. */
  shown() {
    const { history, at, pictures, names, isWhole } = this;
    const what = { history, at, now: history.at(at), order: history.orderAt(at), view: this.viewName() };
    const calls = { colourOf: orderColour, go: (number) => this.go(number), ask: (...request) => this.ask(...request) };
    return { ...what, pictures, names, isWhole, ...calls };
  }

  show() {
    keepFocus(this.root, () => this.draw());
  }

  draw() {
    const isReady = this.isReady();
    this.root.setAttribute("aria-busy", !isReady);
    this.showBar();
    this.showStatus();
    if (!isReady) return;
    const [now, name, isLast] = [this.history.at(this.at), this.viewName(), this.at === this.history.count];
    this.tabs.show(this.shown());
    const aliases = Object.keys(this.pictures[name].boxes);
    showQuestion(this.find(".walk-question"), name, aliases, this);
    this.find(".walk-note").textContent = this.notes[name][now?.step] ?? "";
    showCoordinates(this.find(".walk-coordinates"), now);
    showTables(this.root, this.history.stateAt(this.at), now);
    this.hops.show(this.at);
    if (this.is_live) showLive(this.root, this.status, isLast, this.uid);
    this.root.dataset.current = this.at;
  }

  words() {
    if (!this.isOpen()) return "";
    if (!this.isReady()) return `Loading hop ${this.at}.`;
    return [this.feedback, this.history.at(this.at)?.sentence ?? "No hop yet."].filter(Boolean).join(" ");
  }

  showBar() {
    super.showBar();
    const ofLab = ["[data-do=reset]", "[data-do=fork]", ".walk-verbs", ".walk-points"];
    for (const name of ofLab) this.find(name).hidden = !this.is_live;
  }

  request(action, element) {
    const work = this.status?.work_in_progress;
    const { service, verb } = element?.dataset ?? {};
    if (action in VERB_ORDERS) return ["verb", { verb: nextVerbOf(action, work).verb }];
    if (action === "fork") return ["fork", { number: this.at === this.history.count ? null : this.at }];
    if (action === "break") return ["break", { service, verb, on: element.checked }];
    return [action, { service: service ?? work?.service }];
  }

  changed(input) {
    if (input.matches(".walk-slider")) this.go(Number(input.value));
    else if (input.dataset.verb) this.do("break", input);
    else if (input.matches(".walk-whole")) {
      this.isWhole = input.checked;
      this.show();
    }
  }

  close() {
    super.close();
    this.tabs.close();
  }
}
