/**
 * Readers of calls that are no JSON and so come in one piece when their end is there: Python, and
 * the colon form of Gemma 4. What they gather is bounded by the parser (CALL_UNITS_MAX).
 */
import { isOnOffer } from './call-object.ts';
import { readColonCalls } from './colon-text.ts';
import { type CallReader, type CallRules, type CallSink, isBlank, type Step } from './events.ts';
import { readPythonCalls, type WrittenCall } from './python-text.ts';

/** Hands calls on; false: one of them is of a tool that is not on offer. */
function give(calls: WrittenCall[] | undefined, sink: CallSink, rules: CallRules): boolean {
  const named = calls?.map(({ name, json }) => ({ name: nameOf(name, rules), json }));
  if (named === undefined || !named.every(({ name }) => isOnOffer(name, rules))) return false;
  for (const { name, json } of named) {
    sink.start(name);
    sink.piece(json);
    sink.end();
  }
  return true;
}

/** `module.f` and `f.call` are f, unless a tool has that very name. */
function nameOf(written: string, { names }: CallRules): string {
  if (names?.has(written)) return written;
  const name = written.replace(/^default_api\.|\.call$/g, '');
  const last = name.slice(name.lastIndexOf('.') + 1);
  return names?.has(last) ? last : name;
}

/** Where Python ends: at the closing bracket of its first, or at a fence of backticks. */
export type PythonEnd = 'bracket' | 'fence';

const FENCE = '```';

/** The beginning of a call, as far as it has come: a name, then its parenthesis. */
const HEAD = /^\s*\[?\s*(?:[A-Za-z_][\w.]*\s*(?:\([\s\S]*)?)?$/;
/** A name is this long at most; further units are inside of the parentheses. */
const HEAD_UNITS_MAX = 300;

export class PythonCallReader implements CallReader {
  readonly #sink: CallSink;
  readonly #rules: CallRules;
  readonly #ending: PythonEnd;
  #text = '';
  #depth = 0;
  /** The quote of the string that is open; empty: none. */
  #quote = '';
  #isEscaped = false;
  #ticks = 0;
  #hasParenthesis = false;
  isClosing = false;

  constructor(sink: CallSink, rules: CallRules, ending: PythonEnd) {
    this.#sink = sink;
    this.#rules = rules;
    this.#ending = ending;
  }

  push(unit: string): Step {
    this.#text += unit;
    if (this.#quote !== '') return this.#inString(unit);
    this.#ticks = unit === '`' ? this.#ticks + 1 : 0;
    if (this.#ending === 'fence') {
      if (this.#ticks < FENCE.length) return this.#follow(unit);
      return this.#give(this.#text.slice(0, -FENCE.length)) ? 'done' : 'bad';
    }
    if (!this.#hasParenthesis) {
      if (this.#text.length > HEAD_UNITS_MAX || !HEAD.test(this.#text)) return 'bad';
      this.#hasParenthesis = unit === '(';
    }
    const isIn = this.#depth > 0;
    const step = this.#follow(unit);
    if (!isIn || this.#depth > 0) return step;
    return this.#give(this.#text) ? 'done' : 'bad';
  }

  end(): boolean {
    return this.#quote === '' && this.#give(this.#text.replace(/`{1,2}$/, ''));
  }

  #give(text: string): boolean {
    this.isClosing = give(readPythonCalls(text), this.#sink, this.#rules);
    return this.isClosing;
  }

  #follow(unit: string): Step {
    if (unit === '"' || unit === "'") this.#quote = unit;
    else if ('([{'.includes(unit)) this.#depth += 1;
    else if (')]}'.includes(unit)) this.#depth -= 1;
    return this.#depth < 0 ? 'bad' : 'more';
  }

  #inString(unit: string): Step {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (unit === '\\') this.#isEscaped = true;
    else if (unit === this.#quote) this.#quote = '';
    // No string goes over a line: what has an apostrophe in its prose would hold back the answer.
    else if (unit === '\n') return 'bad';
    return 'more';
  }
}

const CALL = 'call:';

/** `call:f{...}` up to a closing marker outside of its strings. */
export class ColonCallReader implements CallReader {
  readonly #sink: CallSink;
  readonly #rules: CallRules;
  readonly #marks: { close: string; quote: string };
  #text = '';
  /** The end of the text, since the last quote mark: as much as a mark is long. */
  #tail = '';
  #isInString = false;
  /** Units of `call:` that have come. */
  #matched = 0;
  isClosing = false;

  constructor(sink: CallSink, rules: CallRules, marks: { close: string; quote: string }) {
    this.#sink = sink;
    this.#rules = rules;
    this.#marks = marks;
  }

  push(unit: string): Step {
    this.#text += unit;
    if (this.#matched < CALL.length) {
      if (this.#matched === 0 && isBlank(unit)) return 'more';
      this.#matched += 1;
      return unit === CALL[this.#matched - 1] ? 'more' : 'bad';
    }
    const { close, quote } = this.#marks;
    this.#tail = (this.#tail + unit).slice(-Math.max(close.length, quote.length));
    if (this.#tail.endsWith(quote)) {
      this.#isInString = !this.#isInString;
      this.#tail = '';
    }
    if (this.#isInString || !this.#tail.endsWith(close)) return 'more';
    return this.#give(this.#text.slice(0, -close.length)) ? 'done' : 'bad';
  }

  end(): boolean {
    return !this.#isInString && this.#give(this.#text);
  }

  #give(text: string): boolean {
    const calls = readColonCalls(text, this.#marks.quote);
    this.isClosing = give(calls, this.#sink, this.#rules);
    return this.isClosing;
  }
}
