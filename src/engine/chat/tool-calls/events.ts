/** What a parser of tool calls gives, and what its readers tell it. */

/**
 * Joined in order, `text` of all events is what the model said outside of its calls, and `json` of
 * one index is the text of a JSON object. A call is start, arguments (at least one piece), end.
 */
export type ToolCallEvent =
  | { type: 'text'; text: string }
  /** `id` is the model's own, where its syntax has one and it comes before the arguments. */
  | { type: 'call-start'; index: number; name: string; id?: string }
  | { type: 'call-arguments'; index: number; json: string }
  /** `id` is the model's own, where it wrote one. */
  | { type: 'call-end'; index: number; id?: string }
  /**
   * A call that had started is none after all; its arguments so far are not JSON. `text` is all
   * that the model wrote of it, markers included. Comes only with `whole: false`.
   */
  | { type: 'call-broken'; index: number; reason: 'malformed' | 'cut'; text: string };

/** Where readers put the calls that they find. */
export interface CallSink {
  start(name: string, id?: string): void;
  /** A piece of the JSON text of the arguments. */
  piece(json: string): void;
  end(id?: string): void;
}

/** `more`: the unit belongs to the call; `done`: it was the last one; `bad`: it does not belong. */
export type Step = 'more' | 'done' | 'bad';

/** Reads what follows an opening marker, one UTF-16 unit after the other. */
export interface CallReader {
  push(unit: string): Step;
  /** The answer ends here; true: all calls are complete, and ended. */
  end(): boolean;
  /** At least one call has ended and none is open: what may still come is only a closing marker. */
  readonly isClosing: boolean;
}

/** Which names a call may have, and how strict its form is. */
export interface CallRules {
  /** Names of the tools on offer; undefined: any. */
  readonly names?: ReadonlySet<string>;
  /**
   * Nothing but its form tells that it is a call, so that there may be no other keys than those of
   * a call, both name and arguments must be there, and the name must be that of a tool on offer.
   */
  readonly isBare: boolean;
}

/** UTF-16 units of a call at most; what is longer is text. */
export const CALL_UNITS_MAX = 1 << 20;
/** UTF-16 units of a name or an id at most. */
export const NAME_UNITS_MAX = 256;
/** Lists and objects inside each other. */
export const DEPTH_MAX = 128;

/** White space between the parts of a call. */
export function isBlank(unit: string): boolean {
  return unit === ' ' || unit === '\n' || unit === '\t' || unit === '\r';
}
