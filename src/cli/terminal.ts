/**
 * Where output goes: results to standard output, everything said to the reader to standard error.
 * Colour and movement only on a terminal; NO_COLOR is honoured (by node:util).
 */
import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

export interface Terminal {
  /** A result. */
  out(text: string): void;
  /** Something for the reader. */
  err(text: string): void;
  readonly isInputTty: boolean;
  readonly isErrTty: boolean;
  readonly errColumns: number;
  outStyle(style: Style, text: string): string;
  errStyle(style: Style, text: string): string;
}

export function processTerminal(): Terminal {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isInputTty: process.stdin.isTTY === true,
    isErrTty: process.stderr.isTTY === true,
    get errColumns() {
      return process.stderr.columns || 80;
    },
    outStyle: (style, text) => styleText(style, text, { stream: process.stdout }),
    errStyle: (style, text) => styleText(style, text, { stream: process.stderr }),
  };
}

/** One line for the reader, marked as Vitrine's. */
export function say(terminal: Terminal, text: string): void {
  terminal.err(`${terminal.errStyle('dim', 'vitrine:')} ${text}\n`);
}

export function warn(terminal: Terminal, text: string): void {
  say(terminal, `${terminal.errStyle('yellow', 'warning:')} ${text}`);
}
