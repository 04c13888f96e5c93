/** The real command over the real model, under the catalogue's name. */
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CHECKOUT, makeFolder, VitrineProcess } from '../vitrine-process.ts';
import { REAL_MODEL_NAME, realModelPath } from './real-model.ts';

/** What suites may keep from run to run. Ignored by git. */
export const CACHE = join(CHECKOUT, '.cache', 'full');

export interface RealServer {
  readonly url: string;
  readonly key: string;
  stop(): Promise<void>;
}

export async function startRealServer(): Promise<RealServer> {
  const folder = await makeFolder();
  const key = 'test-key-of-the-full-suites-0123456789';
  // A file is served under its own name.
  const model = join(folder.path, `${REAL_MODEL_NAME}.gguf`);
  await symlink(await realModelPath(), model);
  const env = { VITRINE_DATA_DIR: join(folder.path, 'data'), VITRINE_API_KEY: key };
  const server = new VitrineProcess(['serve', model, '--port', '0'], { env });
  const stop = async (): Promise<void> => {
    await server.kill();
    await folder.remove();
  };
  try {
    await server.until(({ out }) => /^ {2}API key .*\n/m.test(out), 'the start block');
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: /at (http:\S+)/.exec(server.out)?.[1] ?? '', key, stop };
}
