/** The thread of generation.ts: request bytes -> generated files. */
import { parentPort, workerData } from 'node:worker_threads';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { CodeGeneratorRequestSchema, CodeGeneratorResponseSchema } from '@bufbuild/protobuf/wkt';
import { must } from '../base/index.ts';
import type { GenerationJob, GenerationResult } from './generation.ts';
import { generate } from './plugin.ts';

const { request, options }: GenerationJob = workerData;
const made = generate(fromBinary(CodeGeneratorRequestSchema, request), options);
const response = toBinary(CodeGeneratorResponseSchema, made.response);
const result: GenerationResult = { ...made, response };
must(parentPort, 'this file runs as a worker').postMessage(result);
