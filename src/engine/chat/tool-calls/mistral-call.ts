/**
 * What follows Mistral's `[TOOL_CALLS]`:
 *
 *   v2 to v7   [{"name": "f", "arguments": {...}, "id": "abcdefghi"}, ...]
 *   v11        f[CALL_ID]abcdefghi[ARGS]{...}
 *   v13        f[ARGS]{...}
 *
 * In the later two each call has its own `[TOOL_CALLS]`; `f{...}` passes too, for texts without the
 * special tokens.
 */
import { CallListReader } from './call-list.ts';
import {
  type CallReader,
  type CallRules,
  type CallSink,
  isBlank,
  NAME_UNITS_MAX,
  type Step,
} from './events.ts';
import { escaped, JsonScanner } from './json-scanner.ts';

const CALL_ID = '[CALL_ID]';
const ARGS = '[ARGS]';
const NAME = /[\w.:/-]/;

export class MistralReader implements CallReader {
  readonly #sink: CallSink;
  readonly #rules: CallRules;
  #list: CallListReader | undefined;
  /** Name, then marker, then id; all of the second form before the arguments. */
  #head = '';
  #arguments: JsonScanner | undefined;
  #id: string | undefined;
  #isDone = false;

  constructor(sink: CallSink, rules: CallRules) {
    this.#sink = sink;
    this.#rules = rules;
  }

  get isClosing(): boolean {
    return this.#isDone || (this.#list?.isClosing ?? false);
  }

  push(unit: string): Step {
    if (this.#list !== undefined) return this.#list.push(unit);
    if (this.#arguments !== undefined) return this.#argument(this.#arguments, unit);
    if (this.#head === '') {
      if (isBlank(unit)) return 'more';
      if (unit === '[') {
        this.#list = new CallListReader(this.#sink, this.#rules, { isOpen: true });
        return 'more';
      }
    }
    if (unit === '{') return this.#begin();
    this.#head += unit;
    return isHead(this.#head) ? 'more' : 'bad';
  }

  end(): boolean {
    return this.#list?.end() ?? false;
  }

  #begin(): Step {
    const match = /^([\w.:/-]+)(?:\[CALL_ID\](\w+))?(?:\[ARGS\])?\s*$/.exec(this.#head);
    if (match === null) return 'bad';
    this.#id = match[2];
    this.#sink.start(match[1], this.#id);
    this.#arguments = new JsonScanner();
    return this.#argument(this.#arguments, '{');
  }

  #argument(scanner: JsonScanner, unit: string): Step {
    const json = scanner.isInString ? escaped(unit) : unit;
    const step = scanner.push(unit);
    if (step === 'bad') return step;
    this.#sink.piece(json);
    if (step === 'more') return step;
    this.#sink.end(this.#id);
    this.#isDone = true;
    return 'done';
  }
}

/** Whether a text can be the beginning of what stands before the arguments. */
function isHead(text: string): boolean {
  if (text.length > 3 * NAME_UNITS_MAX) return false;
  let at = 0;
  while (at < text.length && NAME.test(text[at])) at += 1;
  if (at === 0 || at > NAME_UNITS_MAX) return false;
  let rest = text.slice(at);
  if (CALL_ID.startsWith(rest)) return true;
  if (rest.startsWith(CALL_ID)) {
    rest = rest.slice(CALL_ID.length).replace(/^\w*/, '');
    if (rest === '') return true;
  }
  if (ARGS.startsWith(rest)) return true;
  return (rest.startsWith(ARGS) ? rest.slice(ARGS.length) : rest).trim() === '';
}
