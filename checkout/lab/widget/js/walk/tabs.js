// Tabs: the views of a walk, of which one is open.

/** Each view is made with its card, and has `show(shown)` and `close()`; see `Walk.shown`. */
const WALK_VIEWS = [
  { name: "diagram", title: "Diagram", make: (card) => new Picture(card) },
  { name: "sequence", title: "Sequence", make: (card) => new Sequence(card) },
  { name: "timeline", title: "Timeline", make: (card) => new Timeline(card) },
  { name: "partitions", title: "Partitions", make: (card) => new Board(card) },
];
const TAB_KEYS = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };

class Tabs {
  /** `bar` has the tab list; `onOpen()` is called when another view has been opened; `uid` is unique on the page. */
  constructor(bar, panel, uid, onOpen) {
    const list = bar.querySelector("[role=tablist]");
    Object.assign(this, { bar, panel, onOpen });
    this.tabs = WALK_VIEWS.map(({ name, title }) => {
      const state = { role: "tab", id: `${uid}-${name}`, "aria-controls": `${uid}-panel` };
      return h("button", { ...state, "data-view": name }, title);
    });
    const attributes = { role: "tabpanel", id: `${uid}-panel` };
    for (const [name, value] of Object.entries(attributes)) panel.setAttribute(name, value);
    list.append(...this.tabs);
    list.addEventListener("click", (event) => this.clicked(event));
    list.addEventListener("keydown", (event) => this.pressed(event));
    this.open(0);
  }

  open(at) {
    this.view?.close();
    this.tabs.forEach((tab, each) => {
      tab.setAttribute("aria-selected", each === at);
      tab.tabIndex = each === at ? 0 : -1;
    });
    Object.assign(this, { at, name: WALK_VIEWS[at].name });
    this.bar.querySelector("label").hidden = this.name !== "diagram"; // the whole picture or a part of it
    this.panel.setAttribute("aria-labelledby", this.tabs[at].id);
    this.panel.replaceChildren();
    this.view = WALK_VIEWS[at].make(this.panel);
  }

  clicked(event) {
    event.stopPropagation();
    const at = this.tabs.indexOf(event.target);
    if (at < 0 || at === this.at) return;
    this.open(at);
    this.onOpen();
  }

  pressed(event) {
    const by = TAB_KEYS[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopPropagation(); // the same keys move through the hops elsewhere in the walk
    event.preventDefault();
    const last = this.tabs.length - 1;
    const at = Number.isFinite(by) ? (this.at + by + this.tabs.length) % this.tabs.length : by < 0 ? 0 : last;
    this.open(at);
    this.tabs[at].focus();
    this.onOpen();
  }

  show(shown) {
    this.view.show(shown);
  }

  close() {
    this.view.close();
  }
}
