// Board widget: the stand-alone board, with its own slider and its own messages to and from the kernel.

const BOARD_PACE = 700; // milliseconds between two hops of a run; doubled for prefers-reduced-motion
const BOARD_MOVES = { ArrowRight: "step", ArrowLeft: "back", Home: "home", End: "end", " ": "run" };

class BoardWidget {
  constructor(model, el) {
    Object.assign(this, { at: 0, count: 0, notice: "", history: { count: 0, at: () => undefined } });
    const label = "A board of the partitions of the store";
    this.root = h("div", { class: "walk board-widget", role: "group", "aria-label": label, tabindex: 0, "data-current": 0 });
    this.root.innerHTML = BOARD_CONTROLS;
    this.board = new Board(this.find(".board-card"));
    this.root.addEventListener("click", (event) => this.clicked(event.target.closest("button")));
    this.root.addEventListener("input", (event) => this.changed(event.target));
    this.root.addEventListener("keydown", (event) => this.pressed(event));
    el.append(this.root);
    this.find(".walk-next").textContent = "Waiting for the kernel: the buttons work once it has answered.";
    const onBusy = (action) => this.showStatus(`The kernel is busy: "${action}" runs when the current cell has finished.`);
    this.kernel = new Kernel(model, { onNews: (message, action) => this.receive(message, action), onBusy });
    this.ask("hello");
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  ask(action, more) {
    return this.kernel.ask(action, more);
  }

  /** Takes a message of the kernel: an answer to this action, or without one the news of a change in a cell. */
  receive(message, action) {
    if (action === "partitions") return;
    if (message.whole) fillBoardControls(this.root, (this.whole = message));
    if (!this.whole) return;
    const [wasLast, before] = [this.at === this.count, this.count];
    if (action) this.notice = message.error;
    this.status = message.status;
    this.count = this.history.count = message.count;
    this.board.forget(message.keep ? Math.min(message.keep + 1, before) : 0); // the last state follows later commits
    this.board.put(message.partitions);
    this.go(wasLast || action ? this.count : Math.min(this.at, this.count));
    if (this.isRunning && action === "step") this.continueRun(this.count > before);
  }

  go(at) {
    this.at = at;
    this.root.dataset.current = at;
    const { whole, history } = this;
    const canChange = whole.is_live ? whole : undefined;
    const ask = (action, more) => this.ask(action, more);
    this.board.show({ history, at, canChange, ask, colourOf: orderColour, drawn: (state) => this.show(state) });
    this.show(this.state);
  }

  show(state) {
    this.state = state;
    showBoardBar(this.root, this);
    this.showStatus(this.notice);
    const active = document.activeElement;
    if (this.root.contains(active) && active.closest("[hidden]")) this.root.focus({ preventScroll: true });
  }

  showStatus(notice) {
    this.notice = notice;
    const status = this.find(".walk-status");
    const sentence = this.at ? this.state?.sentence : "No hop yet.";
    boardText(status, notice || sentence || "");
    status.classList.toggle("is-notice", Boolean(notice));
  }

  forward() {
    this.notice = "";
    if (this.at < this.count) this.go(this.at + 1);
    else if (this.whole.is_live) this.ask("step");
    else this.show(this.state);
  }

  run() {
    this.isRunning = !this.isRunning;
    clearTimeout(this.timer);
    if (this.isRunning) this.tick();
    showBoardBar(this.root, this);
  }

  tick() {
    const wasPast = this.at < this.count;
    this.forward();
    if (wasPast || !this.whole.is_live) this.continueRun(wasPast);
  }

  continueRun(hasMoved) {
    const isLast = this.at === this.count;
    const stops = isLast && (!this.whole.is_live || this.status.stopped_at || this.status.is_idle);
    this.isRunning = hasMoved && !stops && !this.notice;
    const pace = matchMedia("(prefers-reduced-motion: reduce)").matches ? 2 * BOARD_PACE : BOARD_PACE;
    if (this.isRunning) this.timer = setTimeout(() => this.tick(), pace);
    showBoardBar(this.root, this);
  }

  clicked(button) {
    if (!button?.dataset.do || !this.whole || button.getAttribute("aria-disabled") === "true") return;
    this.do(button.dataset.do, button);
  }

  do(action, element) {
    if (action === "step") return this.forward();
    if (action === "run") return this.run();
    if (["back", "home", "end"].includes(action)) {
      this.notice = "";
      return this.go({ back: Math.max(0, this.at - 1), home: 0, end: this.count }[action]);
    }
    if (action === "reset" || action === "partitions_count") this.isRunning = false;
    return this.ask(...boardRequest(action, element, this.root));
  }

  changed(input) {
    if (!this.whole) return;
    if (input.matches(".walk-slider")) this.go(Number(input.value));
    else if (input.matches(".board-count")) this.do("partitions_count", input);
  }

  pressed(event) {
    event.stopPropagation(); // else the notebook handles "a" as "insert a cell above"
    const action = BOARD_MOVES[event.key];
    const { target } = event;
    const isOwn = target.matches("select, .board-key-text") || (event.key === " " && target.matches("button"));
    if (!action || isOwn || !this.whole || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.do(action);
  }

  close() {
    clearTimeout(this.timer);
    this.kernel.close();
    this.board.close();
  }
}

export default {
  render({ model, el }) {
    const widget = new BoardWidget(model, el);
    return () => widget.close();
  },
};
