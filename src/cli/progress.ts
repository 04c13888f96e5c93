/**
 * Progress of whatever takes over a second: one line that is redrawn on a terminal, a few plain
 * lines elsewhere. Everything goes to standard error.
 */
import { formatBytes } from '../base/index.ts';
import { say, type Terminal } from './terminal.ts';

export interface Step {
  /** What is being done: `downloading`. */
  readonly verb: string;
  /** With what: a source, a file. */
  readonly object: string;
  readonly bytesDone: number;
  readonly bytesTotal: number | undefined;
}

const REDRAW_MS = 100;
/** A step that is over by then is not worth a line where nothing can be redrawn. */
const PATIENT_MS = 1000;
const PLAIN_LINE_MS = 5000;
const BAR_CHARACTERS = 24;

export class ProgressDisplay {
  readonly #terminal: Terminal;
  readonly #now: () => number;
  #key = '';
  #startedAt = 0;
  #startBytes = 0;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #isLineOpen = false;

  /** @param now  milliseconds */
  constructor(terminal: Terminal, now: () => number = () => performance.now()) {
    this.#terminal = terminal;
    this.#now = now;
  }

  update(step: Step): void {
    const now = this.#now();
    const key = `${step.verb} ${step.object}`;
    if (key !== this.#key) {
      this.#key = key;
      this.#startedAt = now;
      this.#startBytes = step.bytesDone;
      this.#drawnAt = Number.NEGATIVE_INFINITY;
    }
    if (this.#terminal.isErrTty) {
      if (now - this.#drawnAt < REDRAW_MS) return;
      this.#draw(this.#barLine(step, now));
    } else {
      if (now - this.#startedAt < PATIENT_MS || now - this.#drawnAt < PLAIN_LINE_MS) return;
      say(this.#terminal, `${key}: ${this.#amount(step)}${this.#pace(step, now)}`);
    }
    this.#drawnAt = now;
  }

  /** A line that stays. */
  note(text: string): void {
    this.clear();
    say(this.#terminal, text);
  }

  /** Something short that has no size; it disappears where it can. */
  activity(text: string): void {
    this.#key = '';
    if (this.#terminal.isErrTty) this.#draw(text);
    else say(this.#terminal, text);
  }

  /** The same where it can disappear; elsewhere nothing. */
  transient(text: string): void {
    if (this.#terminal.isErrTty) this.activity(text);
  }

  /** Takes the open line away, before anything else is written. */
  clear(): void {
    if (this.#isLineOpen) this.#terminal.err('\r\x1b[K');
    this.#isLineOpen = false;
    this.#key = '';
  }

  #draw(text: string): void {
    this.#terminal.err(`\r\x1b[K${text.slice(0, this.#terminal.errColumns - 1)}`);
    this.#isLineOpen = true;
  }

  #barLine(step: Step, now: number): string {
    const { bytesDone, bytesTotal } = step;
    const share = bytesTotal === undefined ? 0 : Math.min(1, bytesDone / Math.max(1, bytesTotal));
    const filled = Math.round(share * BAR_CHARACTERS);
    const bar =
      bytesTotal === undefined ? '' : `[${'#'.repeat(filled).padEnd(BAR_CHARACTERS, '.')}] `;
    return `${step.verb} ${bar}${this.#amount(step)}${this.#pace(step, now)}  ${step.object}`;
  }

  #amount({ bytesDone, bytesTotal }: Step): string {
    if (bytesTotal === undefined) return formatBytes(bytesDone);
    const percent = Math.floor((100 * bytesDone) / Math.max(1, bytesTotal));
    return `${Math.min(100, percent)} % of ${formatBytes(bytesTotal)}`;
  }

  /** Speed and time left, as soon as there is something to reckon with. */
  #pace({ bytesDone, bytesTotal }: Step, now: number): string {
    const seconds = (now - this.#startedAt) / 1000;
    const bytes = bytesDone - this.#startBytes;
    if (seconds < 0.5 || bytes <= 0) return '';
    const perSecond = bytes / seconds;
    const left = bytesTotal === undefined ? undefined : (bytesTotal - bytesDone) / perSecond;
    const rest = left === undefined || left < 0 ? '' : `, ${formatSeconds(left)} left`;
    return `, ${formatBytes(perSecond)}/s${rest}`;
  }
}

/** 75 -> "1 min 15 s" */
export function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
