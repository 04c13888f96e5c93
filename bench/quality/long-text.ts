/**
 * A fixed English text of some 100,000 tokens: the report on a workshop of the Library of Congress
 * (public domain) that the Canterbury corpus carries as lcet10.txt, out of Brotli's source package.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SDIST = 'Brotli-1.1.0';
const SHA256 = '5314ba1dbb03f471df88bec6cd120a938ef60d0fd3511c5c1dce61bf7463245f';

/** Its path; the first call downloads it below .cache. @throws Error with what failed */
export function longText(): string {
  const folder = fileURLToPath(new URL('../../.cache/long-text', import.meta.url));
  const path = join(folder, SDIST, 'tests', 'testdata', 'lcet10.txt');
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    const sdist = ['--no-deps', '--no-binary', 'brotli', 'brotli==1.1.0'];
    run('python3', ['-m', 'pip', 'download', '--quiet', '--dest', folder, ...sdist]);
    const archive = join(folder, `${SDIST}.tar.gz`);
    run('tar', ['-xzf', archive, '-C', folder, `${SDIST}/tests/testdata/lcet10.txt`]);
  }
  const digest = createHash('sha256').update(readFileSync(path)).digest('hex');
  if (digest !== SHA256) throw new Error(`${path} has SHA-256 ${digest}, expected ${SHA256}`);
  return path;
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return;
  throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? stderr.trim()}`);
}
