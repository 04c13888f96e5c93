/**
 * Which message types can hold which: where rules can be met, where protovalidate would go in
 * circles, and where it would not come to an end.
 */
import type { DescField, DescMessage, Registry } from '@bufbuild/protobuf';

/**
 * Fields that protovalidate may go through before it judges a type, and how many inside each other:
 * it follows every way through the types, which a few dozen of them can make endless.
 */
const WAYS_MAX = 100_000;
const DEPTH_MAX = 1000;

export interface TypeGraph {
  /** Types that have rules or can hold, to any depth, one that has. */
  readonly ruled: ReadonlySet<DescMessage>;
  /** Of these, those that can hold one that can hold itself; in the order of the registry. */
  readonly recursive: ReadonlySet<DescMessage>;
  /** Of these, those that protovalidate is not asked about. */
  readonly endless: ReadonlySet<DescMessage>;
}

export function typeGraph(registry: Registry, isRuled: (desc: DescMessage) => boolean): TypeGraph {
  const messages = [...registry].filter((desc) => desc.kind === 'message');
  const holders = new Map<DescMessage, DescMessage[]>(messages.map((desc) => [desc, []]));
  for (const desc of messages) for (const inner of heldBy(desc)) holders.get(inner)?.push(desc);
  const ruled = new Set<DescMessage>();
  for (const desc of messages.filter(isRuled)) spread(desc, holders, ruled);
  const endless = new Set<DescMessage>();
  for (const desc of ruled) {
    if (!endless.has(desc) && isEndless(desc, ruled)) spread(desc, holders, endless);
  }
  return { ruled, recursive: recursiveAmong(ruled, holders), endless };
}

function heldBy(desc: DescMessage): Set<DescMessage> {
  return new Set(desc.fields.flatMap(({ message }) => message ?? []));
}

/** Adds the type and all that can hold it. */
function spread(
  desc: DescMessage,
  holders: ReadonlyMap<DescMessage, readonly DescMessage[]>,
  found: Set<DescMessage>,
): void {
  const queue = [desc];
  for (const one of queue) {
    if (found.has(one)) continue;
    found.add(one);
    queue.push(...(holders.get(one) ?? []));
  }
}

/** Takes away, again and again, types that hold none of the rest. */
function recursiveAmong(
  types: ReadonlySet<DescMessage>,
  holders: ReadonlyMap<DescMessage, readonly DescMessage[]>,
): Set<DescMessage> {
  const rest = new Set([...holders.keys()].filter((desc) => types.has(desc)));
  const held = new Map([...types].map((desc) => [desc, 0]));
  for (const desc of types) {
    for (const holder of holders.get(desc) ?? []) held.set(holder, (held.get(holder) ?? 0) + 1);
  }
  const queue = [...types].filter((desc) => held.get(desc) === 0);
  for (const desc of queue) {
    rest.delete(desc);
    for (const holder of holders.get(desc) ?? []) {
      const left = (held.get(holder) ?? 0) - 1;
      held.set(holder, left);
      if (left === 0) queue.push(holder);
    }
  }
  return rest;
}

/** Walks as protovalidate does: through every field, but not through one that it is inside of. */
function isEndless(desc: DescMessage, ruled: ReadonlySet<DescMessage>): boolean {
  const open = new Set<DescField>();
  let left = WAYS_MAX;
  const visit = (one: DescMessage): void => {
    for (const field of one.fields) {
      if (left < 0 || field.message === undefined) continue;
      if (open.has(field) || !ruled.has(field.message)) continue;
      left = open.size < DEPTH_MAX ? left - 1 : -1;
      open.add(field);
      if (left >= 0) visit(field.message);
      open.delete(field);
    }
  };
  visit(desc);
  return left < 0;
}
