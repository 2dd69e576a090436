// Kernel: requests to Python and their answers. Equal requests at the same time are one.

const BUSY_AFTER = 500; // milliseconds without an answer
const AGAIN_AFTER = 3000; // milliseconds without an answer to a look-up; then twice as long each time
const LOOK_UPS = ["hello", "page", "picture", "partitions", "difference"]; // requests that change nothing
const DEEDS = {
  step: "The step", verb: "The verb", crash: "The crash", restart: "The restart", break: "The break point",
  fork: "The fork", close: "Closing the fork", reset: "The reset", place: "The order", send: "The record",
  partitions_count: "The new number of partitions", scale: "The new number of members", wait: "The wait",
  kill_leader: "Killing the leader", start_brokers: "Starting the brokers",
};

class Kernel {
  /**
   * `onNews(message, action)` receives every message. `onBusy(sentence)` is called when an answer takes long, and with
   * an empty sentence when none does any more.
   */
  constructor(model, { onNews, onBusy }) {
    Object.assign(this, { model, onNews, onBusy, open: new Map(), count: 0, busy: "" });
    this.receive = this.receive.bind(this);
    model.on("msg:custom", this.receive);
  }

  /** Sends a request; the promise has the answer. An action that is late is sent again: it may have been lost. */
  ask(action, more = {}) {
    const key = JSON.stringify({ action, ...more });
    const isLookUp = LOOK_UPS.includes(action);
    const same = [...this.open.values()].find((each) => each.key === key && (isLookUp || !each.isLate));
    if (same) return same.promise;
    const [id, request] = [++this.count, { action, key, isLookUp }];
    request.promise = new Promise((resolve) => (request.resolve = resolve));
    request.late = setTimeout(() => {
      request.isLate = true;
      this.showBusy();
    }, BUSY_AFTER);
    this.open.set(id, request);
    const message = { do: action, id, ...more };
    this.model.send(message);
    if (isLookUp) this.repeat(request, message, AGAIN_AFTER);
    return request.promise;
  }

  /** Sends a look-up again until it is answered: a kernel whose cell fails may drop the messages that wait for it. */
  repeat(request, message, pause) {
    request.again = setTimeout(() => {
      this.model.send(message);
      this.repeat(request, message, 2 * pause);
    }, pause);
  }

  receive(message) {
    const { answers } = message;
    const request = this.open.get(answers);
    this.drop(answers);
    for (const [id, { isLate, isLookUp }] of this.open) {
      if (request && id < answers && isLate && !isLookUp) this.drop(id); // lost: answers come in the order of requests
    }
    this.onNews(message, request?.action);
    this.showBusy();
    request?.resolve(message);
  }

  drop(id) {
    for (const timer of ["late", "again"]) clearTimeout(this.open.get(id)?.[timer]);
    this.open.delete(id);
  }

  showBusy() {
    const late = [...this.open.values()].filter(({ isLate }) => isLate);
    const busy = late.length ? busySentence(late.findLast(({ isLookUp }) => !isLookUp)?.action) : "";
    if (busy !== this.busy) this.onBusy((this.busy = busy));
  }

  close() {
    this.model.off("msg:custom", this.receive);
    for (const id of [...this.open.keys()]) this.drop(id);
  }
}

/** What is said while an answer takes long; `action` is what the user has asked for, if anything. */
function busySentence(action) {
  if (!action) return "Waiting for the kernel: a cell is running.";
  return `The kernel is busy. ${DEEDS[action]} follows when the current cell has finished.`;
}

/** Gives a model `on`, `off` and `deliver(message)`. */
function withListeners(model) {
  const listeners = new Set();
  const deliver = (message) => listeners.forEach((listener) => listener(message));
  const [on, off] = [(_, listener) => listeners.add(listener), (_, listener) => listeners.delete(listener)];
  return Object.assign(model, { on, off, deliver });
}

/** The messages about one side of a pair, as a model of its own. */
function sideModel(model, side) {
  const send = (message) => model.send(side === "first" ? message : { ...message, side });
  return withListeners({ send });
}
