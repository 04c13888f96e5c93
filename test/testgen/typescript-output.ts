/**
 * Generates TypeScript for a source of definitions, fills its skeletons in, compiles and runs it.
 */
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { descriptors, type Source } from './definitions.ts';
import { HERE, must, npmBin, npmFolder, PLUGIN, protoc, type Ran, run } from './tools.ts';

/** Options that plug-ins of both compilers get. */
export const OPTIONS = 'import_extension=js';

/** Messages, then tests, for the source, by protoc. */
export function generateTypeScript(source: Source, folder: string, out: string, more = ''): void {
  mkdirSync(out, { recursive: true });
  const includes = source.includes.map((include) => `-I${include}`);
  const all = descriptors(source, folder).map(({ name }) => name);
  // The runtime holds protobuf's own, save where their tests are asked for.
  const isKnown = (name: string): boolean =>
    name.startsWith('google/protobuf/') && !/features\.proto$/.test(name);
  const messages = all.filter(
    (name) =>
      !name.endsWith('/fieldnames.proto') && (!isKnown(name) || source.files.includes(name)),
  );
  const es = [`--plugin=protoc-gen-es=${npmBin('protoc-gen-es')}`, `--es_out=${out}`];
  if (messages.length > 0) {
    expectOk(protoc([...includes, ...es, `--es_opt=target=ts,${OPTIONS}`, ...messages], folder));
  }
  generateTests(source, folder, out, more);
}

/** The tests alone. */
export function generateTests(source: Source, folder: string, out: string, more = ''): void {
  const includes = source.includes.map((include) => `-I${include}`);
  const options = `--vitrine-test_opt=${OPTIONS},skeletons=${out}${more && `,${more}`}`;
  const plugin = [
    `--plugin=protoc-gen-vitrine-test=${PLUGIN}`,
    `--vitrine-test_out=${out}`,
    options,
  ];
  expectOk(protoc([...includes, ...plugin, ...typeScriptFiles(source)], folder));
}

/** protoc-gen-es itself makes no valid TypeScript of two fields with one name in camel case. */
export function typeScriptFiles(source: Source): string[] {
  return source.files.filter((name) => !name.endsWith('/fieldnames.proto'));
}

function expectOk({ status, stderr }: Ran): void {
  if (status !== 0) throw new Error(`protoc ended with ${status}:\n${stderr.slice(0, 6000)}`);
}

/** Gives every service of every skeleton an implementation, and every case its answer. */
export function fillInSkeletons(out: string): number {
  copyFileSync(join(HERE, 'fixtures/generic.ts'), join(out, 'generic.ts'));
  let filled = 0;
  for (const path of filesOf(out).filter((name) => name.endsWith('.test.ts'))) {
    const text = readFileSync(join(out, path), 'utf8');
    if (!text.includes('fillIn')) continue;
    let service = '';
    let method = '';
    const lines = text.split('\n').flatMap((line) => {
      service = /^ {2}(\S+): \{$/.exec(line)?.[1] ?? service;
      method = /^ {6}(\S+): \{$/.exec(line)?.[1] ?? method;
      if (line.startsWith('import { fillIn }')) return imports(path);
      if (line.includes('implementation: fillIn')) {
        return `    implementation: implement(pb, ${JSON.stringify(service)}),`;
      }
      if (!line.endsWith(': fillIn,')) return line;
      filled += 1;
      const answer = `answer(pb, ${JSON.stringify(service)}, ${JSON.stringify(method)}),`;
      return line.replace(/fillIn,$/, answer);
    });
    writeFileSync(join(out, path), lines.join('\n'));
  }
  return filled;
}

function imports(path: string): string[] {
  const up = relative(dirname(path), '.') || '.';
  const name = path
    .split('/')
    .at(-1)
    ?.replace(/\.test\.ts$/, '');
  return [
    `import * as pb from "./${name}_pb.js";`,
    `import { answer, implement } from "${up}/generic.js";`,
  ];
}

/** Compiles everything in the folder under strict settings, into `js`. */
export function compileStrict(folder: string): Ran {
  const config = {
    compilerOptions: {
      strict: true,
      target: 'es2023',
      lib: ['es2023', 'dom', 'esnext.disposable'],
      module: 'nodenext',
      types: ['node'],
      rootDir: 'ts',
      outDir: 'js',
      noUnusedLocals: true,
      noUnusedParameters: true,
      noImplicitReturns: true,
      noImplicitOverride: true,
      noPropertyAccessFromIndexSignature: true,
      exactOptionalPropertyTypes: true,
      verbatimModuleSyntax: true,
      skipLibCheck: true,
    },
    include: ['ts'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  linkModules(folder);
  return run(npmBin('tsc'), ['-p', folder]);
}

export function linkModules(folder: string): void {
  try {
    symlinkSync(npmFolder(), join(folder, 'node_modules'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

export interface Counts extends Ran {
  readonly pass: number;
  readonly fail: number;
}

/** Runs test files with node:test in one process. */
export function runTests(folder: string, files: readonly string[]): Counts {
  const flags = ['--test', '--test-reporter=tap', '--test-isolation=none'];
  // Inside a test run the inner one would report in the outer one's format.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const ran = run(process.execPath, [...flags, ...files], { cwd: folder, env });
  const count = (name: string): number =>
    Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(ran.stdout)?.[1] ?? Number.NaN);
  return { ...ran, pass: count('pass'), fail: count('fail') };
}

/** Paths below the folder, sorted. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** SHA-256 of each file. */
export function digests(folder: string): Map<string, string> {
  const digest = must('sha256sum', filesOf(folder), { cwd: folder });
  return new Map(
    digest
      .trim()
      .split('\n')
      .map((line) => [line.slice(66), line.slice(0, 64)]),
  );
}
