/** Options that the measuring commands share, and where their models come from. */
import { existsSync } from 'node:fs';
import { availableParallelism, cpus, homedir, totalmem } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { resolveModel } from '../src/weights/index.ts';

/** The GGUF file of `--model`: a path, else a reference that is pulled when it is not there. */
export async function modelPathOf(model: string): Promise<string> {
  if (existsSync(model)) return model;
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

/** Whether the peers are installed, and the command that does it. */
export function peerMissing(): string | undefined {
  if (existsSync(new URL('peers/node_modules/node-llama-cpp', import.meta.url))) return undefined;
  return 'the peer is not installed: npm ci --prefix bench/peers --omit=optional --ignore-scripts';
}
