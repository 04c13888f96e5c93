/**
 * Checks JSON (RFC 8259) one UTF-16 unit at a time. One difference: control characters inside
 * strings pass, since models write line breaks there; `escaped` makes JSON of them.
 */
import { DEPTH_MAX, isBlank, type Step } from './events.ts';

type State =
  | 'value'
  /** Behind `[`: a value or the end. */
  | 'value-or-end'
  /** Behind `{`: a key or the end. */
  | 'key-or-end'
  | 'key'
  | 'colon'
  /** Behind a value: comma or end. */
  | 'after'
  | 'string'
  | 'escape'
  | 'hex'
  | 'literal'
  | NumberState;

type NumberState = 'minus' | 'zero' | 'integer' | 'point' | 'fraction' | 'e' | 'sign' | 'exponent';

const LITERALS: Readonly<Record<string, string>> = { t: 'rue', f: 'alse', n: 'ull' };

/** What each state of a number goes over to: digit, `0`, point, e, sign. */
const NUMBER: Readonly<Record<NumberState, readonly [RegExp, NumberState][]>> = {
  minus: [
    [/0/, 'zero'],
    [/[1-9]/, 'integer'],
  ],
  zero: [
    [/\./, 'point'],
    [/[eE]/, 'e'],
  ],
  integer: [
    [/[0-9]/, 'integer'],
    [/\./, 'point'],
    [/[eE]/, 'e'],
  ],
  point: [[/[0-9]/, 'fraction']],
  fraction: [
    [/[0-9]/, 'fraction'],
    [/[eE]/, 'e'],
  ],
  e: [
    [/[0-9]/, 'exponent'],
    [/[+-]/, 'sign'],
  ],
  sign: [[/[0-9]/, 'exponent']],
  exponent: [[/[0-9]/, 'exponent']],
};

/** States in which a number may end. */
const COMPLETE: ReadonlySet<State> = new Set(['zero', 'integer', 'fraction', 'exponent']);

export class JsonScanner {
  state: State = 'value';
  /** Open containers, the outermost first; true: object. */
  readonly #open: boolean[] = [];
  #isKey = false;
  /** What is still to come of a literal. */
  #rest = '';
  #hexDigits = 0;

  get depth(): number {
    return this.#open.length;
  }

  get isInString(): boolean {
    return this.state === 'string' || this.state === 'escape' || this.state === 'hex';
  }

  /** `done` at the end of the outermost list, object, string or literal. */
  push(unit: string): Step {
    switch (this.state) {
      case 'string':
        if (unit === '"') return this.#stringEnds();
        if (unit === '\\') this.state = 'escape';
        return 'more';
      case 'escape':
        return this.#escape(unit);
      case 'hex':
        if (!/[0-9a-fA-F]/.test(unit)) return 'bad';
        this.#hexDigits += 1;
        if (this.#hexDigits === 4) this.state = 'string';
        return 'more';
      case 'literal':
        if (unit !== this.#rest[0]) return 'bad';
        this.#rest = this.#rest.slice(1);
        return this.#rest === '' ? this.#valueEnds() : 'more';
      case 'value':
      case 'value-or-end':
        if (isBlank(unit)) return 'more';
        if (unit === ']' && this.state === 'value-or-end') return this.#close(false);
        return this.#begin(unit);
      case 'key':
      case 'key-or-end':
        if (isBlank(unit)) return 'more';
        if (unit === '}' && this.state === 'key-or-end') return this.#close(true);
        if (unit !== '"') return 'bad';
        this.#isKey = true;
        this.state = 'string';
        return 'more';
      case 'colon':
        if (isBlank(unit)) return 'more';
        if (unit !== ':') return 'bad';
        this.state = 'value';
        return 'more';
      case 'after':
        return this.#after(unit);
      default:
        return this.#number(this.state, unit);
    }
  }

  #begin(unit: string): Step {
    if (unit === '{' || unit === '[') {
      if (this.#open.length === DEPTH_MAX) return 'bad';
      this.#open.push(unit === '{');
      this.state = unit === '{' ? 'key-or-end' : 'value-or-end';
    } else if (unit === '"') {
      this.#isKey = false;
      this.state = 'string';
    } else if (LITERALS[unit] !== undefined) {
      this.#rest = LITERALS[unit];
      this.state = 'literal';
    } else if (unit === '-') {
      this.state = 'minus';
    } else {
      return this.#number('minus', unit);
    }
    return 'more';
  }

  #number(state: NumberState, unit: string): Step {
    for (const [units, next] of NUMBER[state]) {
      if (!units.test(unit)) continue;
      this.state = next;
      return 'more';
    }
    // A number ends with what follows it; alone it would have no end, so it stands in a container.
    if (!COMPLETE.has(state) || this.#open.length === 0) return 'bad';
    this.state = 'after';
    return this.#after(unit);
  }

  #after(unit: string): Step {
    if (isBlank(unit)) return 'more';
    const isObject = this.#open[this.#open.length - 1];
    if (unit === ',') this.state = isObject ? 'key' : 'value';
    else if (unit === (isObject ? '}' : ']')) return this.#close(isObject);
    else return 'bad';
    return 'more';
  }

  #escape(unit: string): Step {
    if (unit === 'u') {
      this.#hexDigits = 0;
      this.state = 'hex';
      return 'more';
    }
    this.state = 'string';
    return '"\\/bfnrt'.includes(unit) ? 'more' : 'bad';
  }

  #stringEnds(): Step {
    if (!this.#isKey) return this.#valueEnds();
    this.state = 'colon';
    return 'more';
  }

  #close(isObject: boolean): Step {
    if (this.#open.pop() !== isObject) return 'bad';
    return this.#valueEnds();
  }

  #valueEnds(): Step {
    this.state = 'after';
    return this.#open.length === 0 ? 'done' : 'more';
  }
}

/** A unit inside a JSON string, as JSON wants it. */
export function escaped(unit: string): string {
  return unit < ' ' ? JSON.stringify(unit).slice(1, -1) : unit;
}
