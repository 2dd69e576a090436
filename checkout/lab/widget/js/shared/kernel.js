// Kernel: requests to Python and their answers. Equal requests at the same time are one.

const BUSY_AFTER = 500; // milliseconds without an answer
const AGAIN_AFTER = 3000; // milliseconds without an answer to hello; then twice as long each time

class Kernel {
  /** `onNews(message, action)` receives every message, `onBusy(action)` is called when an answer takes long. */
  constructor(model, { onNews, onBusy }) {
    Object.assign(this, { model, onNews, onBusy, open: new Map(), count: 0 });
    this.receive = this.receive.bind(this);
    model.on("msg:custom", this.receive);
  }

  /** Sends a request; the promise has the answer. */
  ask(action, more = {}) {
    const key = JSON.stringify({ action, ...more });
    const same = [...this.open.values()].find((each) => each.key === key);
    if (same) return same.promise;
    const [id, request] = [++this.count, { action, key }];
    request.promise = new Promise((resolve) => (request.resolve = resolve));
    request.timer = setTimeout(() => this.onBusy(action), BUSY_AFTER);
    this.open.set(id, request);
    this.model.send({ do: action, id, ...more });
    if (action === "hello") this.repeat(id, AGAIN_AFTER);
    return request.promise;
  }

  /** Sends hello again until it is answered: a kernel whose cell fails may drop the messages that wait for it. */
  repeat(id, pause) {
    this.again = setTimeout(() => {
      if (!this.open.has(id)) return;
      this.model.send({ do: "hello", id });
      this.repeat(id, 2 * pause);
    }, pause);
  }

  receive(message) {
    const request = this.open.get(message.answers);
    clearTimeout(request?.timer);
    this.open.delete(message.answers);
    this.onNews(message, request?.action);
    request?.resolve(message);
  }

  close() {
    this.model.off("msg:custom", this.receive);
    clearTimeout(this.again);
    for (const { timer } of this.open.values()) clearTimeout(timer);
  }
}
