/**
 * Rules on imports: arrows between parts, entrances, npm packages, what pure parts stay clear of.
 */
import { posix } from 'node:path';
import { PARTS, type Parts, partOf } from './parts.ts';
import {
  type Finding,
  findAll,
  isCode,
  isFixture,
  isTest,
  type SourceFile,
} from './source-file.ts';

const FROM = /(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"\n]+)['"]/;
const BARE = /import\s*\(?\s*['"]([^'"\n]+)['"]/;
// `.import('x')` is a method of that name.
const IMPORT = new RegExp(`(?<!\\.)\\b(?:${FROM.source}|${BARE.source})`, 'g');

/** Findings for each import of a file, static and dynamic, of values and of types. */
function forImports(
  file: SourceFile,
  message: (specifier: string) => string | undefined,
): Finding[] {
  return findAll(file, 'commentless', IMPORT, (match) => {
    // An import inside a string is text.
    if (!/^(import|export)/.test(file.code.slice(match.index, (match.index ?? 0) + 6))) return;
    return message(match[1] ?? match[2]);
  });
}

/** Imports past an index.ts, with the reason: `importer imported`. */
const SIDE_DOORS: Readonly<Record<string, string>> = {
  'test/fake-terminal.ts src/cli/terminal.ts': 'a terminal that only tests stand in for',
  'bench/shapes.ts src/engine/tokenizer/byte-alphabet.ts':
    'the vocabulary of a test model needs the alphabet, which nobody else does',
  'test/random-model.ts src/engine/tokenizer/byte-alphabet.ts':
    'the vocabulary of a test model needs the alphabet, which nobody else does',
};

/** A part imports only the parts of its row, and enters them through their index.ts. */
export function arrows(files: readonly SourceFile[], parts: Parts = PARTS): Finding[] {
  return files
    .filter((file) => isCode(file) && !isFixture(file))
    .flatMap((file) => {
      const own = file.path.startsWith('src/') ? partOf(file.path, parts) : undefined;
      if (file.path.startsWith('src/') && own === undefined) {
        const message = 'its folder has no row in test/tidy/parts.ts';
        return [{ path: file.path, line: 0, message }];
      }
      return forImports(file, (specifier) => arrow(file, own, specifier, parts));
    });
}

function arrow(
  file: SourceFile,
  own: string | undefined,
  specifier: string,
  parts: Parts,
): string | undefined {
  if (!specifier.startsWith('.')) return;
  const target = posix.join(posix.dirname(file.path), specifier);
  if (!target.startsWith('src/')) {
    return own === undefined || isTest(file) ? undefined : `${own} reaches out of src: ${target}`;
  }
  const other = partOf(target, parts);
  if (other === own) return;
  if (other === undefined) return `${target} is in no part`;
  if (own !== undefined && !isTest(file) && !parts[own].uses.includes(other)) {
    return `${own} may not import ${other}`;
  }
  if (`${file.path} ${target}` in SIDE_DOORS) return;
  // Fuzzers stand beside what they try, and are run by test/fuzz.
  if (own === undefined && target.endsWith('.fuzz.ts')) return;
  if (target !== `src/${other}/index.ts`) return `${other} is entered through its index.ts only`;
  return;
}

/** A part imports only the npm packages of its row; pure parts import nothing of Node's. */
export function packages(files: readonly SourceFile[], parts: Parts = PARTS): Finding[] {
  return files
    .filter((file) => file.path.startsWith('src/') && isCode(file) && !isTest(file))
    .filter((file) => !isFixture(file))
    .flatMap((file) => {
      const own = partOf(file.path, parts);
      if (own === undefined) return [];
      return forImports(file, (specifier) => {
        if (specifier.startsWith('.')) return;
        if (specifier.startsWith('node:')) {
          return parts[own].isPure ? `${own} is pure and may not import ${specifier}` : undefined;
        }
        const name = packageName(specifier);
        return parts[own].packages?.includes(name) ? undefined : `${own} may not import ${name}`;
      });
    });
}

function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** Rows that nothing fills: a part without a folder, a package that nothing imports. */
export function staleRows(files: readonly SourceFile[], parts: Parts = PARTS): Finding[] {
  const path = 'test/tidy/parts.ts';
  return Object.entries(parts).flatMap(([name, part]) => {
    const sources = files
      .filter((file) => file.path.startsWith('src/') && isCode(file) && !isTest(file))
      .filter((file) => partOf(file.path, parts) === name);
    if (sources.length === 0) return [{ path, line: 0, message: `${name} has no files` }];
    // A part that has only begun uses nothing yet.
    if (sources.every((file) => file.path.endsWith('/index.ts'))) return [];
    return (part.packages ?? [])
      .filter((wanted) => !sources.some((file) => importsPackage(file, wanted)))
      .map((wanted) => ({ path, line: 0, message: `${name} does not import ${wanted}` }));
  });
}

function importsPackage(file: SourceFile, name: string): boolean {
  return forImports(file, (specifier) => specifier).some(
    (finding) => packageName(finding.message) === name,
  );
}

/** References of a part's tsconfig.json equal its row, and pure parts have `types: []`. */
export function projectReferences(files: readonly SourceFile[], parts: Parts = PARTS): Finding[] {
  return Object.entries(parts).flatMap(([name, part]) => {
    const path = `src/${name}/tsconfig.json`;
    const file = files.find((candidate) => candidate.path === path);
    if (file === undefined) return [{ path, line: 0, message: 'is missing' }];
    const config = JSON.parse(file.text);
    const found = (config.references ?? []).map((reference: { path: string }) =>
      posix.join('src', name, reference.path).replace(/^src\//, ''),
    );
    const findings: Finding[] = [];
    if ([...found].sort().join() !== [...part.uses].sort().join()) {
      const message = `references ${found.join(', ')}; its row says ${part.uses.join(', ')}`;
      findings.push({ path, line: 0, message });
    }
    const types = JSON.stringify(config.compilerOptions?.types);
    if (part.isPure && types !== '[]') {
      findings.push({ path, line: 0, message: `is pure: expected types: [], came ${types}` });
    }
    return findings;
  });
}

const CLOCK_OR_CHANCE = /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\bperformance\./;
const LOCALE = /\bIntl\.|\.toLocale\w+|\.localeCompare\b/;
const OF_THE_MACHINE = new RegExp(`${CLOCK_OR_CHANCE.source}|${LOCALE.source}`, 'g');

/** Pure parts give the same answer everywhere: no clock, no chance, no locale. */
export function purity(files: readonly SourceFile[], parts: Parts = PARTS): Finding[] {
  return files
    .filter((file) => file.path.startsWith('src/') && isCode(file))
    .filter((file) => !isTest(file) && !/\.fuzz\.ts$/.test(file.path))
    .flatMap((file) => {
      const own = partOf(file.path, parts);
      if (own === undefined || !parts[own].isPure) return [];
      return findAll(
        file,
        'code',
        OF_THE_MACHINE,
        (match) => `${own} is pure: ${match[0]} comes in as an argument`,
      );
    });
}
