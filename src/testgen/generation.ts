/**
 * Generation in a thread of its own: Ctrl-C is heard while it computes, and its stack is deep
 * enough for definitions whose messages hold each other thousands of levels deep, through which
 * @bufbuild/protobuf goes by recursion.
 */
import { Worker } from 'node:worker_threads';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type CodeGeneratorRequest,
  CodeGeneratorRequestSchema,
  CodeGeneratorResponseSchema,
} from '@bufbuild/protobuf/wkt';
import { testgenError } from './errors.ts';
import type { RawOption } from './options.ts';
import type { Generated } from './plugin.ts';

/** Address space, touched only as far as it is needed: about 1 KB a level. */
const STACK_MB = 256;

export interface GenerationInput {
  readonly request: CodeGeneratorRequest;
  /** In place of the request's parameter. */
  readonly options?: readonly RawOption[];
  /** Aborted on Ctrl-C. */
  readonly signal?: AbortSignal;
}

/** What passes between the two threads. */
export interface GenerationJob {
  readonly request: Uint8Array;
  readonly options?: readonly RawOption[];
}
export interface GenerationResult extends Omit<Generated, 'response'> {
  readonly response: Uint8Array;
}

/** @throws VitrineError interrupted */
export async function generateAside(input: GenerationInput): Promise<Generated> {
  const { signal, options } = input;
  const request = toBinary(CodeGeneratorRequestSchema, input.request);
  const job: GenerationJob = { request, ...(options && { options }) };
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./generation-thread.${extension}`, import.meta.url), {
    workerData: job,
    resourceLimits: { stackSizeMb: STACK_MB },
  });
  const { promise, resolve, reject } = Promise.withResolvers<GenerationResult>();
  worker.once('message', resolve);
  worker.once('error', reject);
  worker.once('exit', (code) => reject(new Error(`the generating thread ended with ${code}`)));
  const stop = (): void => reject(testgenError('interrupted', 'interrupted; nothing was written'));
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  try {
    const result = await promise;
    return { ...result, response: fromBinary(CodeGeneratorResponseSchema, result.response) };
  } finally {
    signal?.removeEventListener('abort', stop);
    await worker.terminate();
  }
}
