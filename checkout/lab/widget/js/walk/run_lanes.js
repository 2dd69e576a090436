// Run lanes: what sequence and timeline share - the elements in the order of the diagram, and database transactions.

const LAB_SENDER = "lab"; // of what the learner does: no element, and no arrow

/** The elements of the shown story and of these hops, in the order of the diagram; those of no diagram come last. */
function runElements({ names, pictures, view }, moments) {
  const ends = moments.filter(({ from }) => from !== LAB_SENDER).flatMap(({ from, to }) => [from, to]);
  const used = new Set([...Object.keys(pictures[view]?.boxes ?? {}), ...ends]);
  const known = Object.keys(names).filter((alias) => used.has(alias));
  return [...known, ...[...used].filter((alias) => !(alias in names))];
}

/** The name of an element as a head: "Payment broker". */
function runHead(names, alias) {
  const name = (names[alias] ?? alias.replaceAll("_", " ")).replace(/^the /, "");
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/**
 * The database transactions that these hops belong to: the element, its order, the number of the hop that began it
 * and the last hop of it, as a moment.
 */
function runTransactions(moments) {
  const found = new Map();
  for (const moment of moments.filter((each) => each.transaction)) {
    const element = moment.number === moment.transaction ? moment.to : moment.from;
    const key = `${moment.transaction} ${element}`;
    found.set(key, { element, order: moment.order, first: moment.transaction, last: moment });
  }
  return [...found.values()];
}

/** "Step 4: OrderReceived (failed)". */
function runLabel({ step, message, outcome }) {
  const word = outcome === "applied" ? "" : ` (${outcome})`;
  return `${step ? `${step}: ` : ""}${message}${word}`;
}
