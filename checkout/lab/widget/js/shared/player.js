// Player: what walk and board share - the hop that is shown, the buttons and keys that move it, running, the status.

const PACE = 700; // milliseconds between two hops of a run; doubled for prefers-reduced-motion
const MOVES = { ArrowRight: "step", ArrowLeft: "back", Home: "home", End: "end", " ": "run" };
const RESTARTS = ["reset", "partitions_count"]; // actions after which a run does not go on

const pace = () => (REDUCED_MOTION.matches ? 2 * PACE : PACE);

/** Whether an element uses this key itself. */
function usesKey(element, key) {
  if (element.matches("select, input:not([type=range], [type=checkbox])")) return true;
  return key === " " && element.matches("button, summary, [type=checkbox]");
}

/**
 * A subclass has `take(news, before)`, which keeps what is new, `go(at, isStep)`, `show()`, `words()` for the status,
 * and `request(action, element)`: what a button asks of the kernel, as the name of a request and its fields.
 */
class Player {
  constructor(model, el, { kind, label, layout, history }) {
    Object.assign(this, { history, at: 0, notice: "", busy: "" });
    this.root = h("div", { class: kind, role: "group", "aria-label": label, tabindex: 0, "data-current": 0 });
    this.root.innerHTML = layout;
    this.root.addEventListener("click", (event) => this.clicked(event.target.closest("button")));
    this.root.addEventListener("input", (event) => this.isOpen() && this.changed(event.target));
    this.root.addEventListener("keydown", (event) => this.pressed(event));
    el.append(this.root);
    this.find(".walk-next").textContent = "Waiting for the kernel: the buttons work once it has answered.";
    this.kernel = new Kernel(model, {
      onNews: (news, action) => this.receive(news, action),
      onBusy: (sentence) => this.showBusy(sentence),
    });
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  ask(action, more) {
    return this.kernel.ask(action, more);
  }

  /** Whether the kernel has answered hello. */
  isOpen() {
    return this.is_live !== undefined;
  }

  /** Takes a message of the kernel: an answer to this action, or without one the news of a change in a cell. */
  receive(news, action) {
    const hasNews = "keep" in news;
    if (action && (hasNews || news.error)) this.notice = news.error;
    if (!hasNews || !(news.whole || this.isOpen())) return this.showStatus();
    const [wasLast, before] = [this.at === this.history.count, this.history.count];
    if (news.whole) this.is_live = news.is_live;
    this.status = news.status;
    this.take(news, before);
    const end = this.history.count;
    const isStep = action === "step" && end > before; // the last hop may come again, with another lag
    const follows = wasLast || end < before || (action && end > before);
    this.go(isStep ? before + 1 : follows ? end : this.at, isStep);
    if (this.isRunning && action === "step") this.continueRun(end > before);
  }

  forward() {
    if (this.at < this.history.count) this.go(this.at + 1, true);
    else if (this.is_live) this.ask("step");
  }

  run() {
    if (this.isRunning) return this.stop();
    this.isRunning = true;
    this.tick();
    this.showBar();
  }

  stop() {
    this.isRunning = false;
    clearTimeout(this.timer);
    this.showBar();
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
    clearTimeout(this.timer);
    if (this.isRunning) this.timer = setTimeout(() => this.tick(), pace());
    this.showBar();
  }

  clicked(button) {
    if (!button?.dataset.do || !this.isOpen() || button.getAttribute("aria-disabled") === "true") return;
    this.do(button.dataset.do, button);
  }

  do(action, element) {
    this.notice = "";
    this.showStatus();
    if (action === "step") return this.forward();
    if (action === "run") return this.run();
    const at = { back: Math.max(0, this.at - 1), home: 0, end: this.history.count }[action];
    if (at !== undefined) return this.go(at);
    this.ask(...this.request(action, element));
    if (RESTARTS.includes(action)) this.stop();
  }

  pressed(event) {
    event.stopPropagation(); // else the notebook handles "a" as "insert a cell above"
    const action = MOVES[event.key];
    if (!action || usesKey(event.target, event.key) || !this.isOpen()) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.do(action);
  }

  showBusy(sentence) {
    this.busy = sentence;
    this.showStatus();
  }

  showStatus() {
    const [status, notice] = [this.find(".walk-status"), this.notice || this.busy];
    setText(status, notice || this.words());
    status.classList.toggle("is-notice", Boolean(notice));
  }

  showBar() {
    const [{ at, status }, { count }] = [this, this.history];
    const slider = this.find(".walk-slider");
    Object.assign(slider, { max: count, value: at });
    slider.setAttribute("aria-valuetext", `${at} of ${count}`);
    setText(this.find(".walk-count"), `${at} of ${count}`);
    setText(this.find("[data-do=run]"), this.isRunning ? "Pause" : "Run");
    this.find("[data-do=back]").setAttribute("aria-disabled", at === 0);
    const { next, stopped_at: stop, work_in_progress: work } = status ?? { next: "End of the replay." };
    setText(this.find("[data-do=verb]"), work ? `One verb: ${work.allowed[0]}` : "One verb");
    const coming = [stop && `Stopped at a ${stop}.`, next].filter(Boolean).join(" ");
    setText(this.find(".walk-next"), at === count ? coming : `Not the latest hop: ${count - at} more follow.`);
  }

  close() {
    this.kernel.close();
    clearTimeout(this.timer);
  }
}
