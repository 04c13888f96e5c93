/**
 * Whether a folder came with the repository: installed packages are trusted because the user
 * installed them, and a `node_modules` or `.venv` that is committed was installed by somebody else.
 * Reads the index of git (format 2 to 4) by itself: git would run what the repository's own
 * settings name. Without an index (an unpacked archive) nothing can be known, and the answer is no.
 *
 *   header   "DIRC", version (4 bytes), count (4 bytes)
 *   entry    40 bytes of stat, hash (20 bytes), flags (2 bytes, 2 more with bit 0x4000),
 *            path, NUL, padding to a multiple of 8 (formats 2 and 3)
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** A kernel's index has 10 MB; more is left alone. */
const INDEX_BYTES_MAX = 256 * 1024 * 1024;

const HEADER_BYTES = 12;
const STAT_AND_HASH_BYTES = 60;

/** `folder` is absolute. */
export function isCommitted(folder: string): boolean {
  for (let top = dirname(folder); ; top = dirname(top)) {
    if (existsSync(join(top, '.git'))) {
      const wanted = `${relative(top, folder).split(sep).join('/')}/`;
      return readIndex(join(top, '.git')).some((path) => path.startsWith(wanted));
    }
    if (dirname(top) === top) return false;
  }
}

function readIndex(git: string): string[] {
  try {
    // In a worktree or a submodule `.git` is a file that says where.
    const isFile = statSync(git).isFile() && statSync(git).size < 4096;
    const said = isFile ? /^gitdir: (.+)$/m.exec(readFileSync(git, 'utf8'))?.[1] : undefined;
    const index = join(said === undefined ? git : resolve(dirname(git), said), 'index');
    return statSync(index).size > INDEX_BYTES_MAX ? [] : indexPaths(readFileSync(index));
  } catch {
    // A repository without a commit, or one that cannot be read.
    return [];
  }
}

/** Every path of an index; [] when it is none. */
export function indexPaths(bytes: Buffer): string[] {
  if (bytes.length < HEADER_BYTES || bytes.toString('latin1', 0, 4) !== 'DIRC') return [];
  const version = bytes.readUInt32BE(4);
  const count = bytes.readUInt32BE(8);
  const paths: string[] = [];
  let at = HEADER_BYTES;
  let previous = '';
  for (let n = 0; n < count && at + STAT_AND_HASH_BYTES + 2 < bytes.length; n += 1) {
    const start = at;
    const flags = bytes.readUInt16BE(at + STAT_AND_HASH_BYTES);
    at += STAT_AND_HASH_BYTES + ((flags & 0x4000) === 0 ? 2 : 4);
    let kept = '';
    if (version === 4) {
      const [cut, next] = readOffset(bytes, at);
      kept = previous.slice(0, previous.length - cut);
      at = next;
    }
    const end = bytes.indexOf(0, at);
    if (end < 0) break;
    previous = kept + bytes.toString('latin1', at, end);
    paths.push(Buffer.from(previous, 'latin1').toString('utf8'));
    at = version === 4 ? end + 1 : start + ((end - start + 8) & ~7);
  }
  return paths;
}

/** Git's variable width number: each continued byte adds one to what came before. */
function readOffset(bytes: Buffer, from: number): [value: number, next: number] {
  let at = from;
  let byte = bytes[at++] ?? 0;
  let value = byte & 0x7f;
  while ((byte & 0x80) !== 0 && at < bytes.length) {
    byte = bytes[at++] ?? 0;
    value = ((value + 1) << 7) | (byte & 0x7f);
  }
  return [value, at];
}
