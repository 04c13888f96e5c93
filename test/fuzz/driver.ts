/**
 * Runs the cases of a target, one after the other in this thread, and measures each: time, and
 * memory from V8's counters before and after. A collection in between makes memory smaller, never
 * larger.
 */
import { getHeapStatistics } from 'node:v8';
import { type FuzzTarget, GROUP_CASES, randomFrom } from './target.ts';

export interface FuzzReport {
  cases: number;
  /** Of this thread's CPU, making the cases included. */
  seconds: number;
  /** How many cases ended which way. */
  outcomes: Record<string, number>;
  slowest: { ms: number; index: number };
  /** The most memory for its input: bytes taken over bytes given plus ROUND_BYTES. */
  largest: { multiple: number; bytes: number; inputBytes: number; index: number };
}

/** Below this, what a case takes says more about V8 than about the part. */
const ROUND_BYTES = 16 * 1024;

export interface FuzzOptions {
  seed: number;
  cases: number;
  /** Number of the first case. */
  from?: number;
  /** Told the number of each case before it runs. */
  onCase?: (index: number) => void;
}

/** @throws Error that names target, seed and case, at the first violation */
export function runTarget(target: FuzzTarget, options: FuzzOptions): FuzzReport {
  const { seed, cases, from = 0, onCase } = options;
  const report: FuzzReport = {
    cases: 0,
    seconds: 0,
    outcomes: {},
    slowest: { ms: 0, index: from },
    largest: { multiple: 0, bytes: 0, inputBytes: 0, index: from },
  };
  const start = process.threadCpuUsage();
  for (let index = from; index < from + cases; index += 1) {
    onCase?.(index);
    try {
      const outcome = runCase(target, seed, index, report);
      report.outcomes[outcome] = (report.outcomes[outcome] ?? 0) + 1;
    } catch (error) {
      const where = `${target.name}: seed ${seed}, case ${index}`;
      throw new Error(`${where}: ${error instanceof Error ? error.stack : error}`, {
        cause: error,
      });
    }
    report.cases += 1;
  }
  const { user, system } = process.threadCpuUsage(start);
  report.seconds = (user + system) / 1e6;
  return report;
}

function runCase(target: FuzzTarget, seed: number, index: number, report: FuzzReport): string {
  const group = Math.floor(index / GROUP_CASES);
  const { inputBytes, run } = target.make(randomFrom(seed, index), {
    index: group,
    random: randomFrom(~seed, group),
  });
  const before = memoryInUse();
  const start = process.threadCpuUsage();
  const outcome = run();
  const { user, system } = process.threadCpuUsage(start);
  const ms = (user + system) / 1000;
  const bytes = memoryInUse() - before;
  if (ms > report.slowest.ms) report.slowest = { ms, index };
  const multiple = bytes / (inputBytes + ROUND_BYTES);
  if (multiple > report.largest.multiple) report.largest = { multiple, bytes, inputBytes, index };
  const { memory, msMax } = target;
  if (ms > msMax) throw new Error(`took ${ms} ms for ${inputBytes} bytes`);
  if (bytes > memory.multiple * inputBytes + memory.constantBytes) {
    throw new Error(`took ${bytes} bytes of memory for ${inputBytes}`);
  }
  return outcome;
}

function memoryInUse(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}
