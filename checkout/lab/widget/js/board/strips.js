// Board strips: members of the consumer groups and brokers above the lanes, and topics without records below them.

/** The state with the rails of each partition: per group that reads it the positions, and the state of the owner. */
function boardWithRails(state) {
  const partitions = state.partitions.map((partition) => ({ ...partition, rails: [] }));
  const lanes = new Map(partitions.map((partition) => [boardPlace(partition), partition]));
  for (const { group, members, positions } of state.groups) {
    const states = new Map(members.map((member) => [member.name, member.state]));
    for (const position of positions) {
      lanes.get(boardPlace(position))?.rails.push({ group, ...position, ownerState: states.get(position.owner) ?? "running" });
    }
  }
  return { ...state, partitions };
}

/** The topics of a state in its order, each with its partitions. */
function boardTopics(state) {
  const topics = new Map();
  for (const partition of state.partitions) {
    if (!topics.has(partition.topic)) topics.set(partition.topic, []);
    topics.get(partition.topic).push(partition);
  }
  return [...topics].map(([topic, lanes]) => ({ topic, lanes }));
}

/** The offset in a place such as `stock.reserve[0]@3`, where that is in this partition; else null. */
function boardOffsetOf(partition, place) {
  const start = `${boardPlace(partition)}@`;
  return place?.startsWith(start) ? Number(place.slice(start.length)) : null;
}

/** What a board without records says. */
function boardStart(canChange) {
  const remedy = canChange?.can_place ? ": place an order, then step." : canChange ? ": produce one." : ".";
  return `No topic has a record yet${remedy}`;
}

function makeBoardTopic({ start, empty }) {
  if (start) return h("section", { class: "board-start" });
  if (empty) return h("section", { class: "board-unused" });
  const head = h("div", { class: "board-topic-head" }, h("b", { class: "board-topic" }), h("span", { class: "board-readers" }));
  return h("section", {}, head, h("div", {}));
}

function fillEmptyTopics(section, empty) {
  const names = empty.map(({ topic }) => topic);
  if (section.shown === names.join()) return;
  section.shown = names.join();
  section.replaceChildren(h("span", {}, "Topics without records: "), ...names.map((name) => h("span", { class: "board-topic" }, name)));
}

function drawBoardGroups(panel, state, canChange) {
  const key = (group) => group.group;
  boardSync(panel, state.groups, key, makeBoardGroup, (box, group) => {
    const lag = group.positions.reduce((sum, position) => sum + position.lag, 0);
    setText(box.querySelector(".board-lag"), `lag ${lag}`);
    box.querySelector(".board-lag").classList.toggle("is-behind", lag > 0);
    const fill = (chip, member) => fillBoardMember(chip, member, canChange);
    boardSync(box.querySelector(".board-members"), group.members, (member) => member.name, makeBoardMember, fill);
    fillBoardScale(box.querySelector(".board-scale"), group, canChange);
  });
}

function makeBoardGroup({ group }) {
  return h("div", { class: "board-group-box", role: "group", "aria-label": `group ${group}` },
    h("span", { class: "board-group-head" }, h("b", {}, group), h("span", { class: "board-lag" }), h("span", { class: "board-scale" })),
    h("span", { class: "board-members" }));
}

function makeBoardMember() {
  return h("span", { class: "board-member" }, h("i", { class: "board-dot" }), h("span", { class: "board-name" }), h("span"));
}

function fillBoardMember(chip, { name, state }, canChange) {
  chip.style.setProperty("--owner", boardMemberColour(name));
  chip.classList.toggle("is-dead", state !== "running");
  setText(chip.children[1], state === "running" ? name : `${name} ${state}`);
  const action = state === "running" ? "crash" : "restart";
  if (!canChange) return;
  const verb = state === "running" ? "Kill" : "Restart";
  const button = chip.querySelector("button") ?? h("button", { type: "button" });
  Object.assign(button.dataset, { do: action, service: name });
  button.setAttribute("aria-label", `${verb} ${name}`);
  setText(button, verb);
  boardAllow(button, true, canChange);
  if (!button.parentNode) chip.lastChild.append(button); // the same button, so that it keeps the focus
}

/** Enables a button, at the latest hop only: what it sends is as of the hop that is shown. */
function boardAllow(button, isPossible, { isLatest }) {
  button.setAttribute("aria-disabled", !isPossible || !isLatest);
  button.title = isLatest ? "" : "Only at the latest hop can this be changed: End goes there.";
}

function fillBoardScale(panel, { group, members }, canChange) {
  if (!canChange) return;
  if (!panel.children.length) {
    const button = (text, label) => h("button", { type: "button", "data-do": "scale", "data-service": group, "aria-label": label }, text);
    panel.append(button("−", `one member of ${group} less`), button("+", `one more member of ${group}`));
  }
  const [less, more] = panel.children;
  less.dataset.members = members.length - 1;
  more.dataset.members = members.length + 1;
  boardAllow(less, members.length > 1, canChange);
  boardAllow(more, members.length < canChange.max_members, canChange);
}

/** The brokers; `lane` is the partition whose leader the button kills, or false where nothing can be changed. */
function drawBoardBrokers(panel, { brokers }, lane, canChange) {
  panel.hidden = !brokers.length;
  if (!panel.children.length) {
    const button = (action) => h("button", { type: "button", "data-do": action });
    panel.append(h("b", {}, "Brokers"), h("span"), button("kill_leader"), button("start_brokers"));
  }
  const [, chips, kill, start] = panel.children;
  boardSync(chips, brokers, (broker) => broker.id, () => h("span", { class: "board-broker" }), (chip, { id, is_running: runs }) => {
    chip.classList.toggle("is-killed", !runs);
    setText(chip, runs ? `broker ${id}` : `✕ broker ${id} killed`);
  });
  kill.hidden = start.hidden = !lane;
  if (!lane) return;
  Object.assign(kill.dataset, { topic: lane.topic, partition: lane.partition });
  boardAllow(kill, lane.leader != null && brokers.length > 1, canChange);
  setText(kill, `Kill the leader of ${boardPlace(lane)}`);
  boardAllow(start, brokers.some((broker) => !broker.is_running), canChange);
  setText(start, "Start killed brokers");
}
