/** A terminal that keeps what was written to it. */
import type { Terminal } from '../src/cli/index.ts';

export interface FakeTerminal extends Terminal {
  readonly written: { out: string; err: string };
}

export function fakeTerminal(isTty: boolean): FakeTerminal {
  const written = { out: '', err: '' };
  return {
    written,
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
    isInputTty: isTty,
    isErrTty: isTty,
    errColumns: 90,
    outStyle: (_, text) => text,
    errStyle: (_, text) => text,
  };
}
