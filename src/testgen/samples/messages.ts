/**
 * The samples of one message type for its round trips: nothing set, everything set, each field at
 * its edges, each oneof, recursion, extensions. Each comes with the bytes that @bufbuild/protobuf
 * made of it here, so the generated test also fails when the code it runs against is of another
 * version of the definition.
 */

import type { Registry } from '@bufbuild/protobuf';
import { type DescExtension, type DescField, type DescMessage, toBinary } from '@bufbuild/protobuf';
import { type MessageValue, type SingleValue, toMessage, type Value, withField } from '../value.ts';
import { type Encoded, encode } from './encoded.ts';
import { fieldSamples } from './fields.ts';
import { smallestMessage, typicalMessage, typicalSingle, wrapped } from './typical.ts';
import { type NamedMessage, wellKnownSamples } from './well-known.ts';

export interface MessageSample extends Encoded {
  readonly name: string;
  readonly value: MessageValue;
}

export interface MessageSamples {
  readonly samples: readonly MessageSample[];
  /** What could not be made, and why: printed into the generated file. */
  readonly notes: readonly string[];
}

/** Samples of one message type; a wider one is cut and says so. */
const SAMPLES_MAX = 400;
/** Levels of a recursive message. */
const RECURSION_DEPTH = 8;
/** Messages inside each other in one sample: well under the 100 that all runtimes accept. */
const NESTED_MAX = 64;
/** Message types that are looked through for a way back. */
const SEARCHED_MAX = 1000;

export function messageSamples(
  desc: DescMessage,
  extensions: readonly DescExtension[],
  registry: Registry,
): MessageSamples {
  const base = smallestMessage(desc);
  if (base === undefined) {
    return {
      samples: [],
      notes: ['no sample: the message cannot be encoded (it requires itself, or is a message set)'],
    };
  }
  const notes: string[] = [];
  const samples: MessageSample[] = [];
  const seen = new Set<string>();
  // A well-known type has a JSON form of its own, which bounds its values: only the samples made
  // for it are sure to have one in every language.
  const known = wellKnownSamples(desc);
  const isSure = (value: MessageValue): boolean =>
    known === undefined || known.some((sample) => sample.value === value);
  for (const { name, value, wire } of candidates(desc, base, extensions, known ?? [], notes)) {
    if (samples.length >= SAMPLES_MAX) {
      notes.push(`more than ${SAMPLES_MAX} samples: those from "${name}" on are left out`);
      break;
    }
    const encoded = encode(value, registry);
    if (typeof encoded === 'string') {
      notes.push(`no sample "${name}": ${encoded}`);
      continue;
    }
    const isJson = encoded.isJson && isSure(value);
    const sample = { name, value, wire: wire ?? encoded.wire, isJson };
    const key = Buffer.from(sample.wire).toString('hex');
    if (seen.has(key)) continue;
    seen.add(key);
    samples.push(sample);
  }
  return { samples, notes };
}

interface Candidate {
  readonly name: string;
  readonly value: MessageValue;
  /** Bytes other than the value's own that must decode to it. */
  readonly wire?: Uint8Array;
}

function* candidates(
  desc: DescMessage,
  base: MessageValue,
  extensions: readonly DescExtension[],
  known: readonly NamedMessage[],
  notes: string[],
): Generator<Candidate> {
  yield { name: base.fields.length === 0 ? 'zero' : 'required only', value: base };
  const typical = known.length > 0 ? undefined : typicalMessage(desc);
  if (typical !== undefined) yield { name: 'typical', value: typical };
  for (const { label, value } of known) yield { name: label, value };
  for (const field of desc.fields) {
    for (const sample of fieldSamples(field)) {
      yield {
        name: `${field.name} = ${sample.label}`,
        value: withField(base, field, sample.value),
      };
    }
  }
  yield* oneofCandidates(desc, base);
  const deep = recursiveMessage(desc, base);
  if (typeof deep === 'string') notes.push(deep);
  else if (deep !== undefined) yield deep;
  for (const extension of extensions) {
    const value = extensionValue(extension);
    if (value === undefined) continue;
    yield {
      name: `[${extension.typeName}] = typical`,
      value: { ...base, extensions: [{ extension, value }] },
    };
  }
}

