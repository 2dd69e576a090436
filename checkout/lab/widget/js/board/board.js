// Board: a view of the topics after a hop: lanes, members of the groups, brokers. It asks the kernel for each state.

const BOARD_LAYOUT = `
  <p class="board-live" role="status" aria-live="polite"></p>
  <div class="board-strip" role="group" aria-label="consumer groups and brokers">
    <div class="board-groups"></div><div class="board-brokers"></div>
  </div>
  <div class="board-lanes" role="group" aria-label="partitions" tabindex="-1"></div>
  <p class="board-detail"></p>
  <p class="board-legend">
    <span><i class="board-mark is-committed"></i> committed: a group starts again here after a crash</span>
    <span><i class="board-mark is-position"></i> position: polled next</span>
    <span><i class="board-gap"></i> lag: not committed yet</span>
    <span><i class="board-swatch"></i> one colour per order or key</span>
  </p>`;
const BOARD_KEYS = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -1, ArrowRight: 1 };
const BOARD_NEAR = 3; // hops: a step can lead over several
const BOARD_STATES = 200; // kept, each up to 100 kB
const BOARD_FIRST = 2; // topics that are shown while none has records
const BOARD_FEW = 6; // partitions: of more, topics without records are listed below the lanes

class Board {
  constructor(card) {
    this.states = new Map();
    this.pages = new Map(); // offsets around which a lane is shown, where it has been moved
    this.root = h("div", { class: "board" });
    this.root.innerHTML = BOARD_LAYOUT;
    card.append(this.root);
    this.watch = new ResizeObserver(() => this.draw());
    this.watch.observe(this.root);
    this.root.addEventListener("click", (event) => this.clicked(event.target));
    this.root.addEventListener("keydown", (event) => this.pressed(event));
    for (const name of ["focusin", "mouseover"]) this.root.addEventListener(name, (event) => this.pointedAt(event));
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  /** Shows the state after the hop `shown.at`; until the kernel has answered, the one before stays. */
  show(shown) {
    if (this.shown?.at !== shown.at) this.pages.clear();
    this.shown = shown;
    const known = this.states.get(shown.at);
    const isKnown = known && known.moment === shown.history.at(shown.at);
    if (isKnown) this.draw(known.state);
    if (!isKnown || shown.at === shown.history.count) this.load(); // the last state follows later commits
  }

  /** Keeps a state that came without having been asked for. */
  put(state) {
    this.states.delete(state.number); // so that it is the newest
    this.states.set(state.number, { state, moment: this.shown?.history.at(state.number) });
    if (this.states.size > BOARD_STATES) this.states.delete(this.states.keys().next().value);
  }

  /** Forgets the states from this number on. */
  forget(number) {
    for (const each of [...this.states.keys()]) if (each >= number) this.states.delete(each);
  }

  async load() {
    this.isStale = true;
    if (this.isLoading) return;
    this.isLoading = true;
    while (this.isStale && this.shown) {
      this.isStale = false;
      const { at } = this.shown;
      const answer = await this.shown.ask("partitions", { number: at });
      if (!this.shown || !answer?.partitions) continue;
      this.put(answer.partitions);
      if (at === this.shown.at) this.draw(answer.partitions);
    }
    this.isLoading = false;
  }

  /** Draws a state. Where the board has no width the state waits until it has one. */
  draw(state = this.pending ?? this.raw) {
    this.pending = this.root.clientWidth ? null : state;
    // The observer does not see a board that is hidden and shown again within one frame.
    if (this.pending) requestAnimationFrame(() => this.root.clientWidth && this.draw());
    if (!state || this.pending) return;
    const lane = document.activeElement?.closest(".board-lane")?.dataset.key;
    const next = () => this.lanes().find((each) => each.dataset.key === lane) ?? this.find(".board-lanes");
    keepFocus(this.root, () => this.drawState(state), next);
  }

  drawState(state) {
    const [before, isSame] = [this.state, this.raw === state];
    this.raw = state;
    this.root.dataset.number = state.number;
    if (!isSame) this.state = boardWithRails(state);
    const topics = boardTopics(this.state);
    const isFew = state.partitions.length <= BOARD_FEW;
    const used = topics.filter(({ lanes }) => isFew || lanes.some((lane) => lane.end > 0));
    const shown = used.length ? used : topics.slice(0, BOARD_FIRST);
    const empty = topics.filter((each) => !shown.includes(each));
    this.drawLanes(shown, empty, used.length ? "" : boardStart(this.shown.canChange), this.context());
    drawBoardGroups(this.find(".board-groups"), state, this.canChange());
    this.rove();
    this.drawBrokers();
    this.describe();
    if (!isSame) this.tell(before);
    if (before?.number !== state.number) this.follow();
    this.shown.drawn?.(this.state);
  }

  context() {
    const width = this.find(".board-track")?.clientWidth || this.root.clientWidth - 420;
    const aroundOf = (partition) => this.pages.get(boardPlace(partition)) ?? boardOffsetOf(partition, this.state.place);
    const { place, brokers } = this.state;
    const slots = Math.max(BOARD_MIN_SLOTS, Math.floor(width / BOARD_TILE));
    return { slots, place, brokers, aroundOf, colourOf: this.shown.colourOf };
  }

  /** What the strip may change: nothing at an earlier hop, since it says how the lab was then. */
  canChange() {
    const { canChange, history } = this.shown;
    return canChange && { ...canChange, isLatest: this.state.number === history.count };
  }

  drawBrokers() {
    const lane = this.shown.canChange && this.lane(this.current);
    drawBoardBrokers(this.find(".board-brokers"), this.state, lane, this.canChange());
  }

  drawLanes(used, empty, start, context) {
    const panel = this.find(".board-lanes");
    const scroll = panel.scrollTop;
    const sections = [...(start ? [{ topic: "start", start }] : []), ...used, ...(empty.length ? [{ topic: "", empty }] : [])];
    boardSync(panel, sections, (each) => each.topic, makeBoardTopic, (section, each) => {
      if (each.start) return setText(section, each.start);
      if (each.empty) return fillEmptyTopics(section, each.empty);
      const groups = each.lanes[0].rails.map((rail) => rail.group);
      setText(section.querySelector(".board-topic"), each.topic);
      setText(section.querySelector(".board-readers"), groups.length ? `read by ${groups.join(", ")}` : "read by no group");
      const fill = (lane, partition) => boardFillLane(lane, partition, context);
      boardSync(section.lastChild, each.lanes, boardPlace, boardMakeLane, fill);
    });
    panel.scrollTop = scroll;
  }

  /** Says what has changed since the state before, if that was a few hops ago at most. */
  tell(before) {
    const hops = before ? this.state.number - before.number : -1;
    const changes = hops >= 0 && hops <= BOARD_NEAR ? boardChanges(before, this.state) : [];
    if (hops || changes.length) setText(this.find(".board-live"), changes.length ? `${changes.join("; ")}.` : "");
  }

  /** Scrolls to the lane of the record that the hop has moved. */
  follow() {
    const panel = this.find(".board-lanes");
    const lane = this.find(".is-now")?.closest(".board-lane");
    if (!lane) return;
    const top = lane.offsetTop - lane.closest("section").firstChild.offsetHeight;
    const bottom = lane.offsetTop + lane.offsetHeight - panel.clientHeight;
    if (panel.scrollTop > top) panel.scrollTop = top;
    else if (panel.scrollTop < bottom) panel.scrollTop = Math.min(top, bottom);
  }

  lane(place) {
    return this.state?.partitions.find((partition) => boardPlace(partition) === place);
  }

  lanes() {
    return [...this.root.querySelectorAll(".board-lane")];
  }

  /** One lane can be reached with the tab key; the arrow keys lead from it to the others. */
  rove() {
    const lanes = this.lanes();
    const current = lanes.find((lane) => lane.dataset.key === this.current) ?? lanes[0];
    this.current = current?.dataset.key;
    for (const lane of lanes) lane.tabIndex = lane === current ? 0 : -1;
  }

  clicked(target) {
    const [note, lane] = [target.closest("[data-page]"), target.closest(".board-lane")];
    if (note) this.page(note);
    else if (lane && !lane.contains(document.activeElement)) lane.focus();
  }

  page(note) {
    const lane = note.closest(".board-lane");
    const offsets = [...lane.querySelectorAll(".board-tile")].map((tile) => Number(tile.dataset.key));
    const half = Math.ceil(offsets.length / 2);
    const around = note.dataset.page === "earlier" ? Math.max(0, offsets[0] - half) : offsets.at(-1) + half;
    this.pages.set(lane.dataset.key, around);
    this.draw();
    (note.isConnected ? note : lane).focus();
  }

  pointedAt(event) {
    const lane = event.target.closest(".board-lane");
    if (!lane) return;
    this.pointed = event.target.closest(".board-tile") ?? lane;
    this.describe();
    if (event.type !== "focusin" || this.current === lane.dataset.key) return;
    this.current = lane.dataset.key;
    this.rove();
    this.drawBrokers();
  }

  /** Writes out the lane or the record that the pointer or the focus is on. */
  describe() {
    setText(this.find(".board-detail"), this.pointed?.isConnected ? this.pointed.getAttribute("aria-label") : "");
  }

  pressed(event) {
    const lane = event.target.closest(".board-lane");
    if (!lane || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target === lane ? this.fromLane(lane, event.key) : this.fromTile(lane, event.target, event.key);
    if (!target) return;
    event.preventDefault();
    event.stopPropagation(); // the walk moves with the same keys
    target.focus();
    target.scrollIntoView({ block: "nearest" });
  }

  fromLane(lane, key) {
    if (key === "Enter") return lane.querySelector(".board-tile.is-now") ?? [...lane.querySelectorAll(".board-tile")].at(-1);
    const lanes = this.lanes();
    if (key === "ArrowUp" || key === "ArrowDown") return lanes[lanes.indexOf(lane) + BOARD_KEYS[key]] ?? lane;
    return null;
  }

  fromTile(lane, tile, key) {
    const tiles = [...lane.querySelectorAll("button")];
    const ends = { Home: tiles[0], End: tiles.at(-1), Escape: lane, ArrowUp: lane, ArrowDown: lane };
    if (key === "ArrowLeft" || key === "ArrowRight") return tiles[tiles.indexOf(tile) + BOARD_KEYS[key]] ?? tile;
    return ends[key] ?? null;
  }

  close() {
    this.shown = null;
    this.watch.disconnect();
    this.root.remove();
  }
}
