/** Rules on names, sizes and words, each over the whole tree. */
import { posix } from 'node:path';
import {
  type Finding,
  findAll,
  isCode,
  isFixture,
  isTest,
  type SourceFile,
} from './source-file.ts';

export const FILE_BYTES_MAX = 1_000_000;
export const FILE_LINES_MAX = 600;
export const LINE_LENGTH_MAX = 100;

/** Generated files and tables, which may be long and wide. */
const GENERATED = new Set(['src/engine/kernels/assembly/matmul-tiles.ts']);

const READ_BY_PEOPLE = /\.(ts|mts|js|mjs|cjs|py|sh|yml|yaml)$|^\.ci\/run$/;

function prose(files: readonly SourceFile[]): SourceFile[] {
  return files.filter(
    (file) => READ_BY_PEOPLE.test(file.path) && !GENERATED.has(file.path) && !isFixture(file),
  );
}

export function fileSizes(files: readonly SourceFile[]): Finding[] {
  return files
    .filter((file) => file.sizeBytes > FILE_BYTES_MAX)
    .map((file) => ({
      path: file.path,
      line: 0,
      message: `has ${file.sizeBytes} bytes; at most ${FILE_BYTES_MAX} are committed`,
    }));
}

export function fileLengths(files: readonly SourceFile[]): Finding[] {
  return prose(files).flatMap((file) => {
    const lines = file.text.split('\n').length - 1;
    if (lines <= FILE_LINES_MAX) return [];
    return [{ path: file.path, line: 0, message: `has ${lines} lines of at most 600` }];
  });
}

/** Comments, and what Biome could not break: what stands in strings does not count. */
export function lineLengths(files: readonly SourceFile[]): Finding[] {
  // The generators of oracles hold texts of any width.
  const narrow = prose(files).filter((file) => !/^test\/oracle\/.*\.py$/.test(file.path));
  return narrow.flatMap((file) => {
    const code = file.code.split('\n');
    const commentless = file.commentless.split('\n');
    return file.text.split('\n').flatMap((text, index) => {
      const inStrings = [...commentless[index]].filter((char, i) => char !== code[index][i]).length;
      const length = [...text].length - inStrings;
      if (length <= LINE_LENGTH_MAX) return [];
      const message = `has ${length} columns of at most ${LINE_LENGTH_MAX}`;
      return [{ path: file.path, line: index + 1, message }];
    });
  });
}

const NAME = /^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;
/** README.md, LICENSE, SHA256SUMS; the others are names that tools fix, Go's tests among them. */
const FIXED_NAME =
  /^([A-Z0-9]+(\.md)?|Containerfile|Dockerfile|Chart\.yaml|__init__\.py|[a-z0-9_]+_test\.go)$/;
const EMPTY_NAME = /^(utils?|helpers?|misc|common|stuff)\b/;

export function fileNames(files: readonly SourceFile[]): Finding[] {
  return files
    .filter((file) => !isFixture(file))
    .flatMap((file) => {
      const segments = file.path.split('/');
      const bad = segments.find((name) => !NAME.test(name) && !FIXED_NAME.test(name));
      if (bad !== undefined) {
        return [{ path: file.path, line: 0, message: `${bad} is not kebab-case` }];
      }
      const empty = segments.find((name) => EMPTY_NAME.test(name));
      if (empty === undefined) return [];
      return [{ path: file.path, line: 0, message: `${empty} does not say what it holds` }];
    });
}

