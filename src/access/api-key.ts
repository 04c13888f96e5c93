/**
 * The one API key: 256 random bits, shown once when it is made; the data directory keeps a salted
 * hash only. One round of SHA-256 is enough for a key of that many random bits (there is nothing to
 * guess), and a request must not pay for more; so keys from the environment have a minimum length.
 *
 *   api-key.json  { "version": 1, "salt": 32 hex digits, "hash": 64 hex digits, "createdAt": … }
 *   hash = SHA-256(salt bytes, key in UTF-8)
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolders, messageOf, VitrineError } from '../base/index.ts';

export type AccessErrorCode =
  /** VITRINE_API_KEY is too short or cannot be sent in a header. */
  | 'weak-key'
  /** api-key.json is not what this part wrote. */
  | 'bad-key-file'
  /** The data directory cannot be read or written. */
  | 'data-directory';

export interface KeyVerifier {
  verify(presented: string): boolean;
}

export interface OpenApiKeyOptions {
  /** VITRINE_DATA_DIR, resolved; made when it is not there. */
  readonly dataDir: string;
  /** VITRINE_API_KEY; used instead of the stored key, which stays as it is. */
  readonly environmentKey?: string;
}

export interface OpenedApiKey {
  readonly verifier: KeyVerifier;
  /** The key, when this call made it: to be shown once. */
  readonly created?: string;
  readonly source: 'created' | 'stored' | 'environment';
}

/** 128 bits in base64url are 22 characters. */
export const ENVIRONMENT_KEY_LENGTH_MIN = 22;
/** Longer ones meet limits on header sizes. */
const KEY_LENGTH_MAX = 1024;
/** So that leak scanners recognise a key. */
const KEY_PREFIX = 'vitrine-';
const KEY_BYTES = 32;
const SALT_BYTES = 16;
/** In the data directory. */
export const API_KEY_FILE = 'api-key.json';
const FILE_BYTES_MAX = 4096;

/** @throws VitrineError weak-key, bad-key-file, data-directory */
export async function openApiKey(options: OpenApiKeyOptions): Promise<OpenedApiKey> {
  const { environmentKey } = options;
  if (environmentKey !== undefined && environmentKey !== '') {
    checkEnvironmentKey(environmentKey);
    return { verifier: new HashVerifier(saltedHash(environmentKey)), source: 'environment' };
  }
  const path = join(options.dataDir, API_KEY_FILE);
  const stored = await readKeyFile(path);
  if (stored !== undefined) return { verifier: new HashVerifier(stored), source: 'stored' };
  const key = KEY_PREFIX + randomBytes(KEY_BYTES).toString('base64url');
  const made = saltedHash(key);
  if (await writeKeyFile(options.dataDir, path, made)) {
    return { verifier: new HashVerifier(made), created: key, source: 'created' };
  }
  // Another process made one at the same time; that one holds.
  return openApiKey(options);
}

interface SaltedHash {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

function saltedHash(key: string): SaltedHash {
  const salt = randomBytes(SALT_BYTES);
  return { salt, hash: hashOf(salt, key) };
}

function hashOf(salt: Buffer, key: string): Buffer {
  return createHash('sha256').update(salt).update(key, 'utf8').digest();
}

class HashVerifier implements KeyVerifier {
  readonly #stored: SaltedHash;

  constructor(stored: SaltedHash) {
    this.#stored = stored;
  }

  /** In a time that tells nothing about the key. */
  verify(presented: string): boolean {
    if (presented.length > KEY_LENGTH_MAX) return false;
    const { salt, hash } = this.#stored;
    return timingSafeEqual(hashOf(salt, presented), hash);
  }
}

function checkEnvironmentKey(key: string): void {
  const { length } = key;
  if (length < ENVIRONMENT_KEY_LENGTH_MIN || length > KEY_LENGTH_MAX) {
    throw new VitrineError<AccessErrorCode>(
      'weak-key',
      `VITRINE_API_KEY: expected ${ENVIRONMENT_KEY_LENGTH_MIN} to ${KEY_LENGTH_MAX} random ` +
        `characters, got ${length}. \`openssl rand -base64 32\` makes one; without the variable ` +
        'vitrine makes its own.',
    );
  }
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new VitrineError<AccessErrorCode>(
      'weak-key',
      'VITRINE_API_KEY: expected printable ASCII without spaces, so that a header can carry it; ' +
        'got other characters.',
    );
  }
}

/** Undefined when there is none. */
async function readKeyFile(path: string): Promise<SaltedHash | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw directoryError(path, 'read', error);
  }
  const stored = text.length <= FILE_BYTES_MAX ? parseKeyFile(text) : undefined;
  if (stored !== undefined) return stored;
  throw new VitrineError<AccessErrorCode>(
    'bad-key-file',
    `${path} is not a key file of this version. Move it away, and the next start makes a new key.`,
  );
}

function parseKeyFile(text: string): SaltedHash | undefined {
  let value: { version?: unknown; salt?: unknown; hash?: unknown } | null;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { version, salt, hash } = value ?? {};
  if (version !== 1 || typeof salt !== 'string' || typeof hash !== 'string') return undefined;
  if (!/^[0-9a-f]{32}$/.test(salt) || !/^[0-9a-f]{64}$/.test(hash)) return undefined;
  return { salt: Buffer.from(salt, 'hex'), hash: Buffer.from(hash, 'hex') };
}

/** Durable, for the owner alone, and only when there is none yet: false when there is. */
async function writeKeyFile(dataDir: string, path: string, made: SaltedHash): Promise<boolean> {
  const createdAt = new Date().toISOString();
  const fields = { version: 1, salt: made.salt.toString('hex'), hash: made.hash.toString('hex') };
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    await makeFolders(dataDir, { make: (folder) => mkdir(folder, { mode: 0o700 }), dirname });
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(`${JSON.stringify({ ...fields, createdAt }, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    // Unlike a rename, a link fails when another process was first.
    await link(draft, path);
    await syncDirectory(dataDir);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw directoryError(path, 'write', error);
  } finally {
    await rm(draft, { force: true });
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function directoryError(path: string, verb: string, cause: unknown): VitrineError<AccessErrorCode> {
  return new VitrineError(
    'data-directory',
    `cannot ${verb} ${path} (${messageOf(cause)}); check VITRINE_DATA_DIR and its permissions.`,
    { cause },
  );
}
