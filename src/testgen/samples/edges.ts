/**
 * Edge values by scalar type, with names that read well in a test report. The values sit where
 * encodings change: sign, width, varint length, presence, UTF-8 length.
 */
import { ScalarType } from '@bufbuild/protobuf';
import type { Scalar } from '../value.ts';

export interface Edge {
  readonly label: string;
  readonly value: Scalar;
  /** Also worth a request to a service: the values by which implementations differ. */
  readonly isForRequests: boolean;
}

/** Bytes of the string whose length takes two bytes as a varint. */
const LONG_LENGTH = 130;

const edge = (label: string, value: Scalar, isForRequests = true): Edge => ({
  label,
  value,
  isForRequests,
});

const INT32 = [
  edge('zero', 0),
  edge('one', 1, false),
  edge('minus one', -1),
  edge('max', 2147483647),
  edge('min', -2147483648),
];
const UINT32 = [edge('zero', 0), edge('one', 1, false), edge('max', 4294967295)];
const INT64 = [
  edge('zero', 0n),
  edge('minus one', -1n),
  edge('above 2^53', 9007199254740993n, false),
  edge('max', 9223372036854775807n),
  edge('min', -9223372036854775808n),
];
const UINT64 = [
  edge('zero', 0n),
  edge('above 2^53', 9007199254740993n, false),
  edge('max', 18446744073709551615n),
];
const specialFloats = [
  edge('zero', 0),
  edge('minus zero', -0, false),
  edge('negative', -1.5),
  edge('infinity', Number.POSITIVE_INFINITY, false),
  edge('minus infinity', Number.NEGATIVE_INFINITY, false),
  edge('NaN', Number.NaN),
];
const FLOAT = [
  ...specialFloats,
  edge('smallest', 1.401298464324817e-45, false),
  edge('max', 3.4028234663852886e38),
];
const DOUBLE = [
  ...specialFloats,
  edge('smallest', 5e-324, false),
  edge('max', Number.MAX_VALUE),
  edge('inexact', 0.1, false),
];

const EDGES: Readonly<Record<ScalarType, readonly Edge[]>> = {
  [ScalarType.INT32]: INT32,
  [ScalarType.SINT32]: INT32,
  [ScalarType.SFIXED32]: INT32,
  [ScalarType.UINT32]: UINT32,
  [ScalarType.FIXED32]: UINT32,
  [ScalarType.INT64]: INT64,
  [ScalarType.SINT64]: INT64,
  [ScalarType.SFIXED64]: INT64,
  [ScalarType.UINT64]: UINT64,
  [ScalarType.FIXED64]: UINT64,
  [ScalarType.FLOAT]: FLOAT,
  [ScalarType.DOUBLE]: DOUBLE,
  [ScalarType.BOOL]: [edge('false', false), edge('true', true)],
  [ScalarType.STRING]: [
    edge('empty', ''),
    edge('spaces', '  '),
    edge('control characters', 'a\u0000\t\r\n"\\\'`$<>\u2028', false),
    edge('unicode', 'Zo\u00eb \u6f22\u5b57 \ud83d\ude00 e\u0301'),
    edge('long', 'x'.repeat(LONG_LENGTH)),
  ],
  [ScalarType.BYTES]: [
    edge('empty', new Uint8Array(0)),
    edge('one zero byte', new Uint8Array([0]), false),
    edge('not UTF-8', new Uint8Array([0xff, 0xfe, 0x80, 0x00, 0xc3])),
    edge('long', new Uint8Array(LONG_LENGTH).fill(0xa5)),
  ],
};

export function edgesOf(type: ScalarType): readonly Edge[] {
  return EDGES[type];
}

/** Edges that are legal map keys and distinct in JSON: no float, no bytes. */
export function keyEdgesOf(type: ScalarType): readonly Edge[] {
  return EDGES[type].filter((candidate) => !Object.is(candidate.value, -0));
}

/** A plausible value that differs from field to field, so that swapped fields are seen. */
export function typicalScalar(type: ScalarType, name: string, number: number): Scalar {
  switch (type) {
    case ScalarType.BOOL:
      return true;
    case ScalarType.STRING:
      return `${name} ${number}`;
    case ScalarType.BYTES:
      return new Uint8Array([number & 0xff, 1, 2]);
    case ScalarType.FLOAT:
    case ScalarType.DOUBLE:
      return (number % 4096) + 0.5;
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return BigInt(100 + number);
    default:
      return 10 + number;
  }
}
