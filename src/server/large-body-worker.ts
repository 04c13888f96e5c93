/** The thread of large-bodies.ts: bytes -> checked, flat request. */
import { parentPort } from 'node:worker_threads';
import { must } from '../base/index.ts';
import { asRequestError } from './error-reply.ts';
import type { ServerErrorCode } from './error-table.ts';
import { flatten } from './prompt.ts';
import { BODY_SCHEMAS, createCheck, parseJson } from './request-reading.ts';

export interface BodyJob {
  readonly route: string;
  readonly body: Uint8Array;
}

export type BodyAnswer =
  | { readonly value: unknown }
  | { readonly code: ServerErrorCode; readonly message: string; readonly param?: string };

const port = must(parentPort, 'this file runs as a worker');
const checks = new Map(
  Object.entries(BODY_SCHEMAS).map(([route, schema]) => [route, createCheck(schema)]),
);

port.on('message', ({ route, body }: BodyJob) => port.postMessage(read(route, body)));

function read(route: string, body: Uint8Array): BodyAnswer {
  try {
    const value = parseJson(body);
    const problem = must(checks.get(route), 'the route has a schema')(value);
    if (problem !== undefined) throw problem;
    const hasMessages = typeof value === 'object' && value !== null && 'messages' in value;
    return { value: hasMessages ? flatten(value as Parameters<typeof flatten>[0]) : value };
  } catch (error) {
    const { code, message, param } = asRequestError(error, 'its request');
    return { code, message, param };
  }
}
