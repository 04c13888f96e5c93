/** A compute thread: helps to load, then runs every list of kernel calls beside the coordinator. */
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf, must } from '../../base/index.ts';
import { bindModule, CONTROL, type Kernels } from '../kernels/index.ts';
import { abortList, CONTROL_WORDS, COUNT, FINISHED, LIST, SPIN_MS, STEP, STOP } from './control.ts';
import { loadUnits } from './load-units.ts';
import type { ComputeThreadData } from './protocol.ts';

const data = workerData as ComputeThreadData;
const { files, units, memory, module, worker, workers } = data;
const port = must(parentPort, 'a compute thread has a parent');
const control = new Int32Array(memory.buffer, CONTROL, CONTROL_WORDS);

try {
  loadUnits(files, units, memory.buffer);
  const kernels = bindModule(module, memory);
  port.postMessage({ type: 'ready' });
  let step = 0;
  for (;;) {
    step = nextStep(step);
    if (Atomics.load(control, STOP) === 1) break;
    runList(kernels);
    Atomics.add(control, FINISHED, 1);
    Atomics.notify(control, FINISHED);
  }
} catch (error) {
  const code = (error as { code?: string }).code ?? 'kernel-fault';
  port.postMessage({ type: 'failed', code, message: messageOf(error) });
}

/** @throws the trap of the kernels; nobody waits for this worker then */
function runList(kernels: Kernels): void {
  try {
    kernels.run(Atomics.load(control, LIST), Atomics.load(control, COUNT), worker, workers);
  } catch (error) {
    abortList(memory);
    throw error;
  }
}

/** Spins for a while, then sleeps, until the step differs from `last`. */
function nextStep(last: number): number {
  const until = performance.now() + SPIN_MS;
  do {
    for (let i = 0; i < 256; i += 1) {
      const step = Atomics.load(control, STEP);
      if (step !== last) return step;
    }
  } while (performance.now() < until);
  Atomics.wait(control, STEP, last);
  return Atomics.load(control, STEP);
}
