// Picture: lights arrows and both their ends, writes coordinates at the arrow, and follows it.

const CALM = matchMedia("(prefers-reduced-motion: reduce)");
const MARKS = ["past", "now", "odd", "told", "acts"];
const NEAREST = 640; // a view box at least this wide: nearer, and one loses one's way
const GLIDE = 260; // milliseconds

class Picture {
  constructor(card) {
    this.card = card;
    this.isWhole = false;
    this.watch = new ResizeObserver(() => this.aim(false));
    this.watch.observe(card);
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
    Object.assign(this, { name, picture, frame: null, full: this.svg.getAttribute("viewBox").split(" ").map(Number) });
  }

  group(id) {
    return this.svg.querySelector(`[data-id="${id}"]`);
  }

  arrow(moment) {
    const technology = moment.technology.replace(/\s/g, "");
    const is = (arrow) => arrow.from === moment.from && arrow.to === moment.to && arrow.technology === technology;
    return this.picture.arrows.find(is);
  }

  light(past, now) {
    for (const node of this.svg.querySelectorAll("g")) node.classList.remove(...MARKS);
    for (const moment of past) if (this.arrow(moment)) this.group(this.arrow(moment).id).classList.add("past");
    this.drawn = now && this.arrow(now);
    this.words = this.drawn ? now.lines : [];
    this.hides = Number(Boolean(now?.topic)); // the topic stands in its coordinates already
    if (this.drawn) {
      const marks = ["now", ...(now.outcome === "applied" ? [] : ["odd"]), ...(now.topic ? ["told"] : [])];
      this.group(this.drawn.id).classList.remove("past");
      this.group(this.drawn.id).classList.add(...marks);
      for (const end of [now.from, now.to]) this.group(this.picture.boxes[end]).classList.add("acts");
    }
    this.svg.setAttribute("aria-label", `${this.name}: ${now ? now.sentence : "nothing has happened yet."}`);
    this.aim(true);
  }

  wanted() {
    const [x, y, width, height] = this.full;
    const ratio = this.card.clientWidth / this.card.clientHeight;
    const box = this.isWhole || !this.drawn ? [x, y, x + width, y + height] : this.drawn.box;
    const spare = this.isWhole || !this.drawn ? 0 : 48;
    const least = this.isWhole || !this.drawn ? 0 : NEAREST;
    const wide = Math.max(box[2] - box[0] + spare, (box[3] - box[1] + spare) * ratio, least);
    return [(box[0] + box[2] - wide) / 2, (box[1] + box[3] - wide / ratio) / 2, wide, wide / ratio];
  }

  aim(glides) {
    if (!this.svg || !this.card.clientHeight) return;
    const [from, to, start] = [this.frame, this.wanted(), performance.now()];
    this.frame = to;
    this.write(to[2] / this.card.clientWidth);
    cancelAnimationFrame(this.next);
    const draw = (at) => {
      const share = from && glides && !CALM.matches ? Math.min(1, Math.max(0, (at - start) / GLIDE)) : 1;
      const frame = to.map((end, side) => (share < 1 ? from[side] + (end - from[side]) * share : end));
      this.svg.setAttribute("viewBox", frame.join(" "));
      if (share < 1) this.next = requestAnimationFrame(draw);
    };
    draw(start);
  }

  write(scale) {
    for (const node of this.svg.querySelectorAll(".place")) node.remove();
    const size = 13 * Math.min(Math.max(1, scale), 1.6); // 13 pixels on the screen, but in the whole picture
    const top = this.drawn?.y - 14 * (1 + this.hides);
    this.words?.forEach((words, line) => {
      const node = document.createElementNS(this.svg.namespaceURI, "text");
      const place = { class: "place", y: top + (line + 1) * 1.15 * size, "font-size": size };
      node.textContent = words;
      for (const [name, value] of Object.entries(place)) node.setAttribute(name, value);
      this.svg.append(node);
      const [left, half] = [this.frame[0], node.getComputedTextLength() / 2 + 6];
      node.setAttribute("x", Math.min(Math.max(this.drawn.x, left + half), left + this.frame[2] - half));
    });
  }

  close() {
    this.watch.disconnect();
    cancelAnimationFrame(this.next);
  }
}
