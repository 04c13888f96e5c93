/** The thread of one target: runs its cases, and says at which it is. */
import { parentPort, workerData } from 'node:worker_threads';
import { runTarget } from './driver.ts';
import { fuzzTargets } from './targets.ts';

const { name, seed, cases, from, progress } = workerData as {
  name: string;
  seed: number;
  cases: number;
  from: number;
  progress: Int32Array;
};
const target = fuzzTargets().find((one) => one.name === name);
if (target === undefined) throw new Error(`no target ${name}`);
const onCase = (index: number) => {
  Atomics.store(progress, 0, index);
};
parentPort?.postMessage(runTarget(target, { seed, cases, from, onCase }));
