/**
 * The interpreter of chat templates with a bound on its work, and with Python's answer wherever the
 * library has another one (python.ts).
 *
 * Every node that is evaluated counts one step, and more for what it gives: a template is a program
 * in the model file, and loops, lists that double or long texts must not hold the server.
 */
import { Interpreter } from '@huggingface/jinja';
import {
  booleanValue,
  isList,
  isMap,
  isText,
  isUndefined,
  listValue,
  mapValue,
  type Node,
  type Scope,
  textValue,
  type Value,
} from './jinja-values.ts';
import { binary, filter, mapMethod, test, withMarks, written } from './python.ts';
import { pythonFormat } from './python-text.ts';

interface Evaluator {
  run(program: unknown): Value;
  evaluate(node: Node | undefined, scope: Scope): Value;
}

const Base = Interpreter as unknown as new (environment: Scope) => Evaluator;

/**
 * Steps without messages, and more for each message and for each UTF-16 unit in them. Of the 70
 * templates of llama.cpp one takes 13 million for 1,000 messages, one 10, the others less than 1.
 */
const STEPS = { base: 2_000_000, perMessage: 300_000, perUnit: 100 } as const;

/** Steps for a round of a loop, whose body may be empty. */
const ROUND_STEPS = 4;
/** Steps for a part of a list or mapping, its own parts counted, by what gave it. */
const PART_STEPS = { call: 16, name: 1 / 32, compared: 1 / 4, other: 1 } as const;
/** Steps for a UTF-16 unit of a text. Texts that are joined share their parts, filters copy. */
const UNIT_STEPS = { filter: 1 / 4, other: 1 / 256 } as const;

/** Steps that a template may take. `units`: UTF-16 units of all messages and tools. */
export function stepsFor({ messages, units }: { messages: number; units: number }): number {
  return STEPS.base + STEPS.perMessage * messages + STEPS.perUnit * units;
}

export class BoundedInterpreter extends Base {
  /** Steps taken. */
  steps = 0;
  readonly #stepsMax: number;
  /** What loops run over: their rounds are no nodes where the body is empty. */
  readonly #looped = new WeakSet<Node>();
  readonly #parts = new WeakMap<Value, number>();

  constructor(environment: Scope, stepsMax: number) {
    super(environment);
    this.#stepsMax = stepsMax;
  }

  /** @throws Error after more than the steps given */
  override evaluate(node: Node | undefined, scope: Scope): Value {
    if (node === undefined) return super.evaluate(node, scope);
    // Before as well as after: what nests without end gives nothing back.
    this.#spend(1);
    if (node.type === 'For') this.#looped.add(iterableOf(node as For));
    const value = this.#own(node, scope) ?? super.evaluate(node, scope);
    this.#spend(this.#sizeOf(node, value));
    return value;
  }

