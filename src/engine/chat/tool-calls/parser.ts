/**
 * Tool calls in the text that a model writes, as it comes: pieces of text in, events out. Which
 * pieces the text came in makes no difference to the events, joined.
 *
 *          text ──marker──> call ──done──> gap ──marker──> call ...
 *           ^                 │ bad          │ other text
 *           └─────────────────┴──────────────┘
 *
 * Nothing is lost: what is no call, or ends too early, is given back as text, markers included.
 * Left out are markers, and white space and separators between and behind calls. What could become
 * a marker is held back until it is certain. One step a UTF-16 unit; memory is that of one call.
 */
import {
  CALL_UNITS_MAX,
  type CallReader,
  type CallRules,
  type CallSink,
  isBlank,
  type ToolCallEvent,
} from './events.ts';
import type { Opening, ToolSyntax } from './syntax.ts';

export interface ToolCallParser {
  /** Events that this piece makes certain. */
  push(piece: string): ToolCallEvent[];
  /** The answer is over: the events that are left. Nothing may be pushed afterwards. */
  end(): ToolCallEvent[];
}

export interface ToolCallOptions {
  /**
   * Names of the tools on offer. Where nothing but its form tells a call from an answer in JSON
   * (Llama, Gemma), only these are calls.
   */
  names?: Iterable<string>;
  /**
   * Calls come only once they are complete, so that none is ever broken: for APIs that cannot take
   * back what they sent. Default: false, arguments come as they are written.
   */
  whole?: boolean;
}

export function createToolCallParser(
  syntax: ToolSyntax,
  { names, whole = false }: ToolCallOptions = {},
): ToolCallParser {
  const known = names === undefined ? undefined : new Set(names);
  return new Parser(syntax, { names: known, isBare: false }, whole);
}

class Parser implements ToolCallParser {
  readonly #syntax: ToolSyntax;
  readonly #rules: CallRules;
  readonly #calls: Calls;
  /** First units of markers: in running text, and where bare calls may begin. */
  readonly #firstUnits: { text: string; gap: string };
  #events: ToolCallEvent[] = [];
  #mode: 'gap' | 'text' | 'call' = 'gap';
  /** In a gap: white space and separators that are text if text follows. */
  #blank = '';
  /** What has come of a marker. */
  #candidate = '';
  #reader: CallReader | undefined;
  /** What the call in the making has taken, markers included, since the last call that ended. */
  #raw = '';
  #rawUnits = 0;

