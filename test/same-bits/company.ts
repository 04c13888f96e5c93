/**
 * Company for a request: others that keep all slots of an engine but one busy, each followed by the
 * next when it ends, until they are sent away.
 */
import type { GenerateRequest, MeasurableEngine } from '../../src/engine/index.ts';

export interface Company {
  /** Ends them all; resolves when none is left. */
  leave(): Promise<void>;
}

/** Resolves when as many others run as are to. @param next gives the request of a new one */
export async function keepBusy(
  engine: MeasurableEngine,
  others: number,
  next: () => GenerateRequest,
): Promise<Company> {
  const gone = new AbortController();
  let arrive: () => void = () => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const work = async (): Promise<void> => {
    while (!gone.signal.aborted) {
      for await (const event of engine.generate(next(), gone.signal)) {
        if (event.type === 'token' && engine.load().running >= others) arrive();
      }
    }
  };
  const all = Promise.all(Array.from({ length: others }, work));
  await Promise.race([arrived, all]);
  return {
    leave: async () => {
      gone.abort();
      await all;
    },
  };
}
