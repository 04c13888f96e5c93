/**
 * Calls written as Python: `f(a=1, b=["x"])`, one after the other or in a list, also inside of
 * `print(...)`. Only keyword arguments, only literals; numbers keep their digits. Anything else is
 * no call. Linear in the text: every step reads one token at the place where it stands.
 */
import { DEPTH_MAX, NAME_UNITS_MAX } from './events.ts';

export interface WrittenCall {
  name: string;
  /** JSON text of an object. */
  json: string;
}

const SPACE = /(?:\s|#[^\n]*)*/y;
const NAME = /[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y;
const STRING = /"((?:[^"\\\n]|\\[\s\S])*)"|'((?:[^'\\\n]|\\[\s\S])*)'/y;
const WORDS: Readonly<Record<string, string>> = {
  True: 'true',
  False: 'false',
  None: 'null',
  true: 'true',
  false: 'false',
  null: 'null',
};

/** The calls of a text that holds nothing else; undefined: it is no such text. */
export function readPythonCalls(text: string): WrittenCall[] | undefined {
  const reader = new PythonReader(text);
  try {
    return reader.calls();
  } catch (error) {
    if (error instanceof NoCall) return;
    throw error;
  }
}

class NoCall extends Error {}

class PythonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  calls(): WrittenCall[] {
    const calls: WrittenCall[] = [];
    this.#match(SPACE);
    const isList = this.#accept('[');
    while (this.#at < this.#text.length && !(isList && this.#text[this.#at] === ']')) {
      calls.push(this.#statement());
      const isMore = this.#accept(isList ? ',' : ';') || !isList;
      if (!isMore) break;
    }
    if (isList) this.#expect(']');
    if (this.#at < this.#text.length || calls.length === 0) throw new NoCall();
    return calls;
  }

  #statement(): WrittenCall {
    const name = this.#name();
    if (name === 'print') {
      const from = this.#at;
      this.#expect('(');
      NAME.lastIndex = this.#at;
      const inner = NAME.exec(this.#text);
      // `print(f(...))` shows what f gives; `print("x")` and `print(end="")` are no calls.
      if (inner !== null && this.#text[NAME.lastIndex] === '(') {
        const call = this.#call(this.#name());
        this.#expect(')');
        return call;
      }
      this.#at = from;
    }
    return this.#call(name);
  }

  #call(name: string): WrittenCall {
    this.#expect('(');
    const members = new Map<string, string>();
    while (!this.#accept(')')) {
      const key = this.#name();
      this.#expect('=');
      if (key.includes('.') || members.has(key)) throw new NoCall();
      members.set(key, this.#value(1));
      if (this.#accept(',')) continue;
      this.#expect(')');
      break;
    }
    const json = Array.from(members, ([key, value]) => `${JSON.stringify(key)}: ${value}`);
    return { name, json: `{${json.join(', ')}}` };
  }

  #value(depth: number): string {
    if (depth > DEPTH_MAX) throw new NoCall();
    const unit = this.#text[this.#at];
    if (unit === '"' || unit === "'") return this.#string();
    if (this.#accept('[')) return `[${this.#items(']', depth).join(', ')}]`;
    if (this.#accept('(')) return `[${this.#items(')', depth).join(', ')}]`;
    if (this.#accept('{')) return this.#members(depth);
    const number = this.#match(NUMBER);
    if (number !== undefined && number !== '') {
      this.#match(SPACE);
      return number;
    }
    const word = WORDS[this.#name()];
    if (word === undefined) throw new NoCall();
    return word;
  }

  #items(close: string, depth: number): string[] {
    const items: string[] = [];
    while (!this.#accept(close)) {
      items.push(this.#value(depth + 1));
      if (this.#accept(',')) continue;
      this.#expect(close);
      break;
    }
    return items;
  }

  #members(depth: number): string {
    const members: string[] = [];
    while (!this.#accept('}')) {
      const key = this.#string();
      this.#expect(':');
      members.push(`${key}: ${this.#value(depth + 1)}`);
      if (this.#accept(',')) continue;
      this.#expect('}');
      break;
    }
    return `{${members.join(', ')}}`;
  }

  /** Strings that stand side by side are one, as in Python. */
  #string(): string {
    let value: string | undefined;
    for (;;) {
      STRING.lastIndex = this.#at;
      const match = STRING.exec(this.#text);
      if (match === null) break;
      this.#at = STRING.lastIndex;
      this.#match(SPACE);
      value = (value ?? '') + unescaped(match[1] ?? match[2]);
    }
    if (value === undefined) throw new NoCall();
    return JSON.stringify(value);
  }

  #name(): string {
    const name = this.#match(NAME);
    if (name === undefined || name.length > NAME_UNITS_MAX) throw new NoCall();
    this.#match(SPACE);
    return name;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return;
    this.#at = pattern.lastIndex;
    return match[0];
  }

  #accept(unit: string): boolean {
    if (this.#text[this.#at] !== unit) return false;
    this.#at += 1;
    this.#match(SPACE);
    return true;
  }

  #expect(unit: string): void {
    if (!this.#accept(unit)) throw new NoCall();
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\x07',
  0: '\0',
  '\n': '',
};

const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))/g;

/** Python leaves the backslash of escapes that it does not know. */
function unescaped(text: string): string {
  return text.replace(ESCAPE, (whole, x?: string, u?: string, long?: string, unit?: string) => {
    const hex = x ?? u ?? long;
    if (hex !== undefined) {
      const code = Number.parseInt(hex, 16);
      if (code > 0x10ffff) throw new NoCall();
      return String.fromCodePoint(code);
    }
    if (unit === '\\' || unit === '"' || unit === "'") return unit;
    return ESCAPES[unit ?? ''] ?? whole;
  });
}
