/**
 * What protovalidate says about the definitions at hand. Every sample that is called valid or
 * invalid has been judged by @bufbuild/protovalidate itself, CEL rules included; candidates come
 * from the rules, the verdict never does.
 */
import {
  create,
  type DescField,
  type DescMessage,
  getOption,
  hasOption,
  type Registry,
} from '@bufbuild/protobuf';
import { createValidator, type Validator, type Violation } from '@bufbuild/protovalidate';
import {
  field as fieldRules,
  message as messageRules,
  oneof as oneofRules,
} from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { fieldSamples } from '../samples/fields.ts';
import { isRequired, typicalMessage } from '../samples/typical.ts';
import {
  fieldOf,
  type MessageValue,
  message,
  sizeOf,
  toMessage,
  type Value,
  withField,
  withoutField,
} from '../value.ts';
import { ruleCandidates } from './candidates.ts';
import { type TypeGraph, typeGraph } from './type-graph.ts';

export interface Candidate {
  readonly label: string;
  readonly value: Value;
}

export interface ValidSample {
  readonly name: string;
  readonly value: MessageValue;
}
export interface InvalidSample extends ValidSample {
  readonly rules: readonly string[];
}
export interface RuleSamples {
  readonly valid: readonly ValidSample[];
  readonly invalid: readonly InvalidSample[];
  readonly notes: readonly string[];
}

export interface RuleBook {
  /** True when the message itself (not one inside it) has rules. */
  has(desc: DescMessage): boolean;
  /** Everything set, and valid where a valid one could be found. */
  typical(desc: DescMessage): MessageValue | undefined;
  /** Values at the bounds of the field's rules; none without rules. */
  candidates(field: DescField): readonly Candidate[];
  /** Ids of the rules that the message breaks, in order, each once; empty: valid or not judged. */
  broken(value: MessageValue): readonly string[];
  samples(desc: DescMessage): RuleSamples;
}

export function openRuleBook(registry: Registry): RuleBook {
  return new Book(registry);
}

/** Levels of nested messages that are made by their own rules. */
const RULED_DEPTH = 4;
/** Values that protovalidate is shown for one message type, all samples together. */
const JUDGED_VALUES_MAX = 1_000_000;

/**
 * All that is remembered is a function of one type or field alone, so that neither the order of
 * questions nor what else is generated shows in the answers; and all of it is bounded, so that the
 * time grows with the number of types.
 */
class Book implements RuleBook {
  private readonly registry: Registry;
  private readonly validator: Validator;
  private readonly candidatesOf = new Map<DescField, readonly Candidate[]>();
  private readonly plainOf = new Map<DescMessage, MessageValue | undefined>();
  /** By the levels that may still be nested by rules. */
  private readonly typicalOf = perLevel<DescMessage, MessageValue | undefined>();
  private readonly chosen = perLevel<DescField, Value | undefined>();
  private graph: TypeGraph | undefined;

  constructor(registry: Registry) {
    this.registry = registry;
    this.validator = createValidator({ registry });
  }

  has(desc: DescMessage): boolean {
    return (
      hasOption(desc, messageRules) ||
      desc.fields.some((field) => hasOption(field, fieldRules)) ||
      desc.oneofs.some((oneof) => hasOption(oneof, oneofRules))
    );
  }

  typical(desc: DescMessage): MessageValue | undefined {
    return this.typicalWithin(desc, RULED_DEPTH);
  }

  candidates(field: DescField): readonly Candidate[] {
    const known = this.candidatesOf.get(field);
    if (known !== undefined) return known;
    const rules = hasOption(field, fieldRules) ? getOption(field, fieldRules) : undefined;
    const made = rules === undefined ? [] : ruleCandidates(field, rules);
    this.candidatesOf.set(field, made);
    return made;
  }

  broken(value: MessageValue): readonly string[] {
    const violations = this.violations(value);
    if (violations === undefined) return [];
    return [...new Set(violations.map((violation) => violation.ruleId))];
  }

