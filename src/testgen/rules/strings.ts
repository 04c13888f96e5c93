/** Texts and bytes around a string rule: lengths, affixes, formats, patterns. */
import type {
  BytesRules,
  StringRules,
} from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { matchingText } from './pattern.ts';

interface Text {
  readonly label: string;
  readonly value: string;
}
interface Bytes {
  readonly label: string;
  readonly value: Uint8Array;
}

const LENGTH_MAX = 300n;

/** One text of each format that protovalidate knows, and near misses. */
const FORMATS: readonly Text[] = [
  { label: 'an email address', value: 'ada@example.com' },
  { label: 'a host name', value: 'host.example.com' },
  { label: 'an IPv4 address', value: '192.0.2.1' },
  { label: 'an IPv6 address', value: '2001:db8::1' },
  { label: 'a URI', value: 'https://example.com/path?q=1#part' },
  { label: 'a relative URI', value: '/path?q=1' },
  { label: 'a UUID', value: '123e4567-e89b-12d3-a456-426614174000' },
  { label: 'a UUID without dashes', value: '123e4567e89b12d3a456426614174000' },
  { label: 'a ULID', value: '01ARZ3NDEKTSV4RRFFQ69G5FAV' },
  { label: 'an IPv4 prefix', value: '192.0.2.0/24' },
  { label: 'an IPv4 address with a length', value: '192.0.2.1/24' },
  { label: 'an IPv6 prefix', value: '2001:db8::/32' },
  { label: 'an IPv6 address with a length', value: '2001:db8::1/32' },
  { label: 'a host and port', value: 'host.example.com:8080' },
  { label: 'a header name', value: 'X-Header' },
  { label: 'a full name', value: 'acme.v1.Message' },
  { label: 'two words', value: 'not a format' },
  { label: 'a line break', value: 'two\nlines' },
];

export function stringCandidates(rules: StringRules): Text[] {
  const texts: Text[] = [];
  if (Object.hasOwn(rules, 'const')) texts.push({ label: 'const', value: rules.const });
  for (const value of [...rules.in, ...rules.notIn]) {
    texts.push({ label: JSON.stringify(value.slice(0, 40)), value });
  }
  if (rules.pattern !== '') {
    const value = matchingText(rules.pattern);
    if (value !== undefined) texts.push({ label: 'a match of the pattern', value });
    texts.push({ label: 'no match of the pattern', value: '\u0001 no match' });
  }
  const lengths = new Set(
    [rules.len, rules.minLen, rules.maxLen, rules.lenBytes, rules.minBytes, rules.maxBytes].flatMap(
      around,
    ),
  );
  const { prefix, suffix, contains, notContains } = rules;
  const core = `${prefix}${contains}${suffix}`;
  if (core !== '') {
    texts.push({ label: 'the affixes alone', value: core });
    texts.push({ label: 'the affixes around text', value: `${prefix}a${contains}b${suffix}` });
    texts.push({ label: 'a text without them', value: 'zzz' });
  }
  if (notContains !== '') {
    texts.push({ label: 'a forbidden part', value: `${core}${notContains}${suffix}` });
  }
  for (const length of lengths) {
    texts.push({
      label: counted(length, 'character'),
      value: padded(prefix + contains, suffix, length),
    });
    if (core === '') {
      texts.push({ label: counted(length, 'two-byte character'), value: '\u00e9'.repeat(length) });
    }
  }
  if (rules.wellKnown.case !== undefined) texts.push(...FORMATS);
  return texts;
}

export function bytesCandidates(rules: BytesRules): Bytes[] {
  const found: Bytes[] = [];
  const add = (label: string, value: Uint8Array): void => {
    found.push({ label, value });
  };
  if (Object.hasOwn(rules, 'const')) add('const', rules.const);
  for (const value of [...rules.in, ...rules.notIn]) add(`bytes ${hex(value)}`, value);
  if (rules.pattern !== '') {
    const text = matchingText(rules.pattern);
    if (text !== undefined) add('a match of the pattern', new TextEncoder().encode(text));
    add('no match of the pattern', new Uint8Array([1, 32]));
  }
  const core = join(rules.prefix, rules.contains, rules.suffix);
  if (core.length > 0) {
    add('the affixes alone', core);
    add('bytes without them', new Uint8Array([0xee, 0xee, 0xee]));
  }
  const lengths = new Set([rules.len, rules.minLen, rules.maxLen].flatMap(around));
  if (rules.wellKnown.case !== undefined) for (const length of [4, 16, 5]) lengths.add(length);
  for (const length of lengths) {
    const middle = new Uint8Array(Math.max(0, length - core.length)).fill(0x61);
    add(counted(length, 'byte'), join(rules.prefix, rules.contains, middle, rules.suffix));
  }
  return found;
}

/** "1 byte", "2 bytes" */
export function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** A text of so many characters that keeps its beginning and end. */
function padded(start: string, end: string, length: number): string {
  const middle = Math.max(0, length - [...start].length - [...end].length);
  return `${start}${'a'.repeat(middle)}${end}`;
}

function around(length: bigint): number[] {
  if (length === 0n || length > LENGTH_MAX) return [];
  const near = Number(length);
  return [near, near - 1, near + 1];
}

function join(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.slice(0, 16)).toString('hex');
}
