// Saved partitions: the partition state at a hop of a saved run, summed up from the changes along its path.

const [SAVED_SHOWN, SAVED_MOST] = [40, 200]; // records of a partition; as in partition_history.py

/** The partition state as of a hop; of the last one, as it is now. */
function savedPartitions(run, asked) {
  const number = Math.max(0, Math.min(asked, run.count));
  const { sentence = "", order = "", place = "" } = run.hops[number - 1] ?? {};
  const { values, records } = savedPartitionValues(run, number);
  const of = (kind) => [...values.values()].filter((each) => each.key[0] === kind);
  const groups = of("g").map(({ key: [, group], value: [assigns, members] }) => {
    const own = of("o").filter((each) => each.key[1] === group);
    const positions = own.map(({ key: [, , topic, partition], value: [committed, position, lag, owner] }) => {
      return { topic, partition, committed, position, lag, owner };
    });
    return { group, assigns_itself: assigns, members: members.map(([name, state]) => ({ name, state })), positions };
  });
  const partitions = of("p").map(({ key: [, topic, partition], value: [begin, end, leader, replicas, in_sync] }) => {
    const readers = groups.flatMap((each) => each.positions).filter((each) => each.topic === topic && each.partition === partition);
    const lowest = Math.min(...readers.map((each) => each.committed ?? 0), readers.length ? Infinity : end);
    const first = Math.max(begin, end - SAVED_MOST, Math.min(end - SAVED_SHOWN, lowest));
    const kept = (records.get(`${topic} ${partition}`) ?? []).filter(({ offset }) => offset >= first && offset < end);
    const shown = kept.sort((one, other) => one.offset - other.offset);
    return { topic, partition, begin, end, records: shown, leader, replicas, in_sync };
  });
  const [brokers, assumed] = ["b", "assumed"].map((kind) => of(kind)[0].value);
  return { number, sentence, order, place, assumed, partitions, groups, brokers };
}

function savedPartitionValues(run, number) {
  const [values, records] = [new Map(), new Map()];
  for (const { number: at, patch, isLater } of run.patches) {
    if (at > number || (at === number && isLater && number < run.count)) continue;
    for (const [key, value] of patch) {
      if (key[0] !== "r") {
        values.set(key.join(), { key, value });
        continue;
      }
      const [, topic, partition, offset] = key;
      const [text, order, message] = value;
      const where = `${topic} ${partition}`;
      if (!records.has(where)) records.set(where, []);
      records.get(where).push({ offset, key: text, order, message, number: at });
    }
  }
  return { values, records };
}
