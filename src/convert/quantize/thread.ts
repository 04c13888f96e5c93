/** A thread of pool.ts: values in, bytes out. */
import { parentPort } from 'node:worker_threads';
import { must } from '../../base/index.ts';
import { tensorBytes } from '../../engine/gguf/index.ts';
import { type QuantizedType, quantize } from './index.ts';

export interface Work {
  readonly type: QuantizedType;
  readonly values: Float32Array;
}

const port = must(parentPort, 'a thread of the pool has a parent');
port.on('message', ({ type, values }: Work) => {
  const bytes = new Uint8Array(tensorBytes(type, values.length));
  quantize(type, values, bytes);
  port.postMessage(bytes, [bytes.buffer]);
});
