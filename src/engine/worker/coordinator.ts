/**
 * The coordinator: a worker thread that owns the model, decides each step with the scheduler, runs
 * it together with the compute threads, samples, and reports tokens. It looks for new messages
 * between steps, so a cancelled request is gone within one step. Idle, it sleeps in the event loop.
 * What fails inside a step and is no fault of a request (a trap, a lost thread) ends the engine.
 */
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { isVitrineError, messageOf } from '../../base/index.ts';
import { type EncoderModel, isEncoder, type Model } from '../model/index.ts';
import { EmbeddingRunner } from './embedding-runner.ts';
import { STEP_ROWS_MAX } from './fit-plan.ts';
import { type LoadedModel, loadModel, type StepRunner } from './load-model.ts';
import type { FromCoordinator, LoadOptions, ToCoordinator } from './protocol.ts';
import { Runner } from './runner.ts';

interface CoordinatorData {
  options: LoadOptions;
  port: MessagePort;
}

const { options, port } = workerData as CoordinatorData;
const send = (message: FromCoordinator, transfer: ArrayBuffer[] = []): void =>
  port.postMessage(message, transfer);

/** Bytes of progress between two reports. */
const PROGRESS_BYTES = 2 * 1024 * 1024;

await main();

async function main(): Promise<void> {
  const started = performance.now();
  let reported = 0;
  try {
    const loaded = await loadModel(options, (bytesDone, bytesTotal) => {
      if (bytesDone - reported < PROGRESS_BYTES) return;
      reported = bytesDone;
      send({ type: 'progress', bytesDone, bytesTotal });
    });
    const runner = runnerOf(loaded);
    send(runner.describe(performance.now() - started));
    serve(runner);
  } catch (error) {
    send({ type: 'load-failed', ...describeError(error) });
    port.close();
  }
}

function runnerOf(loaded: LoadedModel): StepRunner {
  if (!isEncoder(loaded.model)) return new Runner(loaded as LoadedModel<Model>, send);
  const { stepRowsMax = STEP_ROWS_MAX } = options;
  return new EmbeddingRunner(loaded as LoadedModel<EncoderModel>, stepRowsMax, send);
}

/** Handles messages as they come; while there is work, steps are run and messages polled. */
function serve(runner: StepRunner): void {
  let working = false;
  const die = (reason: string): void => {
    if (runner.closed) return;
    send({ type: 'died', reason });
    port.close();
    void runner.close();
  };
  void runner.loaded.team.failed.then(die);
  const handle = (message: ToCoordinator): void => {
    if (message.type === 'close') {
      port.close();
      void runner.close();
      return;
    }
    runner.accept(message);
    if (!working) setImmediate(work);
  };
  const work = (): void => {
    working = true;
    try {
      while (!runner.closed && runner.step()) handleWaiting();
    } catch (error) {
      die(messageOf(error));
    }
    working = false;
  };
  const handleWaiting = (): void => {
    for (;;) {
      const received = receiveMessageOnPort(port);
      if (received === undefined) return;
      handle(received.message as ToCoordinator);
    }
  };
  port.on('message', handle);
}

function describeError(error: unknown): { code: string; message: string } {
  const code = isVitrineError(error) ? error.code : 'kernel-fault';
  return { code, message: messageOf(error) };
}