  #spend(steps: number): void {
    this.steps += steps;
    if (this.steps > this.#stepsMax) {
      throw new Error(`it takes more than ${this.#stepsMax} steps for these messages`);
    }
  }

  #sizeOf(node: Node, value: Value): number {
    const { type } = node;
    if (typeof value?.value === 'string') {
      return value.value.length * UNIT_STEPS[type === 'FilterExpression' ? 'filter' : 'other'];
    }
    const count = countOf(value);
    if (count === undefined) return 0;
    const rounds = this.#looped.has(node) ? count * ROUND_STEPS : 0;
    const made = type === 'CallExpression' ? 'call' : type === 'Identifier' ? 'name' : 'other';
    return rounds + this.#partsOf(value) * PART_STEPS[made];
  }

  /**
   * Parts of a value when it is written out: lists that hold one list twice double with each level.
   * Only a namespace can change, so the parts of all others are kept; one inside a list is refused.
   */
  #partsOf(value: Value): number {
    const known = this.#parts.get(value);
    if (known !== undefined) return known;
    let parts = 1;
    for (const item of (value.value as Value[] | Map<string, Value>).values()) {
      const isWhole = countOf(item) === undefined;
      if (!isWhole && isNamespace(item)) {
        throw new Error('it puts a namespace into a list or another namespace');
      }
      parts += isWhole ? 1 : this.#partsOf(item);
    }
    if (!isNamespace(value)) this.#parts.set(value, parts);
    return parts;
  }

  /** In place of the library's: joins what statements write, as Python writes it. */
  evaluateBlock(statements: readonly Node[], scope: Scope): Value {
    let text = '';
    for (const statement of statements) {
      text += written(statement, this.evaluate(statement, scope));
    }
    return textValue(text);
  }

  /** What the library does not do, or does otherwise than Python. */
  #own(node: Node, scope: Scope): Value | undefined {
    switch (node.type) {
      case KNOWN:
        return (node as Known).value;
      case 'CallExpression':
        return this.#call(node as Call, scope);
      case 'BinaryExpression':
        return this.#binary(node as Binary, scope);
      case 'FilterExpression':
        return this.#filter(node as Filter, scope);
      case 'TestExpression':
        return this.#test(node as Test, scope);
      case 'ObjectLiteral':
        return this.#object(node as ObjectLiteral, scope);
      case 'MemberExpression':
        return this.#member(node as Member, scope);
      case 'For':
        return this.#for(node as For, scope);
      default:
        return;
    }
  }

  /** Methods of texts: `strip(characters)`, of which the library ignores the characters; format. */
  #call(call: Call, scope: Scope): Value | undefined {
    const { callee, args } = call;
    if (callee.type !== 'MemberExpression' || callee.computed) return;
    const name = callee.property?.value;
    if (name !== 'format' && !(isStrip(name) && args.length === 1)) return;
    const object = this.evaluate(callee.object, scope);
    if (!isText(object))
      return super.evaluate(changed(call, { callee: at(callee, object) }), scope);
    const positional: Value[] = [];
    const named = new Map<string, Value>();
    for (const arg of args) {
      if (arg.key === undefined) positional.push(this.evaluate(arg, scope));
      else named.set(arg.key.value, this.evaluate(arg.value, scope));
    }
    if (name === 'format') {
      const spend = (units: number) => this.#spend(units * UNIT_STEPS.filter);
      return textValue(pythonFormat(object.value, positional, named, spend));
    }
    const [characters] = positional;
    if (!isText(characters))
      return super.evaluate(changed(call, { callee: at(callee, object) }), scope);
    return textValue(stripped(object.value, characters.value, name));
  }

  #binary(node: Binary, scope: Scope): Value | undefined {
    const { value: operator } = node.operator;
    if (operator === 'and' || operator === 'or') return;
    const left = this.evaluate(node.left, scope);
    const right = this.evaluate(node.right, scope);
    if (operator === '*' && isText(left) && right.type === 'IntegerValue') {
      const count = Math.max(0, right.value as number);
      this.#spend(left.value.length * count * UNIT_STEPS.filter);
      return textValue(left.value.repeat(count));
    }
    // Comparing goes through all parts.
    if (/=|in/.test(operator)) this.#spend(this.#countParts(left) + this.#countParts(right));
    return (
      binary(operator, left, right) ??
      super.evaluate(changed(node, { left: known(left), right: known(right) }), scope)
    );
  }

  #countParts(value: Value): number {
    return countOf(value) === undefined ? 0 : this.#partsOf(value) * PART_STEPS.compared;
  }

  #filter(node: Filter, scope: Scope): Value {
    const operand = this.evaluate(node.operand, scope);
    const isCall = node.filter.type === 'CallExpression';
    const name = isCall ? node.filter.callee?.value : node.filter.value;
    const own = filter(name ?? '', operand, isCall) ?? this.#map(node, operand, scope);
    if (own !== undefined) return own;
    const value = super.evaluate(changed(node, { operand: known(operand) }), scope);
    if (name !== 'tojson' || !isCall || !isText(value)) return value;
    const marked = withMarks(value.value);
    return marked === value.value ? value : textValue(marked);
  }

  /** `list | map('upper')`: a filter for each item. */
  #map({ filter: { callee, args = [] } }: Filter, operand: Value, scope: Scope): Value | undefined {
    const [filterName] = args;
    if (callee?.value !== 'map' || !isList(operand) || filterName?.type !== 'StringLiteral') return;
    const each = { type: 'Identifier', value: filterName.value };
    const items = operand.value.map((item) => {
      const node = { type: 'FilterExpression', operand: known(item), filter: each };
      return this.evaluate(node as Filter, scope);
    });
    return listValue(items);
  }

  #test(node: Test, scope: Scope): Value {
    const operand = this.evaluate(node.operand, scope);
    const is = test(node.test.value, operand);
    if (is !== undefined) return booleanValue(is !== node.negate);
    return super.evaluate(changed(node, { operand: known(operand) }), scope);
  }

  /** A mapping with integers as keys. */
  #object(node: ObjectLiteral, scope: Scope): Value | undefined {
    if (!Array.from(node.value.keys()).some(({ type }) => type === 'IntegerLiteral')) return;
    const entries = new Map<unknown, Value>();
    for (const [key, value] of node.value) {
      const { type, value: name } = this.evaluate(key, scope);
      if (type !== 'StringValue' && type !== 'IntegerValue') {
        throw new Error('expected texts and integers as keys of a mapping');
      }
      entries.set(name, this.evaluate(value, scope));
    }
    return mapValue(entries);
  }

  /** `mapping[1]`, `mapping.items` where there is a key of that name, and what has no parts. */
  #member(node: Member, scope: Scope): Value | undefined {
    const object = this.evaluate(node.object, scope);
    if (isUndefined(object)) throw new Error('it asks for a part of an undefined value');
    if (!node.computed || node.property.type === 'SliceExpression') {
      const method = node.computed ? undefined : mapMethod(object, node.property.value);
      return method ?? super.evaluate(changed(node, { object: known(object) }), scope);
    }
    const property = this.evaluate(node.property, scope);
    if (isMap(object) && !isText(property)) {
      const isKey = property.type === 'IntegerValue';
      return (
        (isKey ? object.value.get(property.value) : undefined) ?? super.evaluate(undefined, scope)
      );
    }
    const computed = { object: known(object), property: known(property) };
    return super.evaluate(changed(node, computed), scope);
  }

  /** Loops over pairs that may be tuples, over the characters of a text, and over undefined. */
  #for(node: For, scope: Scope): Value | undefined {
    const { iterable, loopvar } = node;
    const given = this.evaluate(iterableOf(node), scope);
    let list = isUndefined(given) ? listValue([]) : given;
    if (isText(given)) list = listValue(Array.from(given.value, textValue));
    if (loopvar.type === 'TupleLiteral' && isList(list)) {
      list = listValue(list.value.map((item) => (isList(item) ? listValue(item.value) : item)));
    }
    const isSelected = iterable.type === 'SelectExpression';
    const lhs = known(list);
    return super.evaluate(
      changed(node, { iterable: isSelected ? changed(iterable, { lhs }) : lhs }),
      scope,
    );
  }
}

