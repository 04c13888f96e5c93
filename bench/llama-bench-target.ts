/**
 * llama.cpp's own `llama-bench` as a target: node bench/llama-bench-target.ts MODEL.gguf THREADS.
 * Each request is a run of the program, whose loading and warm-up it does not count; of flash
 * attention on and off the faster one is taken, for each figure.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { LLAMA_CPP_SOURCE, llamaCppProgram } from './llama-cpp.ts';
import { serveTarget } from './target.ts';

interface Entry {
  n_prompt: number;
  n_gen: number;
  avg_ns: number;
}

const [model, threads] = process.argv.slice(2);
const program = llamaCppProgram('llama-bench');
const run = promisify(execFile);

await serveTarget(
  { name: 'llama-bench', version: LLAMA_CPP_SOURCE, loadMs: 0, details: {} },
  async (request) => {
    const { prefill, decode, depth } = request as Record<string, number>;
    const sizes = ['-p', `${prefill}`, '-n', `${decode}`, '-d', `${depth}`, '-r', '1'];
    const args = ['-m', model, '-t', threads, ...sizes, '-fa', '0,1', '-o', 'json'];
    const { stdout } = await run(program, args, { maxBuffer: 1 << 26 });
    const entries = JSON.parse(stdout) as Entry[];
    const fastest = (isDecode: boolean): number =>
      Math.min(...entries.filter((e) => e.n_gen > 0 === isDecode).map((e) => e.avg_ns / 1e6));
    return { prefillMs: fastest(false), decodeMs: fastest(true), tokens: decode };
  },
);
