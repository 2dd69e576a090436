// Panels: layout of the walk and of a pair; coordinates of the hop, work in progress, crashed replicas and break points.

const LAYOUT = `
  <div class="walk-bar">
    <button data-do="step">Step</button><button data-do="back">Back</button>
    <button data-do="run">Run</button><button data-do="reset">Reset</button>
    <button data-do="fork">Fork here</button>
    <input type="range" class="walk-slider" min="0" max="0" value="0" aria-label="hop"><span class="walk-count"></span>
  </div>
  <div class="walk-bar walk-verbs" role="group" aria-label="verbs">
    <button data-do="verb">One verb</button>
    <button data-do="publish-commit"></button><button data-do="commit-publish"></button>
    <button data-do="crash"></button><span class="walk-restarts"></span>
  </div>
  <p class="walk-status" role="status" aria-live="polite"></p>
  <p class="walk-next"></p>
  <div class="walk-main">
    <div class="walk-diagram">
      <div class="walk-tabs">
        <div role="tablist" aria-label="views"></div>
        <label><input type="checkbox" class="walk-whole"> whole picture</label>
      </div>
      <div class="walk-card"></div>
      <fieldset class="walk-question"><legend>Who receives the next message?</legend><div></div></fieldset>
    </div>
    <div class="walk-side" tabindex="0" role="group" aria-label="this hop">
      <p class="walk-note"></p>
      <div class="walk-coordinates" role="group" aria-label="coordinates"></div>
      <div class="walk-work" role="group" aria-label="work in progress" hidden></div>
    </div>
  </div>
  <div class="walk-tables"></div>
  <details class="walk-points"><summary>Break points</summary><div class="walk-breaks"></div></details>
  <p class="walk-keys">Keys: → step, ← back, space run or pause, Home and End.</p>`;
const PAIR_LAYOUT = `
  <div class="compare-head">
    <div class="compare-bar">
      <button data-pair="step">Step</button><button data-pair="back">Back</button><button data-pair="run">Run</button>
      <span class="compare-track">
        <input type="range" class="compare-slider" min="0" max="0" value="0" aria-label="hop of both runs">
        <span class="compare-strip" aria-hidden="true"></span>
      </span>
      <span class="compare-count"></span>
      <button data-pair="difference">Go to the first difference</button>
      <button data-pair="close">Close the fork</button>
    </div>
    <p class="compare-status" role="status" aria-live="polite"></p>
  </div>
  <p class="compare-sentence"></p>
  <div class="compare-sides"></div>
  <p class="compare-keys">Keys: → step, ← back, space run or pause, Home and End, D first difference.</p>`;
const MAX_MARKS = 200; // on the strip below the slider of a pair
const VERBS = ["poll", "handle", "publish", "commit"];
const VERB_ORDERS = { "publish-commit": ["publish", "commit"], "commit-publish": ["commit", "publish"] };

function showCoordinates(panel, moment) {
  if (!panel.children.length) {
    const message = h("details", {}, h("summary", {}, "the message"), h("pre"));
    panel.append(h("dl"), message); // these nodes stay: the summary may have the focus
  }
  const { cause, key, lag, group, replica, outcome, payload } = moment ?? {};
  const facts = moment ? { ...placeOf(moment), "caused by": cause, key, lag, group, replica, outcome } : {};
  const known = Object.entries(facts).filter(([, value]) => value != null && !["", "applied"].includes(value));
  const [list, message] = panel.children;
  list.replaceChildren(...known.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
  message.hidden = !moment || ["", "null"].includes(payload);
  setText(message.querySelector("pre"), payload ?? "");
}

/** Where a hop is: the coordinates of a record, or a call with its status; of a hop of the lab there is nothing to say. */
function placeOf({ from, topic, place }) {
  if (from === LAB_SENDER) return {};
  return { [topic ? "place" : "call"]: place };
}

/** The verb that one of the two buttons calls next: its first, its second, or null. */
function nextVerbOf(button, work) {
  const [first, second] = VERB_ORDERS[button];
  if (!work) return null;
  if (work.done.includes(first) && work.allowed.includes(second)) return { verb: second, label: `now ${second}` };
  if (!work.allowed.includes(first) || work.done.includes(second)) return null;
  return { verb: first, label: work.allowed.includes(second) ? `${first}, then ${second}` : first };
}

function showWork(panel, work) {
  const parts = [h("b", {}, `${work.replica} has done: ${work.done.join(", ")}`)];
  const { place, message: name, key, lag, value: record } = work.record ?? {};
  const facts = [name, place, key && `key ${key}`, lag != null && `lag ${lag}`].filter(Boolean);
  if (place) parts.push(h("p", {}, `Message: ${facts.join(", ")}`));
  parts.push(...changesOf(work));
  for (const { to, message, value } of work.outgoing) {
    parts.push(h("p", {}, `To be published: ${message} to ${to}`), h("pre", {}, value));
  }
  if (place) parts.push(h("p", {}, "Value"), h("pre", {}, record));
  panel.replaceChildren(...parts);
}

function changesOf(work) {
  const [before, after] = [byTable(work.before), byTable(work.done.includes("handle") ? work.after : work.before)];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].map((name) => {
    const rows = Array.from({ length: Math.max(before[name]?.length ?? 0, after[name]?.length ?? 0) }, (_, at) => at);
    const columns = Object.keys((after[name] ?? before[name])[0]);
    const cells = rows.map((at) => columns.map((column) => cellOf(before[name]?.[at], after[name]?.[at], column)));
    const title = h("p", {}, `Table ${name}${work.done.includes("handle") ? ", before → after" : " before handle"}`);
    const transposed = columns.map((column, at) => [column, ...cells.map((row) => row[at])]);
    const isLong = rows.length > 2; // one or two rows are transposed, so that no change needs scrolling
    const heads = isLong ? columns : ["column", ...rows.map((at) => `row ${at + 1}`)];
    return h("div", {}, title, tableOf(heads, (isLong ? cells : transposed).map((row) => rowOf(row, false))));
  });
}

