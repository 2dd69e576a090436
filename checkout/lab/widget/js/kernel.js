// Kernel: requests to Python and their answers. Equal requests at the same time are one.

const BUSY_AFTER = 500; // milliseconds without an answer

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
    return request.promise;
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
    for (const { timer } of this.open.values()) clearTimeout(timer);
  }
}
