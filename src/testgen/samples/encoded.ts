/** A sample's bytes, made and proven here: it must survive its own binary round trip. */
import {
  equals,
  fromBinary,
  fromJsonString,
  type Registry,
  toBinary,
  toJsonString,
} from '@bufbuild/protobuf';
import { messageOf } from '../../base/index.ts';
import { testgenError } from '../errors.ts';
import { type MessageValue, toMessage } from '../value.ts';

export interface Encoded {
  readonly wire: Uint8Array;
  /** False: protobuf's JSON cannot carry this value (a Timestamp out of range, say). */
  readonly isJson: boolean;
}

/** The bytes, or why there are none. */
export function encode(value: MessageValue, registry: Registry): Encoded | string {
  try {
    const wire = toBinary(value.desc, toMessage(value));
    const again = toBinary(value.desc, fromBinary(value.desc, wire));
    if (Buffer.compare(wire, again) !== 0) return 'its bytes change in a round trip';
    return { wire, isJson: survivesJson(value, registry) };
  } catch (error) {
    throwIfTooDeep(error, value);
    return messageOf(error);
  }
}

function survivesJson(value: MessageValue, registry: Registry): boolean {
  try {
    const before = toMessage(value);
    const text = toJsonString(value.desc, before, { registry });
    const after = fromJsonString(value.desc, text, { registry });
    if (equals(value.desc, before, after, { extensions: true, registry })) return true;
    // NaN equals nothing, itself neither: its bytes do.
    const bytes = toBinary(value.desc, before);
    return Buffer.compare(bytes, toBinary(value.desc, after)) === 0;
  } catch (error) {
    throwIfTooDeep(error, value);
    return false;
  }
}

/**
 * @bufbuild/protobuf goes through all the types that a message can hold by recursion; once the
 * stack has ended it is left half prepared, and its answers are worth nothing.
 */
function throwIfTooDeep(error: unknown, { desc }: MessageValue): void {
  if (!(error instanceof RangeError && /call stack/.test(error.message))) return;
  throw testgenError('bad-definition', `${desc.typeName} nests its types too deep to be read`);
}
