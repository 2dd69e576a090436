// Walk: the state of the widget, the messages to and from the kernel, buttons and keys.

const BUSY_AFTER = 500; // milliseconds without an answer
const PACE = 700; // milliseconds between two hops of a run; doubled for prefers-reduced-motion
const KEYS = { ArrowRight: "step", ArrowLeft: "back", Home: "home", End: "end", " ": "run" };

class Walk {
  constructor(model, el) {
    Object.assign(this, { model, moments: [], views: {}, at: 0, notice: "", feedback: "", requests: new Map(), count: 0 });
    this.uid = "walk-" + Math.random().toString(36).slice(2);
    const label = "A walk through the hops of the store";
    this.root = h("div", { class: "walk", role: "group", "aria-label": label, tabindex: 0, "data-current": 0 });
    this.root.innerHTML = LAYOUT;
    for (const [kind, title] of Object.entries(TABLES)) this.frame(kind, title);
    this.picture = new Picture(this.find(".walk-card"));
    this.root.addEventListener("click", (event) => this.clicked(event.target.closest("button")));
    this.root.addEventListener("input", (event) => this.changed(event.target));
    this.root.addEventListener("keydown", (event) => this.pressed(event));
    this.receive = this.receive.bind(this);
    model.on("msg:custom", this.receive);
    el.append(this.root);
    this.find(".walk-next").textContent = "Waiting for the kernel: the buttons work once it has answered.";
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

  ask(action, more = {}) {
    const key = JSON.stringify({ action, ...more });
    if ([...this.requests.values()].some((each) => each.key === key)) return;
    const id = ++this.count;
    const showBusy = () => this.showStatus(`The kernel is busy: "${action}" runs when the current cell has finished.`);
    this.requests.set(id, { action, key, timer: setTimeout(showBusy, BUSY_AFTER) });
    this.model.send({ do: action, id, ...more });
  }

  receive(news) {
    const request = this.requests.get(news.answers);
    const [wasLast, before] = [this.at === this.moments.length, this.moments.length];
    clearTimeout(request?.timer);
    this.requests.delete(news.answers);
    if (news.whole) Object.assign(this, news, { moments: [], views: {} });
    else if (!this.pictures) return;
    this.moments = news.keep === this.moments.length ? this.moments : this.moments.slice(0, news.keep);
    this.moments.push(...news.moments);
    Object.assign(this.views, news.views);
    this.status = news.status;
    this.view = news.view;
    if (request) this.notice = news.error;
    const end = this.moments.length;
    const isStep = request?.action === "step" && end > before; // the last moment may come again, with another lag
    const follows = wasLast || (request && !news.whole) || end < before;
    this.go(isStep ? before + 1 : follows ? end : Math.min(this.at, end), isStep);
    if (this.isRunning && request?.action === "step") this.continueRun(end > before);
  }

  go(at, isStep = false) {
    this.feedback = isStep ? this.feedbackOn(this.moments[at - 1]) : "";
    this.at = at;
    this.show();
  }

  forward() {
    this.notice = "";
    if (this.at < this.moments.length) this.go(this.at + 1, true);
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
    const wasPast = this.at < this.moments.length;
    this.forward();
    if (wasPast || !this.is_live) this.continueRun(wasPast);
  }

  continueRun(hasMoved) {
    const isLast = this.at === this.moments.length;
    const stops = isLast && (!this.is_live || this.status.stopped_at || this.status.is_idle);
    this.isRunning = hasMoved && !stops && !this.notice;
    if (this.isRunning) this.timer = setTimeout(() => this.tick(), REDUCED_MOTION.matches ? 2 * PACE : PACE);
    this.show();
  }

  feedbackOn(moment) {
    const guess = this.find(".walk-question :checked")?.value;
    if (!guess) return "";
    if (guess === moment.to) return "Right.";
    const { arrows } = this.picture.picture;
    const isPeer = arrows.some((each) => each.step === moment.step && each.from === moment.from && each.to === guess);
    if (isPeer) return `Also right: step ${moment.step} has this receiver, too.`;
    return `Not ${this.names[guess]}: the receiver is ${this.names[moment.to] ?? moment.to}.`;
  }

  show() {
    const past = this.moments.slice(0, this.at);
    const now = past.at(-1);
    const isLast = this.at === this.moments.length;
    const order = past.findLast((moment) => moment.order)?.order ?? this.moments.find((each) => each.order)?.order;
    const name = this.views[order] ?? this.view;
    this.picture.open(name, this.pictures[name]);
    this.picture.highlight(past.filter((moment) => moment.order === order), now);
    this.root.dataset.current = this.at;
    this.showBar(now, isLast);
    this.showQuestion(name);
    this.find(".walk-note").textContent = this.notes[name][now?.step] ?? "";
    showCoordinates(this.find(".walk-coordinates"), now);
    showTables(this.root, past);
    showList(this.find(".walk-list ol"), this.moments, this.at);
    if (this.is_live) this.showLive(isLast);
    const active = document.activeElement;
    if (this.root.contains(active) && active.closest("[hidden]")) this.root.focus({ preventScroll: true });
    this.showStatus(this.notice);
  }

  showStatus(notice) {
    const now = this.moments[this.at - 1];
    this.notice = notice;
    const text = notice || [this.feedback, now?.sentence ?? "No hop yet."].filter(Boolean).join(" ");
    const status = this.find(".walk-status");
    if (status.textContent !== text) status.textContent = text;
    status.classList.toggle("is-notice", Boolean(notice));
  }

  showBar(now, isLast) {
    const slider = this.find(".walk-slider");
    Object.assign(slider, { max: this.moments.length, value: this.at });
    slider.setAttribute("aria-valuetext", `${this.at} of ${this.moments.length}`);
    this.find(".walk-count").textContent = `${this.at} of ${this.moments.length}`;
    this.find("[data-do=run]").textContent = this.isRunning ? "Pause" : "Run";
    this.find("[data-do=back]").setAttribute("aria-disabled", this.at === 0);
    for (const name of ["[data-do=reset]", ".walk-verbs", ".walk-points"]) this.find(name).hidden = !this.is_live;
    const later = `Not the latest hop: ${this.moments.length - this.at} more follow.`;
    const { next, stopped_at: stop } = this.status ?? { next: "End of the replay." };
    const coming = [stop && `Stopped at a ${stop}.`, next].filter(Boolean).join(" ");
    this.find(".walk-next").textContent = isLast ? coming : later;
  }

  showQuestion(name) {
    const fieldset = this.find(".walk-question");
    for (const radio of fieldset.querySelectorAll(":checked")) if (this.feedback) radio.checked = false;
    if (fieldset.dataset.view === name) return;
    fieldset.dataset.view = name;
    const choices = Object.keys(this.picture.picture.boxes).map((alias) => {
      const radio = h("input", { type: "radio", name: `${this.uid}-next`, value: alias });
      return h("label", {}, radio, ` ${this.names[alias]}`);
    });
    fieldset.querySelector("div").replaceChildren(...choices);
  }

  showLive(isLast) {
    const { work_in_progress: work, crashed } = this.status;
    this.find(".walk-work").hidden = !work || !isLast;
    this.find("[data-do=verb]").textContent = work ? `One verb: ${work.allowed[0]}` : "One verb";
    for (const name of Object.keys(VERB_ORDERS)) {
      const next = nextVerbOf(name, work);
      const button = this.find(`[data-do=${name}]`);
      button.textContent = next?.label ?? VERB_ORDERS[name].join(", then ");
      button.setAttribute("aria-disabled", !next);
    }
    const crash = this.find("[data-do=crash]");
    crash.textContent = `Crash${work ? ` ${work.replica}` : ""}`;
    crash.setAttribute("aria-disabled", !work);
    if (work) showWork(this.find(".walk-work"), work);
    showRestarts(this.find(".walk-restarts"), crashed);
    showBreaks(this.find(".walk-breaks"), this.status, this.uid);
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
      return this.go({ back: Math.max(0, this.at - 1), home: 0, end: this.moments.length }[action]);
    }
    if (action in VERB_ORDERS) return this.ask("verb", { verb: nextVerbOf(action, this.status.work_in_progress).verb });
    if (action === "reset") this.isRunning = false;
    this.ask(action, { service: service ?? this.status.work_in_progress?.service });
  }

  changed(input) {
    if (input.matches(".walk-slider")) this.go(Number(input.value));
    else if (input.matches(".walk-whole")) {
      this.picture.isWhole = input.checked;
      this.picture.aim(true);
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
    this.model.off("msg:custom", this.receive);
    clearTimeout(this.timer);
    for (const { timer } of this.requests.values()) clearTimeout(timer);
    this.picture.close();
  }
}

export default {
  render({ model, el }) {
    const walk = new Walk(model, el);
    return () => walk.close();
  },
};
