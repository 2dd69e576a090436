// Colours: one per order, the same in every view.

const ORDER_COLOURS = 8;

/** The colour of an order, given by its name, as a CSS value. */
function orderColour(order) {
  const number = Number(/\d+$/.exec(order ?? "")?.[0] ?? 0);
  return `var(--order-${number % ORDER_COLOURS})`;
}
