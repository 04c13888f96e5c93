/**
 * The witness in a page: which modules and recordings, from the server that serves this file
 * (chromium.ts); the digests go back there.
 */
import { type Digests, witness } from './witness.ts';

interface Plan {
  /** Paths of modules, or `reference`. */
  modules: readonly string[];
  recordings: readonly string[];
}

const get = (path: string): Promise<Response> => fetch(path);
const bytesOf = async (path: string) => new Uint8Array(await (await get(path)).arrayBuffer());

async function main(): Promise<Digests[]> {
  const plan: Plan = await (await get('/plan')).json();
  const found: Digests[] = [];
  for (const path of plan.modules) {
    const module =
      path === 'reference' ? undefined : await WebAssembly.compile(await bytesOf(path));
    found.push(
      await witness({ module, shared: false, recordings: plan.recordings, read: bytesOf }),
    );
  }
  return found;
}

const post = (path: string, text: string) => fetch(path, { method: 'POST', body: text });

main().then(
  (found) => post('/digests', JSON.stringify(found)),
  (error) => post('/failure', String(error?.stack ?? error)),
);
