// Walk: the state of the widget, the messages to and from the kernel, buttons and keys.

const PACE = 700; // milliseconds between two hops of a run; doubled for prefers-reduced-motion
const KEYS = { ArrowRight: "step", ArrowLeft: "back", Home: "home", End: "end", " ": "run" };

class Walk {
  constructor(model, el) {
    Object.assign(this, { at: 0, notice: "", feedback: "", isWhole: false });
    this.uid = "walk-" + Math.random().toString(36).slice(2);
    const label = "A walk through the hops of the store";
    this.root = h("div", { class: "walk", role: "group", "aria-label": label, tabindex: 0, "data-current": 0 });
    this.root.innerHTML = LAYOUT;
    for (const [kind, title] of Object.entries(TABLES)) this.frame(kind, title);
    this.history = new History((from, to, at) => this.ask("page", { from, to, at }));
    this.hops = new HopList(this.find(".walk-list"), this.history);
    this.tabs = new Tabs(this.find(".walk-tabs"), this.find(".walk-card"), this.uid, () => this.show());
    this.root.addEventListener("click", (event) => this.clicked(event.target.closest("button")));
    this.root.addEventListener("input", (event) => this.changed(event.target));
    this.root.addEventListener("keydown", (event) => this.pressed(event));
    el.append(this.root);
    this.find(".walk-next").textContent = "Waiting for the kernel: the buttons work once it has answered.";
    this.kernel = new Kernel(model, {
      onNews: (news, action) => this.receive(news, action),
      onBusy: (action) => this.showBusy(action),
    });
    this.ask("hello");
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  frame(kind, title) {
    const inner = kind === "list" ? h("ol") : h("div");
    const box = { class: `walk-${kind} walk-box`, tabindex: 0, role: "group", "aria-label": title };
    this.find(".walk-tables").append(h("div", { class: "walk-cell" }, h("b", {}, title), h("div", box, inner)));
  }

  ask(action, more) {
    return this.kernel.ask(action, more);
  }

  receive(news, action) {
    if (action) this.notice = news.error;
    if (!("keep" in news)) return this.notice && this.showStatus(this.notice);
    if (!news.whole && !this.pictures) return;
    const { history } = this;
    const [wasLast, before] = [this.at === history.count, history.count];
    if (news.whole) {
      const { pictures, names, notes, is_live } = news;
      Object.assign(this, { pictures: { ...pictures }, names, notes, is_live });
    }
    history.receive(news);
    this.status = news.status;
    this.lastView = news.view;
    const end = history.count;
    const isStep = action === "step" && end > before; // the last moment may come again, with another lag
    const follows = wasLast || (action && !news.whole) || end < before;
    this.go(isStep ? before + 1 : follows ? end : Math.min(this.at, end), isStep);
    if (this.isRunning && action === "step") this.continueRun(end > before);
  }

  go(at, isStep = false) {
    this.at = at;
    this.onMove?.(at);
    this.feedback = isStep ? this.judged(this.history.at(at)) : "";
    this.show();
    if (!this.history.isComplete(at) || !this.isReady()) this.load();
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

  forward() {
    this.notice = "";
    if (this.at < this.history.count) this.go(this.at + 1, true);
    else if (this.is_live) this.ask("step");
    else this.show();
  }

  run() {
    this.isRunning = !this.isRunning;
    clearTimeout(this.timer);
    if (this.isRunning) this.tick();
    this.show();
  }

  tick() {
    const wasPast = this.at < this.history.count;
    this.forward();
    if (wasPast || !this.is_live) this.continueRun(wasPast);
  }

  continueRun(hasMoved) {
    const isLast = this.at === this.history.count;
    const stops = isLast && (!this.is_live || this.status.stopped_at || this.status.is_idle);
    this.isRunning = hasMoved && !stops && !this.notice;
    if (this.isRunning) this.timer = setTimeout(() => this.tick(), REDUCED_MOTION.matches ? 2 * PACE : PACE);
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
    const isReady = this.isReady();
    this.root.setAttribute("aria-busy", !isReady);
    this.showBar();
    if (!isReady) return this.showStatus(this.notice);
    const [now, name, isLast] = [this.history.at(this.at), this.viewName(), this.at === this.history.count];
    this.tabs.show(this.shown());
    const aliases = Object.keys(this.pictures[name].boxes);
    showQuestion(this.find(".walk-question"), name, aliases, this);
    this.find(".walk-note").textContent = this.notes[name][now?.step] ?? "";
    showCoordinates(this.find(".walk-coordinates"), now);
    showTables(this.root, this.history.stateAt(this.at), now);
    this.hops.show(this.at);
    if (this.is_live) showLive(this.root, this.status, isLast, this.uid);
    const active = document.activeElement;
    if (this.root.contains(active) && active.closest("[hidden]")) this.root.focus({ preventScroll: true });
    this.showStatus(this.notice);
    this.root.dataset.current = this.at;
  }

  showBusy(action) {
    this.showStatus(`The kernel is busy: "${action}" runs when the current cell has finished.`);
  }

  showStatus(notice) {
    this.notice = notice;
    const sentence = this.isReady() ? (this.history.at(this.at)?.sentence ?? "No hop yet.") : `Loading hop ${this.at}.`;
    const text = notice || [this.feedback, sentence].filter(Boolean).join(" ");
    const status = this.find(".walk-status");
    if (status.textContent !== text) status.textContent = text;
    status.classList.toggle("is-notice", Boolean(notice));
  }

  showBar() {
    const slider = this.find(".walk-slider");
    const [{ at }, { count }] = [this, this.history];
    Object.assign(slider, { max: count, value: at });
    slider.setAttribute("aria-valuetext", `${at} of ${count}`);
    this.find(".walk-count").textContent = `${at} of ${count}`;
    this.find("[data-do=run]").textContent = this.isRunning ? "Pause" : "Run";
    this.find("[data-do=back]").setAttribute("aria-disabled", at === 0);
    for (const name of ["[data-do=reset]", "[data-do=fork]", ".walk-verbs", ".walk-points"]) this.find(name).hidden = !this.is_live;
    const { next, stopped_at: stop } = this.status ?? { next: "End of the replay." };
    const coming = [stop && `Stopped at a ${stop}.`, next].filter(Boolean).join(" ");
    this.find(".walk-next").textContent = at === count ? coming : `Not the latest hop: ${count - at} more follow.`;
  }

  clicked(button) {
    if (!button || !this.pictures || button.getAttribute("aria-disabled") === "true") return;
    this.do(button.dataset.do, button.dataset.service);
  }

  do(action, service) {
    if (action === "step") return this.forward();
    if (action === "run") return this.run();
    if (["back", "home", "end"].includes(action)) {
      this.notice = "";
      return this.go({ back: Math.max(0, this.at - 1), home: 0, end: this.history.count }[action]);
    }
    if (action in VERB_ORDERS) return this.ask("verb", { verb: nextVerbOf(action, this.status.work_in_progress).verb });
    if (action === "fork") return this.ask("fork", { number: this.at === this.history.count ? null : this.at });
    if (action === "reset") this.isRunning = false;
    this.ask(action, { service: service ?? this.status.work_in_progress?.service });
  }

  changed(input) {
    if (input.matches(".walk-slider")) this.go(Number(input.value));
    else if (input.matches(".walk-whole")) {
      this.isWhole = input.checked;
      this.show();
    } else if (input.dataset.verb) {
      this.ask("break", { service: input.dataset.service, verb: input.dataset.verb, on: input.checked });
    }
  }

  pressed(event) {
    event.stopPropagation(); // else the notebook handles "a" as "insert a cell above"
    const action = KEYS[event.key];
    const { target } = event;
    const ownKeys = event.key === " " ? "button, summary, [type=checkbox], [type=radio]" : "[type=radio]";
    if (!action || target.matches(ownKeys) || !this.pictures || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.do(action);
  }

  close() {
    this.kernel.close();
    clearTimeout(this.timer);
    this.tabs.close();
  }
}
