/**
 * The default model behind the real command, for suites that need sense in the answers. It is pulled
 * once into `.cache/full` of the checkout, from whichever of its sources answers; without any the
 * suite fails.
 */
import { join } from 'node:path';
import { CHECKOUT, VitrineProcess } from '../vitrine-process.ts';

export const REAL_MODEL = 'smollm2-135m';
/** What suites may keep from run to run. Ignored by git. */
export const CACHE = join(CHECKOUT, '.cache', 'full');
export const KEY = 'test-key-of-the-full-suites-0123456789';

/** A download of 98 MB may be part of it. */
const START_MS = 8 * 60_000;

/** The environment of commands that use the cache. The user's proxies and mirrors count here. */
export function fullEnvironment(): Record<string, string> {
  const own = { VITRINE_DATA_DIR: join(CACHE, 'data'), VITRINE_API_KEY: KEY };
  return { ...(process.env as Record<string, string>), ...own };
}

export interface RealServer {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startRealServer(): Promise<RealServer> {
  const words = ['serve', REAL_MODEL, '--port', '0', '--log-level', 'warn'];
  const server = new VitrineProcess(words, { env: fullEnvironment() });
  try {
    const isUp = ({ out }: VitrineProcess) => /^ {2}API key .*\n/m.test(out);
    await server.until(isUp, `${REAL_MODEL} to be served`, START_MS);
  } catch (error) {
    await server.kill();
    throw error;
  }
  const url = /at (http:\S+)/.exec(server.out)?.[1] ?? '';
  return { url, stop: () => server.kill() };
}
