// Board words: what the board says of a partition, of a record and of what has changed, for eyes and screen readers.

const BOARD_CHANGES = 3; // sentences about one hop; further changes are counted

function boardPlace(partition, offset) {
  const place = `${partition.topic}[${partition.partition}]`;
  return offset === undefined ? place : `${place}@${offset}`;
}

function boardThousands(count) {
  return count.toLocaleString("en");
}

function boardNumber(count, thing) {
  return `${boardThousands(count)} ${thing}${count === 1 ? "" : "s"}`;
}

function boardOwner(rail) {
  if (!rail.owner) return "no owner";
  return rail.ownerState === "running" ? rail.owner : `${rail.owner}, ${rail.ownerState}`;
}

function boardCommitted(rail) {
  return rail.committed == null ? "committed nothing" : `committed ${rail.committed}`;
}

/** A partition as a sentence: what it holds, how far each group is, where its replicas are. */
function boardLaneSentence(partition) {
  const { begin, end } = partition;
  const content = begin < end ? `records ${begin} to ${end - 1}` : "empty";
  const groups = partition.rails.map(
    (rail) => `${rail.group}: ${boardCommitted(rail)}, position ${rail.position ?? "none"}, lag ${rail.lag}, ${boardOwner(rail)}`,
  );
  return [`${boardPlace(partition)}: ${content}`, ...groups, boardReplicasSentence(partition)].filter(Boolean).join("; ") + ".";
}

function boardReplicasSentence({ leader, replicas, in_sync }) {
  if (!replicas.length) return "";
  return `leader ${leader ?? "none"}, replicas on ${replicas.join(", ")}, in sync ${in_sync.join(", ")}`;
}

/** A record as a sentence: its coordinates, message and key, and which groups have committed it. */
function boardRecordSentence(partition, record) {
  const key = record.key == null ? "no key" : `key ${record.key}`;
  const of = record.order && record.order !== record.key ? ` of ${record.order}` : "";
  const groups = partition.rails.map((rail) => `${rail.group} ${boardProgress(rail, record.offset)}`);
  const facts = [`${boardPlace(partition, record.offset)}: ${record.message || "a record"}${of}`, key, ...groups];
  return `${facts.join(", ")}${record.number ? `, published at hop ${record.number}` : ""}.`;
}

function boardProgress(rail, offset) {
  if (offset < (rail.committed ?? 0)) return "has committed it";
  return offset < (rail.position ?? 0) ? "has polled it and not committed it" : "has not read it";
}

/** What is different in the second state, in sentences, the important ones first. */
function boardChanges(before, after) {
  const old = new Map(before.partitions.map((partition) => [boardPlace(partition), partition]));
  const groups = boardGroupChanges(before, after);
  const lanes = after.partitions.flatMap((each) => boardLaneChanges(old.get(boardPlace(each)) ?? each, each));
  const sentences = [...boardBrokerChanges(before, after), ...groups, ...lanes.sort((a, b) => a.rank - b.rank).map((each) => each.text)];
  const more = sentences.length - BOARD_CHANGES;
  return [...sentences.slice(0, BOARD_CHANGES), ...(more > 0 ? [boardNumber(more, "more change")] : [])];
}

function boardBrokerChanges(before, after) {
  const ran = new Map(before.brokers.map((broker) => [broker.id, broker.is_running]));
  return after.brokers
    .filter((broker) => ran.has(broker.id) && ran.get(broker.id) !== broker.is_running)
    .map((broker) => `broker ${broker.id} ${broker.is_running ? "runs again" : "is killed"}`);
}

function boardGroupChanges(before, after) {
  const states = new Map(before.groups.flatMap((group) => group.members).map((member) => [member.name, member.state]));
  const members = after.groups.flatMap((group) => group.members);
  return members
    .filter((member) => member.state !== states.get(member.name))
    .map((member) => `${member.name} ${states.has(member.name) || member.state !== "running" ? "is " + member.state : "has joined"}`);
}

function boardArrival(before, after) {
  const [place, record] = [boardPlace(after), after.records.at(-1)];
  const count = after.end - before.end;
  if (count > 1 || record?.offset !== after.end - 1) return `${boardNumber(count, "new record")} in ${place}`;
  return `${record.message || "a record"} is new at offset ${record.offset} of ${place}`;
}

function boardLaneChanges(before, after) {
  const found = [];
  const place = boardPlace(after);
  const add = (rank, text) => found.push({ rank, text });
  if (after.end > before.end) add(2, boardArrival(before, after));
  if (after.leader !== before.leader) add(0, `the leader of ${place} is broker ${after.leader ?? "none"}`);
  else if (after.in_sync.length !== before.in_sync.length) add(4, `in sync of ${place}: ${after.in_sync.join(", ")}`);
  for (const rail of after.rails) {
    const old = before.rails.find((each) => each.group === rail.group) ?? rail;
    if (rail.owner !== old.owner) add(1, `${rail.owner ?? `no member of ${rail.group}`} owns ${place}`);
    if (rail.committed !== old.committed) add(1, `${rail.group} committed offset ${rail.committed} of ${place}, lag ${rail.lag}`);
    else if (rail.position !== old.position) add(3, `${rail.group} is at position ${rail.position} of ${place}, lag ${rail.lag}`);
  }
  return found;
}
