// Picture: highlights arrows and their elements, writes coordinates near the current arrow and scrolls to it.

const MARKS = ["past", "now", "unsuccessful", "on-topic", "endpoint"];
const MIN_WIDTH = 640; // of the view box: narrower, too little of the diagram is in view
const ANIMATION = 260; // milliseconds

class Picture {
  constructor(card) {
    this.card = card;
    this.isWhole = false;
    this.watch = new ResizeObserver(() => this.aim(false));
    this.watch.observe(card);
  }

  /** Shows the story of the order of a hop, up to it. */
  show({ history, at, now, order, view, pictures, isWhole }) {
    this.isWhole = isWhole;
    this.open(view, pictures[view]);
    this.highlight(history.ofOrder(order, at), now);
  }

  open(name, picture) {
    if (this.name === name) return;
    const parsed = new DOMParser().parseFromString(picture.svg, "image/svg+xml").documentElement;
    this.svg = document.importNode(parsed, true);
    for (const node of this.svg.querySelectorAll("[id]")) {
      node.dataset.id = node.id; // two walks on a page may show the same view
      node.removeAttribute("id");
    }
    this.svg.setAttribute("role", "img");
    this.card.replaceChildren(this.svg);
    const full = this.svg.getAttribute("viewBox").split(" ").map(Number);
    Object.assign(this, { name, picture, frame: null, full, obstacles: null });
  }

  group(id) {
    return this.svg.querySelector(`[data-id="${id}"]`);
  }

  arrow(moment) {
    const technology = moment.technology.replace(/\s/g, "");
    return this.picture.arrows.find(
      (arrow) =>
        arrow.step === moment.step &&
        arrow.from === moment.from &&
        arrow.to === moment.to &&
        arrow.technology === technology,
    );
  }

  highlight(past, now) {
    for (const node of this.svg.querySelectorAll("g, text")) node.classList.remove(...MARKS);
    for (const moment of past) if (this.arrow(moment)) this.group(this.arrow(moment).id).classList.add("past");
    this.current = now && this.arrow(now);
    this.lines = this.current ? now.lines : [];
    this.hiddenLines = Number(Boolean(now?.topic)); // the coordinates repeat the topic
    if (this.current) {
      const marks = ["now", ...(now.outcome === "applied" ? [] : ["unsuccessful"]), ...(now.topic ? ["on-topic"] : [])];
      this.group(this.current.id).classList.remove("past");
      this.group(this.current.id).classList.add(...marks);
      for (const end of [now.from, now.to]) this.group(this.picture.boxes[end]).classList.add("endpoint");
    }
    this.svg.setAttribute("aria-label", `${this.name}: ${now ? now.sentence : "no hop yet."}`);
    this.aim(true);
  }

  wanted() {
    const [x, y, width, height] = this.full;
    const ratio = this.card.clientWidth / this.card.clientHeight;
    const box = this.isWhole || !this.current ? [x, y, x + width, y + height] : this.current.box;
    const margin = this.isWhole || !this.current ? 0 : 48;
    const least = this.isWhole || !this.current ? 0 : MIN_WIDTH;
    const wide = Math.max(box[2] - box[0] + margin, (box[3] - box[1] + margin) * ratio, least);
    return [(box[0] + box[2] - wide) / 2, (box[1] + box[3] - wide / ratio) / 2, wide, wide / ratio];
  }

  aim(isAnimated) {
    if (!this.svg || !this.card.clientHeight) return;
    this.obstacles ??= this.measured();
    const [from, to, start] = [this.frame, this.write(this.wanted()), performance.now()];
    this.frame = to;
    cancelAnimationFrame(this.next);
    const draw = (at) => {
      const share = from && isAnimated && !REDUCED_MOTION.matches ? Math.min(1, Math.max(0, (at - start) / ANIMATION)) : 1;
      const frame = to.map((end, side) => (share < 1 ? from[side] + (end - from[side]) * share : end));
      this.svg.setAttribute("viewBox", frame.join(" "));
      if (share < 1) this.next = requestAnimationFrame(draw);
    };
    draw(start);
  }

  /** The boxes of texts and elements: of a card with a size, since in a hidden one they are empty. */
  measured() {
    const marked = [...this.svg.querySelectorAll(".on-topic")]; // one of its texts is hidden
    for (const node of marked) node.classList.remove("on-topic");
    const obstacles = pictureObstacles(this.svg);
    for (const node of marked) node.classList.add("on-topic");
    return obstacles;
  }

  /** Writes the lines of the current hop where they cover nothing; returns the frame, larger if it had no room. */
  write(frame) {
    for (const node of this.svg.querySelectorAll(".place")) node.remove();
    if (!this.lines?.length) return frame;
    const nodes = this.lines.map((text) => this.svg.appendChild(svgNode("text", { class: "place" }, text)));
    const shown = this.obstacles.filter(({ node }) => !node.matches(".on-topic > text[font-style]"));
    const widest = Math.max(this.full[2], this.full[3] * (frame[2] / frame[3]), frame[2]);
    for (;;) {
      const scale = frame[2] / this.card.clientWidth; // units of the picture for a pixel
      const size = 13 * Math.min(Math.max(1, scale), 1.6); // 13 pixels on the screen, smaller in the whole picture
      for (const node of nodes) node.setAttribute("font-size", size);
      const wide = Math.max(...nodes.map((node) => node.getComputedTextLength())) + 2 * PICTURE_GAP * scale;
      const high = PICTURE_LINE * size * nodes.length + 2 * PICTURE_GAP * scale;
      const anchor = [this.current.x, this.current.y - 12 - 14 * this.hiddenLines + high / 2];
      const place = pictureFreePlace(frame, [wide, high], anchor, shown.map((each) => each.box));
      if (place || frame[2] >= widest) {
        pictureWrite(nodes, size, place ?? anchor);
        return frame;
      }
      frame = pictureEnlarged(frame, Math.min(1.15, widest / frame[2]));
    }
  }

  close() {
    this.watch.disconnect();
    cancelAnimationFrame(this.next);
  }
}
