/**
 * The requests that a service is sent: empty, typical, and typical with one thing changed. What
 * the service must answer is not in the definition, save for one thing: a request that breaks its
 * protovalidate rules is refused.
 */
import type { DescField, DescMethod, Registry } from '@bufbuild/protobuf';
import type { RuleBook } from '../rules/book.ts';
import { fieldOf, type MessageValue, withField, withoutField } from '../value.ts';
import { encode } from './encoded.ts';
import { fieldSamples } from './fields.ts';
import { isRequired, smallestMessage } from './typical.ts';
import { wellKnownSamples } from './well-known.ts';

export interface RequestCase {
  readonly name: string;
  /** One, except where the client streams. */
  readonly requests: readonly MessageValue[];
  /** Ids of the protovalidate rules that the first request to break any breaks. */
  readonly brokenRules: readonly string[];
}

export interface MethodCases {
  readonly cases: readonly RequestCase[];
  readonly notes: readonly string[];
}

export function requestCases(
  method: DescMethod,
  casesMax: number,
  rules: RuleBook,
  registry: Registry,
): MethodCases {
  const notes: string[] = [];
  const singles: RequestCase[] = [];
  const seen = new Set<string>();
  const names = new Map<string, number>();
  // A case is known by its name: a second one of the same name gets a number.
  const unused = (name: string): string => {
    const count = (names.get(name) ?? 0) + 1;
    names.set(name, count);
    return count === 1 ? name : `${name} (${count})`;
  };
  let omitted = 0;
  for (const { name, make } of singleRequests(method, rules)) {
    if (singles.length >= casesMax) {
      omitted += 1;
      continue;
    }
    const value = make();
    const encoded = encode(value, registry);
    if (typeof encoded === 'string') {
      notes.push(`no case "${name}": ${encoded}`);
      continue;
    }
    const key = Buffer.from(encoded.wire).toString('hex');
    if (seen.has(key)) continue;
    seen.add(key);
    singles.push({ name: unused(name), requests: [value], brokenRules: rules.broken(value) });
  }
  if (omitted > 0) {
    notes.push(
      `up to ${omitted} more cases are left out: raise the option cases_max (now ${casesMax})`,
    );
  }
  const isStream =
    method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming';
  return { cases: isStream ? streams(singles) : singles, notes };
}

/** No request, each alone, and three in a row. */
function streams(singles: readonly RequestCase[]): RequestCase[] {
  const none: RequestCase = { name: 'no requests', requests: [], brokenRules: [] };
  const valid = singles.filter((single) => single.brokenRules.length === 0);
  const [a, b = a] = [valid.find((single) => single.name === 'typical') ?? valid[0], valid[0]];
  const several =
    a === undefined || b === undefined
      ? []
      : [
          {
            name: `three requests: ${a.name}, ${b.name}, ${a.name}`,
            requests: [...a.requests, ...b.requests, ...a.requests],
            brokenRules: [],
          },
        ];
  return [none, ...several, ...singles];
}

/** Made when it is asked for: of a wide message there are far more than are wanted. */
interface NamedRequest {
  readonly name: string;
  readonly make: () => MessageValue;
}

function* singleRequests(method: DescMethod, rules: RuleBook): Generator<NamedRequest> {
  const desc = method.input;
  const empty = smallestMessage(desc);
  if (empty === undefined) return;
  yield { name: empty.fields.length === 0 ? 'zero' : 'required only', make: () => empty };
  const typical = rules.typical(desc) ?? empty;
  yield { name: 'typical', make: () => typical };
  for (const { label, value } of wellKnownSamples(desc) ?? [])
    yield { name: label, make: () => value };
  for (const field of desc.fields) yield* fieldRequests(typical, field, field.name, rules);
  for (const field of desc.fields) yield* nestedRequests(typical, field, rules);
}

function* fieldRequests(
  base: MessageValue,
  field: DescField,
  path: string,
  rules: RuleBook,
): Generator<NamedRequest> {
  if (fieldOf(base, field) !== undefined && !isRequired(field)) {
    yield { name: `${path} unset`, make: () => withoutField(base, field) };
  }
  for (const { label, value } of rules.candidates(field)) {
    yield { name: `${path} = ${label}`, make: () => withField(base, field, value) };
  }
  for (const sample of fieldSamples(field)) {
    if (!sample.isForRequests) continue;
    yield { name: `${path} = ${sample.label}`, make: () => withField(base, field, sample.value) };
  }
}

/** One level down: the resource inside a CreateResourceRequest. */
function* nestedRequests(
  typical: MessageValue,
  field: DescField,
  rules: RuleBook,
): Generator<NamedRequest> {
  const inner = fieldOf(typical, field);
  if (field.fieldKind !== 'message' || inner?.kind !== 'message') return;
  if (wellKnownSamples(field.message) !== undefined) return;
  for (const deeper of field.message.fields) {
    for (const { name, make } of fieldRequests(
      inner,
      deeper,
      `${field.name}.${deeper.name}`,
      rules,
    )) {
      yield { name, make: () => withField(typical, field, make()) };
    }
  }
}
