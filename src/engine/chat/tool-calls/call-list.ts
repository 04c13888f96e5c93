/** Readers made of readers: a JSON list of calls, and a call with a closing marker behind it. */
import { CallObjectReader } from './call-object.ts';
import { type CallReader, type CallRules, type CallSink, isBlank, type Step } from './events.ts';

/** `[{...}, {...}]`; `isOpen`: the bracket has been read. */
export class CallListReader implements CallReader {
  readonly #sink: CallSink;
  readonly #rules: CallRules;
  #state: 'open' | 'item' | 'in-item' | 'after';
  #item: CallObjectReader;
  #count = 0;

  constructor(sink: CallSink, rules: CallRules, { isOpen }: { isOpen: boolean }) {
    this.#sink = sink;
    this.#rules = rules;
    this.#state = isOpen ? 'item' : 'open';
    this.#item = new CallObjectReader(sink, rules);
  }

  get isClosing(): boolean {
    return this.#count > 0 && this.#state !== 'in-item';
  }

  push(unit: string): Step {
    if (this.#state !== 'in-item' && isBlank(unit)) return 'more';
    switch (this.#state) {
      case 'open':
        if (unit !== '[') return 'bad';
        this.#state = 'item';
        return 'more';
      case 'item':
        if (unit !== '{') return 'bad';
        this.#state = 'in-item';
        this.#item = new CallObjectReader(this.#sink, this.#rules);
        return this.#item.push(unit);
      case 'after':
        if (unit === ']') return 'done';
        if (unit !== ',') return 'bad';
        this.#state = 'item';
        return 'more';
      default:
        return this.#inItem(unit);
    }
  }

  #inItem(unit: string): Step {
    const step = this.#item.push(unit);
    if (step !== 'done') return step;
    this.#count += 1;
    this.#state = 'after';
    return 'more';
  }

  /** The bracket at the end may be missing. */
  end(): boolean {
    return this.isClosing;
  }
}

/** Leaves the choice of the reader to the first unit that is no white space. */
export class ChoiceReader implements CallReader {
  readonly #choose: (unit: string) => CallReader;
  #chosen: CallReader | undefined;

  constructor(choose: (unit: string) => CallReader) {
    this.#choose = choose;
  }

  get isClosing(): boolean {
    return this.#chosen?.isClosing ?? false;
  }

  push(unit: string): Step {
    if (this.#chosen === undefined) {
      if (isBlank(unit)) return 'more';
      this.#chosen = this.#choose(unit);
    }
    return this.#chosen.push(unit);
  }

  end(): boolean {
    return this.#chosen?.end() ?? false;
  }
}

/** One call as an object, or a list of them, whichever comes. */
export function objectOrList(sink: CallSink, rules: CallRules): CallReader {
  return new ChoiceReader((unit) =>
    unit === '['
      ? new CallListReader(sink, rules, { isOpen: false })
      : new CallObjectReader(sink, rules),
  );
}

/** A reader, white space, and a closing marker, which may be missing at the end of the answer. */
export class ClosedReader implements CallReader {
  readonly #inner: CallReader;
  readonly #close: string;
  #isInnerDone = false;
  /** Units of the closing marker that have come. */
  #matched = 0;

  constructor(inner: CallReader, close: string) {
    this.#inner = inner;
    this.#close = close;
  }

  get isClosing(): boolean {
    return this.#isInnerDone || this.#inner.isClosing;
  }

  push(unit: string): Step {
    if (!this.#isInnerDone) {
      const step = this.#inner.push(unit);
      if (step !== 'done') return step;
      this.#isInnerDone = true;
      return 'more';
    }
    if (this.#matched === 0 && isBlank(unit)) return 'more';
    if (unit !== this.#close[this.#matched]) return 'bad';
    this.#matched += 1;
    return this.#matched === this.#close.length ? 'done' : 'more';
  }

  end(): boolean {
    return this.#isInnerDone || this.#inner.end();
  }
}

/** What begins with a bracket: a list of objects, or what `other` reads. */
export class BracketReader implements CallReader {
  readonly #list: CallReader;
  readonly #other: CallReader | undefined;
  #chosen: CallReader | undefined;
  #before = '';

  constructor(list: CallListReader, other?: CallReader) {
    this.#list = list;
    this.#other = other;
  }

  get isClosing(): boolean {
    return this.#chosen?.isClosing ?? false;
  }

  push(unit: string): Step {
    if (this.#chosen !== undefined) return this.#chosen.push(unit);
    if (this.#before === '' ? unit === '[' : isBlank(unit)) {
      this.#before += unit;
      return 'more';
    }
    const chosen = unit === '{' ? this.#list : this.#other;
    if (chosen === undefined) return 'bad';
    this.#chosen = chosen;
    for (const earlier of this.#before) chosen.push(earlier);
    return chosen.push(unit);
  }

  end(): boolean {
    return this.#chosen?.end() ?? false;
  }
}
