/**
 * Where the tests of the bundled model run: this checkout when it holds vitrine-tiny, else a copy
 * of its code with a model of random weights in that place.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomModel } from './random-model.ts';
import { CHECKOUT } from './vitrine-process.ts';

const BUNDLED = 'models/vitrine-tiny';

/** The checkout, or the copy made in `folder`. */
export async function folderWithBundledModel(folder: string): Promise<string> {
  if (existsSync(join(CHECKOUT, BUNDLED, 'vitrine-tiny.json'))) return CHECKOUT;
  const copy = join(folder, 'checkout');
  await mkdir(copy);
  for (const name of ['bin', 'src', 'package.json']) {
    await cp(join(CHECKOUT, name), join(copy, name), { recursive: true });
  }
  await symlink(join(CHECKOUT, 'node_modules'), join(copy, 'node_modules'));
  await writeBundledModel(copy);
  return copy;
}

/** Puts a model of random weights where a package or checkout has its bundled one. */
export async function writeBundledModel(folder: string): Promise<void> {
  const bytes = randomModel();
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await mkdir(join(folder, BUNDLED), { recursive: true });
  await writeFile(join(folder, BUNDLED, 'vitrine-tiny.gguf'), bytes);
  const descriptor = JSON.stringify({ sha256, bytes: bytes.length });
  await writeFile(join(folder, BUNDLED, 'vitrine-tiny.json'), descriptor);
}
