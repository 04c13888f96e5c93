/**
 * After `tsc -b`: dist becomes what the package ships. Kernel modules are copied beside the code
 * that reads them, and compiled files whose source is gone are removed, so that no package carries
 * them.
 */
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'src');
const target = join(root, 'dist');

/** Folders that the code reads at run time, below src and dist alike. */
const ASSETS = ['engine/kernels/build'];

for (const folder of ASSETS) {
  rmSync(join(target, folder), { recursive: true, force: true });
  cpSync(join(source, folder), join(target, folder), {
    recursive: true,
    filter: (path) => !/\.\w+$/.test(path) || path.endsWith('.wasm'),
  });
}

for (const entry of readdirSync(target, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  const name = relative(target, path);
  if (!entry.isFile() || !/(\.js|\.d\.ts)$/.test(name)) continue;
  if (!existsSync(join(source, name.replace(/(\.js|\.d\.ts)$/, '.ts')))) rmSync(path);
}
