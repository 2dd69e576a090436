// Colours: one of eight for an order, the same in all views; css/theme.css has them for both themes.

const ORDER_COLOURS = 8;

/** The colour of an order by the number in its name, as a CSS value; what belongs to no order is muted. */
function orderColour(order) {
  const number = Number(/\d+$/.exec(order ?? "")?.[0]);
  return number ? `var(--order-${(number - 1) % ORDER_COLOURS})` : "var(--walk-muted)";
}