  samples(desc: DescMessage): RuleSamples {
    const notes: string[] = [];
    const base = this.typical(desc);
    if (base === undefined || this.violations(base) === undefined) {
      return { valid: [], invalid: [], notes: [`no rule samples: ${this.why(base)}`] };
    }
    const isBaseValid = this.broken(base).length === 0;
    if (!isBaseValid) {
      notes.push(`no valid sample found: the typical one breaks ${this.broken(base).join(', ')}`);
    }
    const valid: ValidSample[] = isBaseValid ? [{ name: 'typical', value: base }] : [];
    const invalid = new Map<string, InvalidSample>();
    let tried = 0;
    for (const { name, value, field, isRuleMade } of this.variations(desc, base)) {
      tried += 1;
      if (tried > variationsMax(base)) {
        notes.push(`more than ${tried - 1} variations: those from "${name}" on are not tried`);
        break;
      }
      const violations = this.violations(value);
      if (violations === undefined) continue;
      if (violations.length === 0) {
        if (isRuleMade) valid.push({ name, value });
        continue;
      }
      const [first] = violations;
      const key = `${field.number} ${violations.map(({ ruleId }) => ruleId).join(' ')}`;
      if (first === undefined || !isBaseValid || invalid.has(key)) continue;
      const rules = [...new Set(violations.map(({ ruleId }) => ruleId))];
      invalid.set(key, { name, value, rules });
    }
    notes.push(...this.unbroken(desc, [...invalid.values()]));
    return { valid, invalid: [...invalid.values()], notes };
  }

  private typicalWithin(desc: DescMessage, depth: number): MessageValue | undefined {
    return remembered(this.typicalOf[depth], desc, () => {
      const first = typicalMessage(desc, (field) => this.chosenValue(field, depth));
      return first === undefined ? undefined : this.repaired(first);
    });
  }

  /** The first candidate that breaks no rule of its own field. */
  private chosenValue(field: DescField, depth: number): Value | undefined {
    return remembered(this.chosen[depth], field, () => {
      // A nested message must be a valid one of its type.
      const inner = field.fieldKind === 'message' ? this.nested(field.message, depth) : undefined;
      if (!hasOption(field, fieldRules)) return inner;
      const { parent } = field;
      const plain = remembered(this.plainOf, parent, () => typicalMessage(parent));
      const usual = inner ?? (plain && fieldOf(plain, field));
      const tried = [
        ...(usual === undefined ? [] : [usual]),
        ...this.candidates(field).map(({ value }) => value),
        ...fieldSamples(field).map(({ value }) => value),
      ];
      return tried.find((value) => {
        const violations = this.violations(message(parent, [{ field, value }]));
        return violations?.every((violation) => !isAbout(violation, field)) ?? false;
      });
    });
  }

  private nested(desc: DescMessage, depth: number): Value | undefined {
    if (depth === 0 || !this.types().ruled.has(desc)) return undefined;
    return this.typicalWithin(desc, depth - 1);
  }

  /** The message, or one with a single change, that breaks no rule; else the message itself. */
  private repaired(value: MessageValue): MessageValue {
    const broken = this.violations(value);
    if (broken === undefined || broken.length === 0) return value;
    let left = variationsMax(value);
    for (const other of this.variations(value.desc, value)) {
      if (left === 0) break;
      left -= 1;
      if (this.violations(other.value)?.length === 0) return other.value;
    }
    return value;
  }

  private *variations(desc: DescMessage, base: MessageValue) {
    for (const field of desc.fields) {
      if (!isRequired(field)) {
        const value = withoutField(base, field);
        yield { name: `${field.name} unset`, value, field, isRuleMade: true };
      }
      for (const { label, value: given } of this.candidates(field)) {
        const value = withField(base, field, given);
        yield { name: `${field.name} = ${label}`, value, field, isRuleMade: true };
      }
      for (const { label, value: given } of fieldSamples(field)) {
        const value = withField(base, field, given);
        yield { name: `${field.name} = ${label}`, value, field, isRuleMade: false };
      }
    }
  }

