/** Ids of requests and answers: a prefix and 120 random bits. */
import { randomBytes } from 'node:crypto';

export function newId(prefix: 'req_' | 'msg_' | 'chatcmpl-'): string {
  return prefix + randomBytes(15).toString('base64url');
}
