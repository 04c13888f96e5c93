/**
 * Reads one member out of a zip file (APPNOTE 6.3.10), as a stream: a wheel is one. Bounded, and
 * checked against its CRC-32 and length. Methods stored and deflate. Does not do ZIP64, encryption,
 * several disks; extracts nothing but the member that is asked for, so paths inside do not matter.
 *
 *   [local header 30 + name + extra][data] … [central header 46 + name + extra + note] … [end 22]
 */
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { SourceFault } from './errors.ts';

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_RECORD = 0x06054b50;
const END_BYTES = 22;
/** The end record may be followed by a comment of 16-bit length. */
const END_SEARCH_BYTES = END_BYTES + 0xffff;
const CHUNK_BYTES = 1 << 18;
const DIRECTORY_BYTES_MAX = 16 << 20;
const ZIP64 = 0xffffffff;

const STORED = 0;
const DEFLATE = 8;

export interface ZipMember {
  readonly name: string;
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc32: number;
  readonly bytesPacked: number;
  readonly bytes: number;
  readonly offsetBytes: number;
}

/** The central directory. @throws SourceFault */
export async function readZipDirectory(path: string): Promise<ZipMember[]> {
  const file = await open(path, 'r');
  try {
    const fileBytes = (await file.stat()).size;
    const end = await readEnd(file, path, fileBytes);
    const directory = await readAt(file, path, end.offsetBytes, end.bytes);
    return parseDirectory(path, directory, end.memberCount);
  } finally {
    await file.close();
  }
}

/**
 * Feeds the member's content to `write`, chunk by chunk.
 * @throws SourceFault when length or CRC-32 differ from the directory's
 */
export async function extractMember(
  path: string,
  member: ZipMember,
  write: (chunk: Uint8Array) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  if (member.encrypted || (member.method !== STORED && member.method !== DEFLATE)) {
    throw broken(path, `${member.name} is encrypted or packed by method ${member.method}`);
  }
  const file = await open(path, 'r');
  try {
    const start = await dataOffset(file, path, member);
    let checksum = 0;
    let bytes = 0;
    const sink = async (chunks: AsyncIterable<Uint8Array>) => {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        signal?.throwIfAborted();
        if (bytes > member.bytes) throw broken(path, `${member.name} is longer than it says`);
        checksum = crc32(chunk, checksum);
        await write(chunk);
      }
    };
    const packed = readRange(file, start, member.bytesPacked);
    if (member.method === STORED) await sink(packed);
    else await inflateInto(path, packed, sink, signal);
    if (bytes !== member.bytes || checksum !== member.crc32) {
      throw broken(path, `${member.name} does not have the recorded length and CRC-32`);
    }
  } finally {
    await file.close();
  }
}

async function inflateInto(
  path: string,
  packed: AsyncIterable<Uint8Array>,
  sink: (chunks: AsyncIterable<Uint8Array>) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const inflate = createInflateRaw({ chunkSize: CHUNK_BYTES });
  try {
    await pipeline(packed, inflate, (chunks) => sink(chunks as AsyncIterable<Uint8Array>), {
      signal,
    });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code.startsWith('Z_')) throw broken(path, `cannot be unpacked (${code})`);
    throw error;
  }
}

async function* readRange(file: FileHandle, start: number, bytes: number) {
  const end = start + bytes;
  for (let at = start; at < end; ) {
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, end - at));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
    if (bytesRead === 0) return;
    yield chunk.subarray(0, bytesRead);
    at += bytesRead;
  }
}

interface EndRecord {
  readonly memberCount: number;
  readonly bytes: number;
  readonly offsetBytes: number;
}

async function readEnd(file: FileHandle, path: string, fileBytes: number): Promise<EndRecord> {
  const tailBytes = Math.min(fileBytes, END_SEARCH_BYTES);
  const tail = await readAt(file, path, fileBytes - tailBytes, tailBytes);
  for (let at = tailBytes - END_BYTES; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) !== END_RECORD) continue;
    if (at + END_BYTES + tail.readUInt16LE(at + 20) !== tailBytes) continue;
    const end = {
      memberCount: tail.readUInt16LE(at + 10),
      bytes: tail.readUInt32LE(at + 12),
      offsetBytes: tail.readUInt32LE(at + 16),
    };
    if (end.offsetBytes === ZIP64 || end.bytes === ZIP64 || end.memberCount === 0xffff) {
      throw broken(path, 'is a ZIP64 file (over 4 GB)');
    }
    if (end.bytes > DIRECTORY_BYTES_MAX || end.offsetBytes + end.bytes > fileBytes) {
      throw broken(path, `has a directory of ${end.bytes} bytes at ${end.offsetBytes}`);
    }
    return end;
  }
  throw broken(path, 'is no zip file, or is cut off');
}

function parseDirectory(path: string, directory: Buffer, memberCount: number): ZipMember[] {
  const members: ZipMember[] = [];
  let at = 0;
  for (let index = 0; index < memberCount; index += 1) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== CENTRAL_HEADER) {
      throw broken(path, `has ${index} of ${memberCount} members in its directory`);
    }
    const nameBytes = directory.readUInt16LE(at + 28);
    const skipBytes = directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    const next = at + 46 + nameBytes + skipBytes;
    if (next > directory.length) throw broken(path, 'has a member that leaves its directory');
    members.push({
      name: directory.toString('utf8', at + 46, at + 46 + nameBytes),
      encrypted: (directory.readUInt16LE(at + 8) & 1) !== 0,
      method: directory.readUInt16LE(at + 10),
      crc32: directory.readUInt32LE(at + 16),
      bytesPacked: directory.readUInt32LE(at + 20),
      bytes: directory.readUInt32LE(at + 24),
      offsetBytes: directory.readUInt32LE(at + 42),
    });
    at = next;
  }
  return members;
}

/** Where the data begins: the local header repeats the name and has its own extra field. */
async function dataOffset(file: FileHandle, path: string, member: ZipMember): Promise<number> {
  if ([member.bytes, member.bytesPacked, member.offsetBytes].includes(ZIP64)) {
    throw broken(path, `${member.name} has ZIP64 sizes (over 4 GB)`);
  }
  const header = await readAt(file, path, member.offsetBytes, 30);
  if (header.readUInt32LE(0) !== LOCAL_HEADER) {
    throw broken(path, `${member.name} is not where the directory says`);
  }
  const start = member.offsetBytes + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (start + member.bytesPacked > (await file.stat()).size) {
    throw broken(path, `${member.name} reaches over the end of the file`);
  }
  return start;
}

async function readAt(file: FileHandle, path: string, at: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await file.read(buffer, 0, bytes, at);
  if (bytesRead !== bytes) throw broken(path, `ends before byte ${at + bytes}`);
  return buffer;
}

function broken(path: string, what: string): SourceFault {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return new SourceFault(`${name} ${what}`, 'use another source, or another version');
}
