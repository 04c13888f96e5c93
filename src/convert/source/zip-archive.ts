/**
 * The members of a zip file that are stored as they are (APPNOTE 6.3.10, ZIP64 included): what
 * `torch.save` writes. A packed member is refused, so that no file can swell. Nothing is extracted;
 * members are ranges of the file.
 *
 *   [local header 30 + name + extra][data] … [central header 46 + name + extra + note] …
 *   [ZIP64 end 56] [ZIP64 locator 20] [end 22 + comment]
 */
import { convertError, quoted } from '../errors.ts';
import type { OpenFile } from './tensor-source.ts';

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_RECORD = 0x06054b50;
const END64_RECORD = 0x06064b50;
const END64_LOCATOR = 0x07064b50;
const END_BYTES = 22;
const END_SEARCH_BYTES = END_BYTES + 0xffff + 20;
const DIRECTORY_BYTES_MAX = 64 << 20;
const MEMBER_COUNT_MAX = 1 << 20;
const STORED = 0;
/** Stands in a field of 32 bits whose value is in the ZIP64 extra field. */
const ELSEWHERE = 0xffffffff;
const ZIP64_EXTRA = 1;

export interface ZipMember {
  readonly name: string;
  readonly method: number;
  readonly isEncrypted: boolean;
  readonly crc32: number;
  readonly bytesPacked: number;
  readonly bytes: number;
  /** Of the local header. */
  readonly offsetBytes: number;
}

/** The central directory, by name. @throws VitrineError bad-checkpoint */
export async function readZip(file: OpenFile): Promise<Map<string, ZipMember>> {
  const { memberCount, bytes, offsetBytes } = await readEnd(file);
  if (
    bytes > DIRECTORY_BYTES_MAX ||
    memberCount > MEMBER_COUNT_MAX ||
    offsetBytes + bytes > file.fileBytes
  ) {
    throw bad(
      file,
      `has a directory of ${memberCount} members in ${bytes} bytes at ${offsetBytes}`,
    );
  }
  const directory = await file.read(offsetBytes, bytes);
  const members = new Map<string, ZipMember>();
  let at = 0;
  for (let i = 0; i < memberCount; i += 1) {
    if (at + 46 > bytes || directory.readUInt32LE(at) !== CENTRAL_HEADER) {
      throw bad(file, `has ${i} of ${memberCount} members in its directory`);
    }
    const nameEnd = at + 46 + directory.readUInt16LE(at + 28);
    const extraEnd = nameEnd + directory.readUInt16LE(at + 30);
    const next = extraEnd + directory.readUInt16LE(at + 32);
    if (next > bytes) throw bad(file, 'has a member that leaves its directory');
    const member = readMember(file, directory, at, nameEnd, extraEnd);
    if (members.has(member.name)) throw bad(file, `has two members ${quoted(member.name)}`);
    members.set(member.name, member);
    at = next;
  }
  return members;
}

/** Where the data of a stored member begins in the file. @throws VitrineError bad-checkpoint */
export async function dataOffset(file: OpenFile, member: ZipMember): Promise<number> {
  const { name, method, bytes, bytesPacked } = member;
  if (member.isEncrypted || method !== STORED || bytes !== bytesPacked) {
    throw bad(
      file,
      `has ${quoted(name)} packed (method ${method}, ${bytesPacked} -> ${bytes} bytes); ` +
        'torch.save stores members as they are, and only that is read',
    );
  }
  const header = await file.read(member.offsetBytes, 30);
  if (header.readUInt32LE(0) !== LOCAL_HEADER) {
    throw bad(file, `has no ${quoted(name)} where its directory says`);
  }
  const start = member.offsetBytes + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (start + bytes > file.fileBytes) {
    throw bad(file, `has ${quoted(name)} reaching over its end`);
  }
  return start;
}

interface End {
  readonly memberCount: number;
  readonly bytes: number;
  readonly offsetBytes: number;
}

async function readEnd(file: OpenFile): Promise<End> {
  const tailBytes = Math.min(file.fileBytes, END_SEARCH_BYTES);
  const tail = await file.read(file.fileBytes - tailBytes, tailBytes);
  for (let at = tailBytes - END_BYTES; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) !== END_RECORD) continue;
    if (at + END_BYTES + tail.readUInt16LE(at + 20) !== tailBytes) continue;
    const end = {
      memberCount: tail.readUInt16LE(at + 10),
      bytes: tail.readUInt32LE(at + 12),
      offsetBytes: tail.readUInt32LE(at + 16),
    };
    const isWide = at >= 20 && tail.readUInt32LE(at - 20) === END64_LOCATOR;
    return isWide ? readEnd64(file, Number(tail.readBigUInt64LE(at - 12))) : end;
  }
  throw bad(file, 'is no zip file, or is cut off');
}

async function readEnd64(file: OpenFile, at: number): Promise<End> {
  const record = at + 56 <= file.fileBytes ? await file.read(at, 56) : Buffer.alloc(56);
  if (record.readUInt32LE(0) !== END64_RECORD) throw bad(file, 'has no ZIP64 end record');
  return {
    memberCount: Number(record.readBigUInt64LE(32)),
    bytes: Number(record.readBigUInt64LE(40)),
    offsetBytes: Number(record.readBigUInt64LE(48)),
  };
}

function readMember(
  file: OpenFile,
  directory: Buffer,
  at: number,
  nameEnd: number,
  extraEnd: number,
): ZipMember {
  const name = directory.toString('utf8', at + 46, nameEnd);
  const wide = wideSizes(directory.subarray(nameEnd, extraEnd));
  const size = (offset: number): number => {
    const value = directory.readUInt32LE(at + offset);
    if (value !== ELSEWHERE) return value;
    const next = wide.shift();
    if (next === undefined) throw bad(file, `has ${quoted(name)} without its ZIP64 sizes`);
    return next;
  };
  // In the order of the ZIP64 extra field.
  const bytes = size(24);
  const bytesPacked = size(20);
  const offsetBytes = size(42);
  return {
    ...{ name, bytes, bytesPacked, offsetBytes },
    isEncrypted: (directory.readUInt16LE(at + 8) & 1) !== 0,
    method: directory.readUInt16LE(at + 10),
    crc32: directory.readUInt32LE(at + 16),
  };
}

function wideSizes(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== ZIP64_EXTRA) continue;
    const end = Math.min(extra.length, at + 4 + extra.readUInt16LE(at + 2));
    const sizes: number[] = [];
    for (let i = at + 4; i + 8 <= end && sizes.length < 3; i += 8) {
      sizes.push(Number(extra.readBigUInt64LE(i)));
    }
    return sizes;
  }
  return [];
}

function bad(file: OpenFile, what: string): Error {
  return convertError('bad-checkpoint', `${file.path} ${what}`);
}
