/**
 * The kernels' only export: runs a list of kernel calls. Every worker runs the same list; work is
 * claimed in chunks, and all wait for each other after each call that asks for it.
 */
import { activate } from './activate';
import { attention } from './attention';
import { embed } from './embed';
import { matmul } from './matmul';
import { readAll } from './read';
import {
  NO_BARRIER,
  OP_ACTIVATE,
  OP_ATTENTION,
  OP_ATTENTION_ALL,
  OP_EMBED,
  OP_MATMUL,
  OP_READ,
  OP_ROPE_KV,
  OP_ROWS,
  RECORD_BYTES,
  barrier,
  claim,
} from './record';
import { ropeKv } from './rope-kv';
import { rows } from './rows';

/**
 * @param list address of the first record @param count records
 * @param worker this worker's number @param workers how many run this list
 */
export function run(list: usize, count: i32, worker: i32, workers: i32): void {
  for (let i = 0; i < count; i++) {
    const opcode = load<i32>(list);
    const units = load<i32>(list, 4);
    const grain = load<i32>(list, 8);
    for (let first = claim(list, grain); first < units; first = claim(list, grain)) {
      const end = min(first + grain, units);
      switch (opcode & 0xffff) {
        case OP_EMBED: embed(list, first, end); break;
        case OP_ACTIVATE: activate(list, first, end); break;
        case OP_MATMUL: matmul(list, first, end); break;
        case OP_ROPE_KV: ropeKv(list, first, end); break;
        case OP_ATTENTION_ALL:
        case OP_ATTENTION: attention(list, first, end, worker); break;
        case OP_ROWS: rows(list, first, end); break;
        case OP_READ: readAll(list, first, end); break;
        default: unreachable();
      }
    }
    if (!(opcode & NO_BARRIER)) barrier(list, workers);
    list += RECORD_BYTES;
  }
}
