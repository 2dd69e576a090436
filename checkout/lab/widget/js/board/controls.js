// Board controls: what the stand-alone board has beside the lanes: slider, producer, partitions, time.

const BOARD_CONTROLS = `
  <div class="walk-bar">
    <button data-do="step">Step</button><button data-do="back">Back</button><button data-do="run">Run</button>
    <button data-do="verb">One verb</button>
    <input type="range" class="walk-slider" min="0" max="0" value="0" aria-label="hop"><span class="walk-count"></span>
    <button data-do="reset">Reset</button>
  </div>
  <div class="walk-bar board-lab-controls" role="group" aria-label="the lab">
    <button data-do="place">Place an order</button>
    <span class="board-producer" role="group" aria-label="produce a record">
      <label>to <select class="board-topics"></select></label>
      <label>key <input class="board-key-text" value="a" size="4"></label>
      <button data-do="send">Produce</button><button data-do="send-keyless">Produce without key</button>
    </span>
    <span role="group" aria-label="partitions of each topic">
      <label>partitions <select class="board-count"></select></label>
    </span>
    <button data-do="wait">Ten seconds pass</button>
  </div>
  <p class="walk-status" role="status" aria-live="polite"></p>
  <p class="walk-next"></p>
  <div class="board-card"></div>
  <p class="walk-keys">Keys: → step, ← back, space run or pause, Home and End. Tab to the lanes: ↑ ↓ lane, Enter its records, ← → record, Esc back.</p>`;

/** Fills the choices that the kernel's first answer names. */
function fillBoardControls(root, { is_live: isLive, topics, max_partitions: most, can_place: canPlace }) {
  const option = (value) => h("option", { value }, value);
  root.querySelector(".board-topics").replaceChildren(...topics.map(option));
  root.querySelector(".board-count").replaceChildren(...Array.from({ length: most }, (_, at) => option(at + 1)));
  root.querySelector("[data-do=place]").hidden = !canPlace;
  for (const name of [".board-lab-controls", "[data-do=reset]", "[data-do=verb]"]) root.querySelector(name).hidden = !isLive;
}

function showBoardBar(root, { at, count, isRunning, status, state }) {
  const slider = root.querySelector(".walk-slider");
  Object.assign(slider, { max: count, value: at });
  slider.setAttribute("aria-valuetext", `${at} of ${count}`);
  boardText(root.querySelector(".walk-count"), `${at} of ${count}`);
  boardText(root.querySelector("[data-do=run]"), isRunning ? "Pause" : "Run");
  root.querySelector("[data-do=back]").setAttribute("aria-disabled", at === 0);
  const { next, stopped_at: stop, work_in_progress: work } = status ?? { next: "End of the replay." };
  boardText(root.querySelector("[data-do=verb]"), work ? `One verb: ${work.allowed[0]}` : "One verb");
  const coming = [stop && `Stopped at a ${stop}.`, next].filter(Boolean).join(" ");
  boardText(root.querySelector(".walk-next"), at === count ? coming : `Not the latest hop: ${count - at} more follow.`);
  const counts = new Map();
  for (const { topic } of state?.partitions ?? []) counts.set(topic, (counts.get(topic) ?? 0) + 1);
  const choice = root.querySelector(".board-count");
  if (counts.size && document.activeElement !== choice) choice.value = counts.values().next().value;
}

/** The request to the kernel that a button or choice stands for: its name, and what goes with it. */
function boardRequest(action, element, root) {
  const { service, members, topic, partition } = element.dataset;
  const chosen = root.querySelector(".board-topics").value;
  const key = root.querySelector(".board-key-text").value;
  switch (action) {
    case "scale": return ["scale", { service, members: Number(members) }];
    case "crash": case "restart": return [action, { service }];
    case "kill_leader": return [action, { topic, partition: Number(partition) }];
    case "wait": return ["wait", { seconds: 10 }];
    case "send": return ["send", { topic: chosen, key: key || null }];
    case "send-keyless": return ["send", { topic: chosen, key: null }];
    case "partitions_count": return [action, { count: Number(element.value) }];
    default: return [action, {}];
  }
}
