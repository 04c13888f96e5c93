/**
 * What every JavaScript witness does: replay the recordings, sample over their logits, compute the
 * elementary functions, and give SHA-256 of each. Browser-safe: Node and the page run this file.
 */
import { bindModule, bindReference, createMemory } from '../../src/engine/kernels/index.ts';
import { functionCases } from './function-cases.ts';
import { parseRecording } from './recording.ts';
import { sampleRows } from './sampler-cases.ts';

/** SHA-256 by case, by case set. */
export type Digests = Record<string, Record<string, string>>;

export interface WitnessTask {
  /** Undefined: the reference in plain TypeScript. */
  module: WebAssembly.Module | undefined;
  /** The module is one for shared memory. */
  shared: boolean;
  recordings: readonly string[];
  read: (recording: string) => Promise<Uint8Array>;
}

export async function witness(task: WitnessTask): Promise<Digests> {
  const digests: Digests = { functions: {} };
  for (const [name, results] of functionCases()) digests.functions[name] = await sha256([results]);
  for (const path of task.recordings) {
    const recording = parseRecording(await task.read(path));
    const memory = createMemory(recording.pages * 65536, task.shared);
    new Uint8Array(memory.buffer).set(recording.image);
    const { module } = task;
    const kernels = module === undefined ? bindReference(memory) : bindModule(module, memory);
    for (const { start, count } of recording.lists) kernels.run(start, count, 0, 1);
    const { set, name, ranges, logits } = recording;
    digests[set] ??= {};
    digests[set][name] = await sha256(
      ranges.map(([from, to]) => new Uint8Array(memory.buffer, from, to - from)),
    );
    if (logits === undefined) continue;
    digests.sampler ??= {};
    digests.sampler[name] = await sha256([sampleRows(memory.buffer, logits)]);
  }
  return digests;
}

async function sha256(parts: readonly ArrayBufferView[]): Promise<string> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    all.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', all));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