  constructor(syntax: ToolSyntax, rules: CallRules, whole: boolean) {
    this.#syntax = syntax;
    this.#rules = rules;
    this.#calls = new Calls(this.#emit, whole);
    const firsts = (openings: readonly Opening[]) => openings.map(({ marker }) => marker[0]);
    this.#firstUnits = {
      text: firsts(syntax.openings.filter(({ isBare }) => !isBare)).join(''),
      gap: firsts(syntax.openings).join(''),
    };
  }

  push(piece: string): ToolCallEvent[] {
    for (let at = 0; at < piece.length; at += 1) this.#unit(piece[at]);
    return this.#flushed();
  }

  end(): ToolCallEvent[] {
    if (this.#mode === 'call') this.#endCall();
    else if (this.#candidate !== '' || !this.#calls.any) {
      this.#text(this.#blank + this.#candidate);
    }
    return this.#flushed();
  }

  #endCall(): void {
    const wasClosing = this.#reader?.isClosing === true;
    if (wasClosing || this.#reader?.end() === true) return;
    this.#giveBack('cut');
  }

  #unit(unit: string): void {
    if (this.#mode === 'call') this.#inCall(unit);
    else if (this.#candidate !== '') this.#inMarker(unit);
    else this.#outside(unit);
  }

  #outside(unit: string): void {
    const isGap = this.#mode === 'gap';
    if ((isGap ? this.#firstUnits.gap : this.#firstUnits.text).includes(unit)) {
      this.#inMarker(unit);
      return;
    }
    if (isGap) {
      const isBetween = this.#calls.any && this.#syntax.separators.includes(unit);
      if (isBlank(unit) || isBetween) {
        this.#blank += unit;
        return;
      }
      this.#leaveGap();
    }
    this.#text(unit);
  }

  /** A gap turns out to be part of the text. */
  #leaveGap(): void {
    this.#text(this.#blank);
    this.#blank = '';
    this.#mode = 'text';
  }

  #inMarker(unit: string): void {
    const candidate = this.#candidate + unit;
    const openings = this.#syntax.openings.filter(
      ({ marker, isBare }) => marker.startsWith(candidate) && (this.#mode === 'gap' || !isBare),
    );
    this.#candidate = candidate;
    if (openings.length === 0) {
      // The first unit is text; the others may begin a marker.
      this.#candidate = '';
      if (this.#mode === 'gap') this.#leaveGap();
      this.#text(candidate[0]);
      for (const later of candidate.slice(1)) this.#unit(later);
      return;
    }
    const opening = openings.find(({ marker }) => marker === candidate);
    if (opening !== undefined) this.#open(opening);
  }

  #open({ marker, isBare, open }: Opening): void {
    this.#candidate = '';
    this.#setRaw(isBare ? this.#blank : this.#blank + marker);
    this.#blank = '';
    this.#mode = 'call';
    this.#reader = open(this.#calls, this.#rules);
    if (isBare) this.#inCall(marker);
  }

  #inCall(unit: string): void {
    const reader = this.#reader as CallReader;
    const before = this.#calls.count;
    const step = this.#rawUnits < CALL_UNITS_MAX ? reader.push(unit) : 'bad';
    if (step === 'bad') {
      this.#refuse(unit, reader);
      return;
    }
    // What has become a call is not given back any more.
    if (this.#calls.count > before) this.#setRaw('');
    else {
      this.#raw += unit;
      this.#rawUnits += 1;
    }
    if (step === 'done') this.#mode = 'gap';
  }

  #refuse(unit: string, reader: CallReader): void {
    if (!reader.isClosing) {
      this.#giveBack('malformed');
      this.#mode = 'text';
      this.#unit(unit);
      return;
    }
    // The closing marker is missing; what came instead may open the next call.
    const raw = this.#raw + unit;
    this.#setRaw('');
    this.#mode = 'gap';
    for (const later of raw) this.#unit(later);
  }

  #giveBack(reason: 'malformed' | 'cut'): void {
    const raw = this.#raw;
    this.#setRaw('');
    if (!this.#calls.breakOff(reason, raw)) this.#text(raw);
  }

  #setRaw(raw: string): void {
    this.#raw = raw;
    this.#rawUnits = raw.length;
  }

  #text(text: string): void {
    if (text !== '') this.#emit({ type: 'text', text });
  }

  readonly #emit = (event: ToolCallEvent): void => {
    const last = this.#events.at(-1);
    if (last?.type === 'text' && event.type === 'text') last.text += event.text;
    else if (last?.type === 'call-arguments' && event.type === 'call-arguments') {
      last.json += event.json;
    } else this.#events.push(event);
  };

  #flushed(): ToolCallEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}

/** Makes events of what readers find. */
class Calls implements CallSink {
  /** Calls that have ended, however. */
  count = 0;
  readonly #emit: (event: ToolCallEvent) => void;
  readonly #whole: boolean;
  #index = 0;
  #open: { name: string; id?: string; json: string } | undefined;

  constructor(emit: (event: ToolCallEvent) => void, whole: boolean) {
    this.#emit = emit;
    this.#whole = whole;
  }

  get any(): boolean {
    return this.count > 0;
  }

  start(name: string, id?: string): void {
    this.#open = { name, json: '', ...(id === undefined ? {} : { id }) };
    if (!this.#whole) this.#emitStart(this.#open);
  }

  piece(json: string): void {
    if (this.#whole && this.#open !== undefined) this.#open.json += json;
    else this.#emit({ type: 'call-arguments', index: this.#index, json });
  }

  end(id?: string): void {
    if (this.#whole && this.#open !== undefined) {
      this.#emitStart(this.#open);
      this.#emit({ type: 'call-arguments', index: this.#index, json: this.#open.json });
    }
    this.#emit({ type: 'call-end', index: this.#index, ...(id === undefined ? {} : { id }) });
    this.#open = undefined;
    this.count += 1;
    this.#index += 1;
  }

  /** False: no call was open that others know of. */
  breakOff(reason: 'malformed' | 'cut', text: string): boolean {
    const isKnown = this.#open !== undefined && !this.#whole;
    this.#open = undefined;
    if (!isKnown) return false;
    this.#emit({ type: 'call-broken', index: this.#index, reason, text });
    this.#index += 1;
    return true;
  }

  #emitStart({ name, id }: { name: string; id?: string }): void {
    this.#emit({
      type: 'call-start',
      index: this.#index,
      name,
      ...(id === undefined ? {} : { id }),
    });
  }
}
