/**
 * Ctrl-C and SIGTERM: the first asks the command to stop (an AbortSignal), a second ends the
 * process at once. A terminal, npm and the launcher each pass the same Ctrl-C on, so a repetition
 * within half a second counts as the same one.
 */
import { constants } from 'node:os';
import { VitrineError } from '../base/index.ts';

const SAME_MS = 500;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type StopSignal = (typeof SIGNALS)[number];

export interface Stop {
  readonly signal: AbortSignal;
  /** 128 + n for the signal that asked to stop; 0 while none has. */
  exitCode(): number;
  /** Resolves when a signal asks to stop. */
  readonly asked: Promise<void>;
}

/** Listens from now on. */
export function listenForStop(): Stop {
  const controller = new AbortController();
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  let exitCode = 0;
  let askedAt = Number.NEGATIVE_INFINITY;
  const onSignal = (name: StopSignal): void => {
    const now = performance.now();
    if (exitCode !== 0) {
      if (now - askedAt >= SAME_MS) process.exit(exitCode);
      return;
    }
    askedAt = now;
    exitCode = 128 + constants.signals[name];
    controller.abort(new VitrineError('cancelled', 'stopping'));
    resolve();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  whenLauncherGoes(() => onSignal('SIGHUP'));
  return { signal: controller.signal, asked, exitCode: () => exitCode };
}

/**
 * The launcher was killed in a way that it could not pass on: nobody is left to stop this process.
 */
function whenLauncherGoes(act: () => void): void {
  const isLaunched = process.env.VITRINE_INTERNAL_LAUNCHED !== undefined;
  delete process.env.VITRINE_INTERNAL_LAUNCHED;
  if (!isLaunched || process.channel === undefined || process.channel === null) return;
  process.once('disconnect', act);
  // Listening alone must not keep the process alive.
  process.channel.unref();
}
