/**
 * Reads one call written as a JSON object: `{"name": "f", "arguments": {...}}`, `parameters` for
 * `arguments`, the keys in any order, `id` besides. The arguments go on as they come once the name
 * is known. A text that holds them as JSON (`"arguments": "{}"`) is unpacked, null is `{}`.
 */
import {
  type CallReader,
  type CallRules,
  type CallSink,
  isBlank,
  NAME_UNITS_MAX,
  type Step,
} from './events.ts';
import { escaped, JsonScanner } from './json-scanner.ts';

type Part = 'open' | 'key' | 'colon' | 'value-start' | 'value';

export class CallObjectReader implements CallReader {
  isClosing = false;
  readonly #sink: CallSink;
  readonly #rules: CallRules;
  readonly #scanner = new JsonScanner();
  #part: Part = 'open';
  /** Of the outermost object: the text of the key, then of a value that is kept. */
  #kept = '';
  #key = '';
  /** The first unit of the value that is read. */
  #first = '';
  #name: string | undefined;
  #id: string | undefined;
  /** Arguments that wait for the name; undefined: none have come. */
  #waiting: string | undefined;
  #hasStarted = false;

  constructor(sink: CallSink, rules: CallRules) {
    this.#sink = sink;
    this.#rules = rules;
  }

  push(unit: string): Step {
    const { depth, isInString } = this.#scanner;
    if (this.#part === 'open' && unit !== '{' && !isBlank(unit)) return 'bad';
    const step = this.#scanner.push(unit);
    if (step === 'bad') return step;
    const isFine = this.#follow(isInString ? escaped(unit) : unit, unit, depth);
    if (!isFine) return 'bad';
    if (step === 'more') return step;
    return this.#finish() ? 'done' : 'bad';
  }

  end(): boolean {
    return false;
  }

  /** @param json  the unit as JSON; @param depth  before it */
  #follow(json: string, unit: string, depth: number): boolean {
    const { state } = this.#scanner;
    switch (this.#part) {
      case 'open':
        if (unit === '{') this.#part = 'key';
        return true;
      case 'key':
        if (this.#kept !== '' || unit === '"') this.#kept += json;
        if (state !== 'colon') return this.#kept.length <= NAME_UNITS_MAX;
        this.#part = 'colon';
        this.#key = JSON.parse(this.#kept);
        return this.#knows(this.#key);
      case 'colon':
        if (unit === ':') this.#part = 'value-start';
        return true;
      case 'value-start':
        if (isBlank(unit)) return true;
        this.#part = 'value';
        this.#kept = '';
        this.#first = unit;
        return this.#begin() && this.#value(json, unit, depth);
      default:
        return this.#value(json, unit, depth);
    }
  }

  #knows(key: string): boolean {
    if (isArguments(key)) return this.#waiting === undefined && !this.#hasStarted;
    if (key === 'name') return this.#name === undefined;
    return !this.#rules.isBare || key === 'type' || key === 'id';
  }

  #begin(): boolean {
    if (this.#key === 'name') return this.#first === '"';
    if (!isArguments(this.#key)) return true;
    if (!'{"n'.includes(this.#first)) return false;
    this.#waiting = '';
    if (this.#first === '{' && this.#name !== undefined) this.#start(this.#name);
    return true;
  }

  #value(json: string, unit: string, depth: number): boolean {
    // A number ends with the unit behind it, all else with its own last one.
    const isOver = this.#scanner.depth <= 1 && this.#scanner.state !== 'value';
    const hasEnded = isOver && !this.#scanner.isInString && isValueEnd(this.#scanner.state);
    const isBehind = hasEnded && depth === 1 && /[,}\s]/.test(unit) && isScalar(this.#first);
    if (!isBehind && !this.#take(json)) return false;
    if (!hasEnded) return true;
    this.#part = 'key';
    const isFine = this.#settle();
    this.#kept = '';
    return isFine;
  }

  /** One more unit of a value. */
  #take(json: string): boolean {
    if (isArguments(this.#key)) {
      if (this.#hasStarted && this.#first === '{') this.#sink.piece(json);
      else this.#waiting += json;
      return true;
    }
    if (this.#key !== 'name' && this.#key !== 'id') return true;
    this.#kept += json;
    return this.#kept.length <= NAME_UNITS_MAX;
  }

  /** A value is complete. */
  #settle(): boolean {
    if (this.#key === 'id' && this.#first === '"') this.#id = JSON.parse(this.#kept);
    if (this.#key === 'name') {
      this.#name = JSON.parse(this.#kept) as string;
      return this.#name !== '' && isOnOffer(this.#name, this.#rules);
    }
    if (!isArguments(this.#key) || this.#first === '{') return true;
    this.#waiting = this.#first === 'n' ? '{}' : unpacked(this.#waiting ?? '');
    return this.#waiting !== undefined;
  }

  #finish(): boolean {
    if (!this.#hasStarted) {
      if (this.#name === undefined) return false;
      if (this.#waiting === undefined && this.#rules.isBare) return false;
      const json = this.#waiting ?? '{}';
      this.#start(this.#name);
      this.#sink.piece(json);
    }
    this.#sink.end(this.#id);
    this.isClosing = true;
    return true;
  }

  #start(name: string): void {
    this.#hasStarted = true;
    this.#sink.start(name, this.#id);
  }
}

/** Whether a call of this form may have this name. */
export function isOnOffer(name: string, { names, isBare }: CallRules): boolean {
  return !isBare || names === undefined || names.has(name);
}

function isArguments(key: string): boolean {
  return key === 'arguments' || key === 'parameters';
}

function isScalar(first: string): boolean {
  return first === '-' || (first >= '0' && first <= '9');
}

function isValueEnd(state: string): boolean {
  return state === 'after' || state === 'key' || state === 'key-or-end';
}

/** The object whose JSON text a JSON string holds. */
function unpacked(json: string): string | undefined {
  try {
    const text: unknown = JSON.parse(json);
    if (typeof text !== 'string') return;
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? text : undefined;
  } catch {
    return;
  }
}
