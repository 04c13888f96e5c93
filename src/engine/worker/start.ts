/** Starts the coordinator in a thread of its own; the HTTP thread sees a port and nothing else. */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { LoadOptions } from './protocol.ts';

export interface Coordinator {
  port: MessagePort;
  /** Resolves when the thread is gone. */
  ended: Promise<void>;
  terminate(): Promise<void>;
}

export function startCoordinator(options: LoadOptions): Coordinator {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(new URL(`./coordinator.${extension}`, import.meta.url), {
    workerData: { options, port: port2 },
    transferList: [port2],
  });
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  // Before it is loaded this fails the load; afterwards the engine has died.
  worker.on('error', ({ message }) => {
    port1.emit('message', { type: 'load-failed', code: 'kernel-fault', message });
    port1.emit('message', { type: 'died', reason: message });
  });
  return {
    port: port1,
    ended,
    terminate: async () => {
      await worker.terminate();
    },
  };
}