/** A node for a value that has been computed. */
const KNOWN = 'Known';
interface Known extends Node {
  value: Value;
}

function known(value: Value): Node {
  return { type: KNOWN, value } as Known;
}

function changed<T extends Node>(node: T, changes: Partial<T>): Node {
  return { ...node, ...changes };
}

/** The callee with its object computed. */
function at(callee: Call['callee'], object: Value): Call['callee'] {
  return { ...callee, object: known(object) };
}

/** How many items a list or mapping of the library has; undefined for all else. */
function countOf(value: Value | undefined): number | undefined {
  if (Array.isArray(value?.value)) return value.value.length;
  return value?.value instanceof Map ? value.value.size : undefined;
}

function isNamespace(value: Value): boolean {
  return value.type === 'NamespaceValue';
}

/** Nodes of the library, as far as they are looked into. */
type Argument = Node & { value?: string };
interface Call extends Node {
  callee: { type: string; object: Node; property?: { value?: unknown }; computed: boolean };
  args: (Node & { key?: { value: string }; value?: Node })[];
}
interface Binary extends Node {
  operator: { value: string };
  left: Node;
  right: Node;
}
interface Filter extends Node {
  operand: Node;
  filter: Node & { value?: string; callee?: { value?: string }; args?: Argument[] };
}
interface Test extends Node {
  operand: Node;
  test: { value: string };
  negate: boolean;
}
interface ObjectLiteral extends Node {
  value: Map<Node, Node>;
}
interface For extends Node {
  loopvar: Node;
  iterable: Node & { lhs?: Node };
}
interface Member extends Node {
  object: Node;
  property: Node & { value?: unknown };
  computed: boolean;
}

function iterableOf({ iterable }: For): Node {
  return iterable.type === 'SelectExpression' && iterable.lhs ? iterable.lhs : iterable;
}

type Strip = 'strip' | 'lstrip' | 'rstrip';

function isStrip(name: unknown): name is Strip {
  return name === 'strip' || name === 'lstrip' || name === 'rstrip';
}

/** Python's: any of the characters, as long as they stand at the end in question. */
function stripped(text: string, characters: string, name: Strip): string {
  const set = new Set(characters);
  const points = [...text];
  let [from, to] = [0, points.length];
  if (name !== 'rstrip') while (from < to && set.has(points[from])) from += 1;
  if (name !== 'lstrip') while (to > from && set.has(points[to - 1])) to -= 1;
  return points.slice(from, to).join('');
}
