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

/** Chooses the number of partitions that the topics of a state have. */
function showBoardCount(choice, state) {
  const topic = state?.partitions[0]?.topic;
  const count = state?.partitions.filter((partition) => partition.topic === topic).length;
  if (count && document.activeElement !== choice) choice.value = count;
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
    case "send": return ["send", key ? { topic: chosen, key } : { topic: chosen }];
    case "send-keyless": return ["send", { topic: chosen }];
    case "partitions_count": return [action, { count: Number(element.value) }];
    default: return [action, {}];
  }
}