/** Links of Markdown files to files of the repository lead somewhere. */
export function markdownLinks(files: readonly SourceFile[]): Finding[] {
  const paths = new Set(files.map(({ path }) => path));
  const folders = new Set(files.flatMap(({ path }) => ancestors(path)));
  return files
    .filter((file) => file.path.endsWith('.md') && !isFixture(file))
    .flatMap((file) =>
      findAll(file, 'text', /\]\(([^)\s]+)\)/g, ([, link]) => {
        if (/^(https?:|mailto:|#)/.test(link)) return;
        const target = posix.join(posix.dirname(file.path), link.replace(/#.*$/, ''));
        if (paths.has(target) || folders.has(target.replace(/\/$/, ''))) return;
        return `the link to ${link} leads nowhere`;
      }),
    );
}

function ancestors(path: string): string[] {
  const folder = posix.dirname(path);
  return folder === '.' ? [] : [folder, ...ancestors(folder)];
}

/** Every source file says at its head what it is; index.ts files that only re-export need not. */
export function headComments(files: readonly SourceFile[]): Finding[] {
  return prose(files)
    .filter((file) => /\.(ts|js|mjs|py)$/.test(file.path) && !isTest(file))
    .filter((file) => !(file.path.endsWith('/index.ts') && isOnlyExports(file)))
    .flatMap((file) => {
      const start = file.text.replace(/^#!.*\n/, '').trimStart();
      if (/^(\/\*|\/\/|#|"""|''')/.test(start)) return [];
      return [{ path: file.path, line: 1, message: 'starts without a comment on what it is' }];
    });
}

function isOnlyExports(file: SourceFile): boolean {
  const rest = file.code.replace(/export\s+(type\s+)?(\*|\{[^}]*\})(\s+from\s+'[^']*')?;/g, '');
  return rest.trim() === '';
}

export function defaultExports(files: readonly SourceFile[]): Finding[] {
  const pattern = /\bexport\s+default\b|\bexport\s*\{[^}]*\bas\s+default\b/g;
  return files
    .filter((file) => isCode(file) && !isFixture(file))
    .flatMap((file) => findAll(file, 'code', pattern, () => 'default export; give it a name'));
}

/** A test runs, or it is not there. */
export function skippedTests(files: readonly SourceFile[]): Finding[] {
  const pattern =
    /\b(?:test|it|describe|suite|t|context)\.(?:skip|only|todo)\b|\b(?:skip|only|todo)\s*:/g;
  return files
    .filter((file) => isTest(file))
    .flatMap((file) =>
      findAll(file, 'code', pattern, (match) => `${match[0]}: every test runs every time`),
    );
}

/** What the language defines to the last bit, besides constants. */
const EXACT = new Set(
  ['abs', 'ceil', 'clz32', 'floor', 'fround', 'imul', 'max', 'min', 'round', 'sign', 'sqrt'].concat(
    ['trunc', 'E', 'LN2', 'LN10', 'LOG2E', 'LOG10E', 'PI', 'SQRT1_2', 'SQRT2'],
  ),
);
const TOKEN_PATH = /^src\/engine\/(kernels|model|sampler)\//;
/** Places off the path to a token, with the reason: `path Math.name`. */
const INEXACT_ALLOWED: Readonly<Record<string, string>> = {};

/** DESIGN section 3.1: nothing whose last bit the language leaves open reaches a token. */
export function exactMath(files: readonly SourceFile[]): Finding[] {
  const pattern = /\bMath\.(\w+)|(\w+|[)\]])\s*\*\*/g;
  return files
    .filter((file) => TOKEN_PATH.test(file.path) && isCode(file) && !isTest(file))
    .flatMap((file) =>
      findAll(file, 'code', pattern, ([, name, base]) => {
        if (base !== undefined) {
          return /^2$|^\d+n$/.test(base) ? undefined : `${base} ** x: only powers of 2 are exact`;
        }
        if (EXACT.has(name) || `${file.path} Math.${name}` in INEXACT_ALLOWED) return;
        return `Math.${name} is not defined to the last bit; kernels/math.ts has the stated ones`;
      }),
    );
}

export function processExits(files: readonly SourceFile[]): Finding[] {
  return files
    .filter((file) => isCode(file) && !isFixture(file) && !/^(src\/cli|bin)\//.test(file.path))
    .flatMap((file) =>
      findAll(file, 'code', /\bprocess\.exit\s*\(/g, () => 'process.exit belongs to src/cli'),
    );
}

const HOME_PATH = /(\/home\/[a-z]|\/Users\/[A-Za-z]|(?<![\w.])\/root\/|[A-Z]:\\+Users\\)[\w.-]*/g;
const REGISTRIES = [
  ...['registry\\.npmjs\\.org', 'registry\\.yarnpkg\\.com', 'pypi\\.org', 'pythonhosted\\.org'],
  ...['crates\\.io', 'proxy\\.golang\\.org', 'deb\\.debian\\.org'],
];
const REGISTRY = new RegExp(`\\b(${REGISTRIES.join('|')})\\b`, 'g');

/** Nothing of the machine it was written on, and nothing that leads around a configured mirror. */
export function foreignPaths(files: readonly SourceFile[]): Finding[] {
  return files.flatMap((file) => [
    ...findAll(file, 'text', HOME_PATH, (match) => `a path of one machine: ${match[0]}`),
    ...findAll(file, 'text', REGISTRY, (match) => `the host of a package registry: ${match[0]}`),
  ]);
}
