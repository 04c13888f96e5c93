/**
 * What the suite needs beyond the checkout, below .cache: a Python with torch and transformers, and
 * the folders that make-folders.py makes with it (again when it or its versions change).
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, '../..');
const CACHE = join(ROOT, '.cache');
const REQUIREMENTS = join(HERE, 'requirements.txt');
const GENERATOR = join(HERE, 'make-folders.py');
const ORACLE = join(ROOT, 'test/oracle/architectures/make-models.py');

/** Folder with what make-folders.py made. @throws Error with the output of the failing step */
export function madeFolders(): string {
  const folder = join(CACHE, 'convert-made');
  const stamp = join(CACHE, 'convert-made.stamp');
  const hash = createHash('sha256');
  for (const file of [REQUIREMENTS, GENERATOR, ORACLE]) hash.update(readFileSync(file));
  const wanted = hash.digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return folder;
  run(python(), [GENERATOR, folder]);
  writeFileSync(stamp, wanted);
  return folder;
}

/** The interpreter. */
export function python(): string {
  const environment = join(CACHE, 'convert-python');
  const executable = join(environment, 'bin', 'python');
  if (!existsSync(join(environment, 'ready'))) {
    console.error('making a Python environment with torch and transformers (once, some minutes)');
    mkdirSync(CACHE, { recursive: true });
    run('python3', ['-m', 'venv', environment]);
    run(executable, ['-m', 'pip', 'install', '--quiet', '-r', REQUIREMENTS]);
    writeFileSync(join(environment, 'ready'), '');
  }
  return executable;
}

export function run(command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return;
  const reason = error?.message ?? stderr.trim().slice(-2000);
  throw new Error(`${command} ${args.join(' ')} failed: ${reason}`);
}