function byTable(rows) {
  const tables = {};
  for (const { table, ...row } of rows) (tables[table] ??= []).push(row);
  return tables;
}

function cellOf(before, after, column) {
  const [old, now] = [before?.[column], after?.[column]];
  if (before && after && old === now) return now ?? "";
  return h("mark", {}, before && after ? `${old ?? "null"} → ${now ?? "null"}` : after ? now : `${old} → deleted`);
}

function showRestarts(panel, crashed) {
  const services = [...new Set(crashed.map((replica) => replica.replace(/-\d+$/, "")))];
  if (panel.shown === services.join()) return;
  panel.shown = services.join();
  const data = (name) => ({ "data-do": "restart", "data-service": name });
  panel.replaceChildren(...services.map((name) => h("button", data(name), `Restart ${name}`)));
}

function showBreaks(grid, status, uid) {
  if (grid.shown !== status.services.join()) {
    const rows = status.services.map((service) => {
      const boxes = VERBS.map((verb) => {
        const label = `break point before ${verb} of ${service}`;
        const data = { type: "checkbox", "data-service": service, "data-verb": verb, id: `${uid}-${service}-${verb}` };
        return h("td", {}, h("input", { ...data, "aria-label": label }));
      });
      return h("tr", {}, h("th", { scope: "row" }, service), ...boxes);
    });
    grid.replaceChildren(tableOf(["stop before", ...VERBS], rows));
    grid.shown = status.services.join();
  }
  const points = new Set(status.breaks.map((point) => point.join(" ")));
  for (const box of grid.querySelectorAll("input")) {
    box.checked = points.has(`${box.dataset.service} ${box.dataset.verb}`);
  }
}

/** The elements of the picture to choose from; after a verdict nothing is chosen any more. */
function showQuestion(fieldset, name, aliases, { names, feedback, uid }) {
  for (const radio of fieldset.querySelectorAll(":checked")) if (feedback) radio.checked = false;
  if (fieldset.dataset.view === name) return;
  fieldset.dataset.view = name;
  const choices = aliases.map((alias) => {
    const radio = h("input", { type: "radio", name: `${uid}-next`, value: alias });
    return h("label", {}, radio, ` ${names[alias]}`);
  });
  fieldset.querySelector("div").replaceChildren(...choices);
}

function verdictOf(guess, moment, arrows, names) {
  if (guess === moment.to) return "Right.";
  const isPeer = arrows.some((each) => each.step === moment.step && each.from === moment.from && each.to === guess);
  if (isPeer) return `Also right: step ${moment.step} has this receiver, too.`;
  return `Not ${names[guess]}: the receiver is ${names[moment.to] ?? moment.to}.`;
}

function showLive(root, status, isLast, uid) {
  const find = (selector) => root.querySelector(selector);
  const { work_in_progress: work, crashed } = status;
  find(".walk-work").hidden = !work || !isLast;
  for (const name of Object.keys(VERB_ORDERS)) {
    const next = nextVerbOf(name, work);
    const button = find(`[data-do=${name}]`);
    button.textContent = next?.label ?? VERB_ORDERS[name].join(", then ");
    button.setAttribute("aria-disabled", !next);
  }
  const crash = find("[data-do=crash]");
  crash.textContent = `Crash${work ? ` ${work.replica}` : ""}`;
  crash.setAttribute("aria-disabled", !work);
  if (work) showWork(find(".walk-work"), work);
  showRestarts(find(".walk-restarts"), crashed);
  showBreaks(find(".walk-breaks"), status, uid);
}

/** Marks on a strip where two runs differ. */
function showStrip(strip, different, length) {
  const marks = different.slice(0, MAX_MARKS).map(([start, count]) => {
    const mark = h("span");
    Object.assign(mark.style, { left: `${(100 * start) / length}%`, width: `${(100 * count) / length}%` });
    return mark;
  });
  strip.replaceChildren(...marks);
}