  /** Rules that no sample broke. */
  private unbroken(desc: DescMessage, invalid: readonly InvalidSample[]): string[] {
    const hit = new Set(invalid.flatMap(({ rules }) => rules));
    const notes: string[] = [];
    for (const field of desc.fields) {
      for (const id of ruleIds(field)) {
        const isHit = [...hit].some((rule) => rule === id || rule.startsWith(`${id}`));
        if (!isHit) notes.push(`no sample found that breaks ${id} of ${field.name}`);
      }
    }
    return notes;
  }

  private why(base: MessageValue | undefined): string {
    if (base === undefined) return 'the message cannot be encoded';
    if (this.types().endless.has(base.desc))
      return 'it holds too many ruled messages inside each other';
    const result = this.validator.validate(base.desc, toMessage(base));
    return result.kind === 'error' ? result.error.message : 'protovalidate gave no verdict';
  }

  /** Undefined: protovalidate cannot judge (a rule does not compile or fails at run time). */
  private violations(value: MessageValue): readonly Violation[] | undefined {
    if (!this.types().ruled.has(value.desc)) return [];
    if (this.types().endless.has(value.desc)) return undefined;
    const result = this.validator.validate(value.desc, toMessage(value));
    if (result.kind === 'error') return undefined;
    return result.kind === 'valid' ? [] : result.violations;
  }

  /**
   * What protovalidate makes of types that hold themselves depends on which of them it meets first:
   * it drops rules that it is still reading. So it meets them all in the order of the definitions,
   * imports before what imports them, whatever is asked about.
   */
  private types(): TypeGraph {
    if (this.graph !== undefined) return this.graph;
    this.graph = typeGraph(this.registry, (desc) => this.has(desc));
    for (const desc of this.graph.recursive) {
      if (!this.graph.endless.has(desc)) this.validator.validate(desc, create(desc));
    }
    return this.graph;
  }
}

function perLevel<K, V>(): Map<K, V>[] {
  return Array.from({ length: RULED_DEPTH + 1 }, () => new Map<K, V>());
}

function remembered<K, V>(map: Map<K, V> | undefined, key: K, make: () => V): V {
  if (map?.has(key)) return map.get(key) as V;
  const made = make();
  map?.set(key, made);
  return made;
}

/** How many variations of a message are judged: few of a large one. */
function variationsMax(base: MessageValue): number {
  return Math.ceil(JUDGED_VALUES_MAX / (sizeOf(base) + base.desc.fields.length));
}

/** True when the violation's path starts at the field. */
function isAbout(violation: Violation, field: DescField): boolean {
  const [first] = violation.field;
  return first !== undefined && first.kind === 'field' && first.number === field.number;
}

/** The ids that the standard rules of a field have when broken. */
function ruleIds(field: DescField): string[] {
  if (!hasOption(field, fieldRules)) return [];
  const rules = getOption(field, fieldRules);
  const ids = [...rules.cel.map((rule) => rule.id)].filter((id) => id !== '');
  if (rules.required) ids.push('required');
  const { case: type, value } = rules.type;
  if (type === undefined) return ids;
  const unset = new Set([
    '$typeName',
    '$unknown',
    'wellKnown',
    'lessThan',
    'greaterThan',
    'example',
  ]);
  for (const [key, given] of Object.entries(value)) {
    if (unset.has(key) || given === undefined || given === false) continue;
    if (Array.isArray(given) && given.length === 0) continue;
    if (key === 'items' || key === 'keys' || key === 'values' || key === 'strict') continue;
    if (typeof given === 'object' && given !== null && 'case' in given) continue;
    const hasDefault = (given === 0n || given === 0 || given === '') && !Object.hasOwn(value, key);
    if (!hasDefault) ids.push(`${snake(type)}.${snake(key)}`);
  }
  return ids;
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
