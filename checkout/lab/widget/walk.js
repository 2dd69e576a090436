// Walk: what the browser knows of a run, the messages to and from the kernel, buttons and keys.

const BUSY = 500; // milliseconds until we say why nothing comes
const PACE = 700; // milliseconds between two hops of a run; twice that for whoever wants less motion
const KEYS = { ArrowRight: "step", ArrowLeft: "back", Home: "home", End: "end", " ": "run" };

class Walk {
  constructor(model, el) {
    Object.assign(this, { model, moments: [], views: {}, at: 0, notice: "", verdict: "", asked: new Map(), count: 0 });
    this.uid = "walk-" + Math.random().toString(36).slice(2);
    const label = "A walk through what happens in the store";
    this.root = h("div", { class: "walk", role: "group", "aria-label": label, tabindex: 0, "data-current": 0 });
    this.root.innerHTML = LAYOUT;
    for (const [kind, title] of Object.entries(TABLES)) this.frame(kind, title);
    this.picture = new Picture(this.find(".walk-card"));
    this.root.addEventListener("click", (event) => this.clicked(event.target.closest("button")));
    this.root.addEventListener("input", (event) => this.changed(event.target));
    this.root.addEventListener("keydown", (event) => this.pressed(event));
    this.heard = this.heard.bind(this);
    model.on("msg:custom", this.heard);
    el.append(this.root);
    this.find(".walk-next").textContent = "Waiting for the kernel's first answer: until then nothing can be pressed.";
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

  ask(what, more = {}) {
    const key = JSON.stringify({ what, ...more });
    if ([...this.asked.values()].some((each) => each.key === key)) return;
    const id = ++this.count;
    const told = () => this.say(`The kernel is busy, perhaps with a cell: the ${what} will come when it is done.`);
    this.asked.set(id, { what, key, timer: setTimeout(told, BUSY) });
    this.model.send({ do: what, id, ...more });
  }

  heard(news) {
    const mine = this.asked.get(news.answers);
    const [wasLast, before] = [this.at === this.moments.length, this.moments.length];
    clearTimeout(mine?.timer);
    this.asked.delete(news.answers);
    if (news.whole) Object.assign(this, news, { moments: [], views: {} });
    else if (!this.pictures) return;
    this.moments = news.keep === this.moments.length ? this.moments : this.moments.slice(0, news.keep);
    this.moments.push(...news.moments);
    Object.assign(this.views, news.views);
    this.status = news.status;
    this.view = news.view;
    if (mine) this.notice = news.error;
    const end = this.moments.length;
    const isStep = mine?.what === "step" && news.moments.length > 0;
    const follows = wasLast || (mine && !news.whole) || news.keep < before;
    this.go(isStep ? news.keep + 1 : follows ? end : Math.min(this.at, end), isStep);
    if (this.isRunning && mine?.what === "step") this.runOn(news.moments.length > 0);
  }

  go(at, isStep = false) {
    this.verdict = isStep ? this.judged(this.moments[at - 1]) : "";
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
    const isPast = this.at < this.moments.length;
    this.forward();
    if (isPast || !this.is_live) this.runOn(isPast);
  }

  runOn(hasMoved) {
    const isLast = this.at === this.moments.length;
    const stops = isLast && (!this.is_live || this.status.stopped_at || this.status.is_idle);
    this.isRunning = hasMoved && !stops && !this.notice;
    if (this.isRunning) this.timer = setTimeout(() => this.tick(), CALM.matches ? 2 * PACE : PACE);
    this.show();
  }

  judged(moment) {
    const guess = this.find(".walk-question :checked")?.value;
    if (!guess) return "";
    if (guess === moment.to) return "Right.";
    const { arrows } = this.picture.picture;
    const isPeer = arrows.some((each) => each.step === moment.step && each.from === moment.from && each.to === guess);
    if (isPeer) return `Also right: step ${moment.step} goes there too.`;
    return `Not ${this.names[guess]}: it went to ${this.names[moment.to] ?? moment.to}.`;
  }

  show() {
    const past = this.moments.slice(0, this.at);
    const now = past.at(-1);
    const isLast = this.at === this.moments.length;
    const order = past.findLast((moment) => moment.order)?.order ?? this.moments.find((each) => each.order)?.order;
    const name = this.views[order] ?? this.view;
    this.picture.open(name, this.pictures[name]);
    this.picture.light(past.filter((moment) => moment.order === order), now);
    this.root.dataset.current = this.at;
    this.showBar(now, isLast);
    this.showQuestion(name);
    this.find(".walk-note").textContent = this.notes[name][now?.step] ?? "";
    showPlace(this.find(".walk-place"), now);
    showTables(this.root, past);
    showList(this.find(".walk-list ol"), this.moments, this.at);
    if (this.is_live) this.showLive(isLast);
    const active = document.activeElement;
    if (this.root.contains(active) && active.closest("[hidden]")) this.root.focus({ preventScroll: true });
    this.say(this.notice);
  }

  say(notice) {
    const now = this.moments[this.at - 1];
    this.notice = notice;
    const text = notice || [this.verdict, now?.sentence ?? "Nothing has happened yet."].filter(Boolean).join(" ");
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
    const later = `The past: ${this.moments.length - this.at} more hops have happened.`;
    const { next, stopped_at: stop } = this.status ?? { next: "The end of the replay." };
    const coming = [stop && `Stopped at a ${stop}.`, next].filter(Boolean).join(" ");
    this.find(".walk-next").textContent = isLast ? coming : later;
  }

  showQuestion(name) {
    const fieldset = this.find(".walk-question");
    for (const radio of fieldset.querySelectorAll(":checked")) if (this.verdict) radio.checked = false;
    if (fieldset.dataset.view === name) return;
    fieldset.dataset.view = name;
    const choices = Object.keys(this.picture.picture.boxes).map((alias) => {
      const radio = h("input", { type: "radio", name: `${this.uid}-next`, value: alias });
      return h("label", {}, radio, ` ${this.names[alias]}`);
    });
    fieldset.querySelector("div").replaceChildren(...choices);
  }

  showLive(isLast) {
    const { hand, crashed } = this.status;
    this.find(".walk-hand").hidden = !hand || !isLast;
    this.find("[data-do=verb]").textContent = hand ? `One verb: ${hand.allowed[0]}` : "One verb";
    for (const name of Object.keys(HALVES)) {
      const half = halfOf(name, hand);
      const button = this.find(`[data-do=${name}]`);
      button.textContent = half?.label ?? HALVES[name].join(", then ");
      button.setAttribute("aria-disabled", !half);
    }
    const plug = this.find("[data-do=crash]");
    plug.textContent = `Pull the plug${hand ? ` of ${hand.replica}` : ""}`;
    plug.setAttribute("aria-disabled", !hand);
    if (hand) showHand(this.find(".walk-hand"), hand);
    showRestarts(this.find(".walk-restarts"), crashed);
    showBreaks(this.find(".walk-breaks"), this.status, this.uid);
  }

  clicked(button) {
    if (!button || !this.pictures || button.getAttribute("aria-disabled") === "true") return;
    this.do(button.dataset.do, button.dataset.service);
  }

  do(what, service) {
    if (what === "step") return this.forward();
    if (what === "run") return this.run();
    if (["back", "home", "end"].includes(what)) {
      this.notice = "";
      return this.go({ back: Math.max(0, this.at - 1), home: 0, end: this.moments.length }[what]);
    }
    if (what in HALVES) return this.ask("verb", { verb: halfOf(what, this.status.hand).verb });
    if (what === "reset") this.isRunning = false;
    this.ask(what, { service: service ?? this.status.hand?.service });
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
    event.stopPropagation(); // or the notebook takes "a" for "insert a cell above"
    const what = KEYS[event.key];
    const { target } = event;
    const hasOwn = event.key === " " ? "button, summary, [type=checkbox], [type=radio]" : "[type=radio]";
    if (!what || target.matches(hasOwn) || !this.pictures || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.do(what);
  }

  close() {
    this.model.off("msg:custom", this.heard);
    clearTimeout(this.timer);
    for (const { timer } of this.asked.values()) clearTimeout(timer);
    this.picture.close();
  }
}

export default {
  render({ model, el }) {
    const walk = new Walk(model, el);
    return () => walk.close();
  },
};