/** Two members of a oneof on the wire: the last one wins. */
function* oneofCandidates(desc: DescMessage, base: MessageValue): Generator<Candidate> {
  for (const oneof of desc.oneofs) {
    for (const [i, last] of oneof.fields.entries()) {
      const first = oneof.fields[(i + 1) % oneof.fields.length];
      if (first === undefined || first === last) continue;
      const one = firstSample(first);
      const two = firstSample(last);
      if (one === undefined || two === undefined) continue;
      const value = withField(base, last, two);
      // Concatenated messages merge, so required fields appear twice and oneofs follow each other.
      const wire = Buffer.concat([bytesOf(withField(base, first, one)), bytesOf(value)]);
      yield { name: `${oneof.name}: ${last.name} after ${first.name}`, value, wire };
    }
  }
}

function bytesOf(value: MessageValue): Uint8Array {
  return toBinary(value.desc, toMessage(value));
}

function firstSample(field: DescField): Value | undefined {
  return fieldSamples(field)[0]?.value;
}

/** The message inside itself, along the shortest way back; undefined: it is not recursive. */
function recursiveMessage(
  desc: DescMessage,
  base: MessageValue,
): { name: string; value: MessageValue } | string | undefined {
  if (wellKnownSamples(desc) !== undefined) return undefined;
  const path = pathBack(desc);
  if (path === undefined || typeof path === 'string') return path;
  const levels = Math.min(RECURSION_DEPTH, 1 + Math.floor(NESTED_MAX / path.length));
  let deep = base;
  for (let level = 1; level < levels; level += 1) {
    let inner: SingleValue = deep;
    for (const field of path.toReversed()) {
      const outer = field.parent === desc ? base : smallestMessage(field.parent);
      if (outer === undefined) return undefined;
      inner = withField(outer, field, wrapped(field, inner));
    }
    deep = inner as MessageValue;
  }
  return { name: `${levels} levels deep`, value: deep };
}

/**
 * Fields that lead from the message back to itself, breadth first: the shortest way. Undefined:
 * there is none. A text: why the search ended without an answer. It is bounded, so that all the
 * messages of a large file take time in proportion to their number.
 */
function pathBack(desc: DescMessage): readonly DescField[] | string | undefined {
  const queue: Step[] = desc.fields.filter(isMessage).map((field) => ({ field, depth: 1 }));
  const seen = new Set<DescMessage>();
  for (const step of queue) {
    const next = step.field.message;
    if (next === desc) return fieldsOf(step);
    if (next === undefined || seen.has(next)) continue;
    seen.add(next);
    if (step.depth >= NESTED_MAX || seen.size > SEARCHED_MAX) {
      return `no sample of it inside itself: none within ${step.depth} levels, ${seen.size} messages`;
    }
    for (const field of next.fields.filter(isMessage)) {
      queue.push({ field, depth: step.depth + 1, before: step });
    }
  }
  return undefined;
}

interface Step {
  readonly field: DescField;
  readonly depth: number;
  readonly before?: Step;
}

function fieldsOf(last: Step): DescField[] {
  const fields: DescField[] = [];
  for (let step: Step | undefined = last; step !== undefined; step = step.before) {
    fields.unshift(step.field);
  }
  return fields;
}

function isMessage(field: DescField): boolean {
  return field.message !== undefined;
}

function extensionValue(extension: DescExtension): Value | undefined {
  const many = (value: SingleValue): Value =>
    extension.fieldKind === 'list' ? { kind: 'list', items: [value] } : value;
  if (extension.message !== undefined) {
    const inner = typicalMessage(extension.message);
    return inner === undefined ? undefined : many(inner);
  }
  return many(typicalSingle(extension as unknown as DescField, 0));
}
