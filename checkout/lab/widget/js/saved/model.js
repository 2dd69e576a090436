// Saved: the model of a saved page; it answers the widget from the recording, in place of a kernel.

const SAVED_REFUSALS = {
  crash: "This page holds one crash on each path: Reset returns to the first state.",
  restart: "This page holds the restart right after the crash, and when nothing moves any more: step on until then.",
  verb: "After a crash this page holds one order of the verbs: Reset returns to the first state.",
};

/** The data of a page: JSON, compressed with gzip, in base64. */
async function savedData(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}

class SavedModel {
  /** `data`: the shared values of a recording. */
  constructor(data) {
    const { kind, whole, ...recording } = savedReader(data)(data.root);
    Object.assign(this, { kind, whole, run: new SavedRun(recording) });
    withListeners(this);
  }

  send(request) {
    const answer = { answers: request.id, error: "", ...this.answer(request) };
    queueMicrotask(() => this.deliver(answer));
  }

  /** The answer to a request of the widget. */
  answer(request) {
    const { run, whole } = this;
    switch (request.do) {
      case "hello": return { ...whole, ...this.news(0) };
      case "page": return { page: this.page(request) };
      case "picture": return { picture: whole.pictures[request.name] };
      case "partitions": return { partitions: savedPartitions(run, request.number) };
      case "reset": return run.reset(), this.news(0);
      default: return this.moved(request);
    }
  }

  moved({ do: action, verb, service }) {
    const before = this.run.count;
    const name = service?.replace(/-\d+$/, "");
    const moves = {
      step: () => this.step(),
      verb: () => this.run.move(verb ?? this.nextVerb()) || this.isIdle(),
      crash: () => !this.run.isShifted && this.run.move(`crash ${name}`),
      restart: () => this.run.move(`restart ${name}`),
    };
    const needsLab = `This page is a recording: "${action.replaceAll("_", " ")}" needs the lab itself.`;
    const error = action in moves ? (moves[action]() ? "" : SAVED_REFUSALS[action]) : needsLab;
    return { error, ...this.news(Math.max(0, before - 1)) }; // the last hop may have another lag now
  }

  /** Moves to the next hop, or as far as anything moves. */
  step() {
    const before = this.run.count;
    while (this.run.count === before && this.run.move(this.nextVerb()));
    return true;
  }

  nextVerb() {
    return this.run.state.status?.work_in_progress?.allowed[0] ?? "next";
  }

  isIdle() {
    return Boolean(this.run.state.status?.is_idle);
  }

  news(keep) {
    const { run } = this;
    const { count, view, first, hasRealTimes: real_times } = run;
    const common = { keep, count, status: run.state.status };
    if (this.kind === "board") return { ...common, partitions: savedPartitions(run, count) };
    const from = Math.max(keep, Math.floor((count - 1) / SAVED_PAGE) * SAVED_PAGE) + 1;
    return { ...common, ...run.page(from, count), view, first, real_times };
  }

  page({ from, to, at }) {
    const { run } = this;
    const first = Math.max(from, 1);
    const last = Math.min(to, Math.floor((first - 1) / SAVED_PAGE) * SAVED_PAGE + SAVED_PAGE, run.count);
    const order = at && run.count ? run.hop(Math.min(at, run.count)).about : "";
    const isOther = (hop) => order && hop.order === order && (hop.number < first || hop.number > last);
    const others = run.hops.filter(isOther).map(({ number }) => run.hop(number));
    return { ...run.page(first, last), others };
  }
}
