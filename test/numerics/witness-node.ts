/**
 * A witness in Node: `node [V8 flags] witness-node.ts FOLDER MODULE...`. FOLDER holds recordings; a
 * MODULE is the path of a WebAssembly file, or `reference`. Prints a line of JSON for each module.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { witness } from './witness.ts';

const [folder, ...modules] = process.argv.slice(2);
const recordings = readdirSync(folder).sort();

for (const path of modules) {
  const isReference = path === 'reference';
  const digests = await witness({
    module: isReference ? undefined : new WebAssembly.Module(readFileSync(path)),
    shared: path.endsWith('-shared.wasm'),
    recordings,
    read: async (name) => new Uint8Array(readFileSync(join(folder, name))),
  });
  console.log(JSON.stringify(digests));
}
