/** Options that the measuring commands share, and where their models come from. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, cpus, homedir, totalmem } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { resolveModel } from '../src/weights/index.ts';
import { gemmaPath } from './gemma.ts';
import { shapePath } from './shapes.ts';

/**
 * The GGUF file of `--model`: a path, `gemma3-270m`, `random:SHAPE:TYPE` (shapes.ts), else a
 * reference that is pulled when it is not there.
 */
export async function modelPathOf(model: string): Promise<string> {
  if (existsSync(model)) return model;
  if (model === 'gemma3-270m') return gemmaPath();
  const shape = shapePath(model);
  if (shape !== undefined) return shape;
  const { VITRINE_DATA_DIR, XDG_DATA_HOME } = process.env;
  const isUsable = XDG_DATA_HOME !== undefined && isAbsolute(XDG_DATA_HOME);
  const base = isUsable ? XDG_DATA_HOME : join(homedir(), '.local', 'share');
  const dataDir = VITRINE_DATA_DIR || join(base, 'vitrine');
  return (await resolveModel(model, { dataDir, environment: process.env })).path;
}

/** What a result must carry to be read later. */
export function machine(): Record<string, unknown> {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  };
}

/** Installs the peer below bench/peers, once. @throws Error with what npm said */
export function installPeer(): void {
  const folder = new URL('peers/', import.meta.url);
  if (existsSync(new URL('node_modules/node-llama-cpp', folder))) return;
  console.error('installing llama.cpp (node-llama-cpp) below bench/peers, once');
  const args = ['ci', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status, stderr, error } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
  if (status === 0) return;
  const reason = error?.message ?? stderr.trim();
  throw new Error(
    `npm ${args.join(' ')} failed in bench/peers (--no-peer does without): ${reason}`,
  );
}
