// Board widget: the stand-alone board, with its own slider and its own messages to and from the kernel.

class BoardWidget extends Player {
  constructor(model, el) {
    const history = { count: 0, at: () => undefined };
    const [kind, label] = ["walk board-widget", "A board of the partitions of the store"];
    super(model, el, { kind, label, layout: BOARD_CONTROLS, history });
    this.board = new Board(this.find(".board-card"));
    this.ask("hello");
  }

  take(news, before) {
    if (news.whole) fillBoardControls(this.root, (this.whole = news));
    this.history.count = news.count;
    this.board.forget(news.keep ? Math.min(news.keep + 1, before) : 0); // the last state follows later commits
    this.board.put(news.partitions);
  }

  go(at) {
    this.at = Math.min(at, this.history.count);
    this.root.dataset.current = this.at;
    const canChange = this.is_live ? this.whole : undefined;
    const calls = { colourOf: orderColour, ask: (...request) => this.ask(...request), drawn: (state) => this.show(state) };
    this.board.show({ history: this.history, at: this.at, canChange, ...calls });
    this.show(this.state);
  }

  show(state) {
    this.state = state;
    keepFocus(this.root, () => this.showBar());
    this.showStatus();
  }

  words() {
    return this.at ? (this.state?.sentence ?? "") : this.isOpen() ? "No hop yet." : "";
  }

  showBar() {
    super.showBar();
    showBoardCount(this.find(".board-count"), this.state);
  }

  request(action, element) {
    return boardRequest(action, element, this.root);
  }

  changed(input) {
    if (input.matches(".walk-slider")) this.go(Number(input.value));
    else if (input.matches(".board-count")) this.do("partitions_count", input);
  }

  close() {
    super.close();
    this.board.close();
  }
}

export default {
  render({ model, el }) {
    const widget = new BoardWidget(model, el);
    return () => widget.close();
  },
};
