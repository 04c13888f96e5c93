import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { CodeGeneratorResponseSchema } from '@bufbuild/protobuf/wkt';
import { installByHand, linkPeers, listTarball, must, packInto } from './packed-package.ts';
import { pluginRequest } from './proto-files.ts';
import { CHECKOUT, makeFolder, olderNode, runVitrine } from './vitrine-process.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
let project = '';
let installed = '';
let files: string[] = [];

before(async () => {
  folder = await makeFolder();
  const tarball = packInto(folder.path);
  files = listTarball(tarball);
  project = join(folder.path, 'project');
  await mkdir(project);
  installed = await installByHand(tarball, project);
});
after(() => folder.remove());

/** All that may be in the package. */
const ALLOWED = [
  /^(package\.json|README\.md|LICENSE|NOTICE)$/,
  /^bin\/(vitrine|protoc-gen-vitrine-test|locked-node)\.mjs$/,
  /^dist\/[a-z-]+(\/[a-z-]+)*\/[a-z0-9-]+\.(js|d\.ts)$/,
  /^dist\/engine\/kernels\/build\/vitrine-(relaxed|simd128)(-shared)?\.wasm$/,
  /^models\/vitrine-tiny\/vitrine-tiny\.(gguf|json)$/,
];

test('the package holds compiled code, types, kernels, the bundled model, and nothing else', () => {
  const others = files.filter((path) => !ALLOWED.some((pattern) => pattern.test(path)));
  assert.deepEqual(others, []);
  assert.deepEqual(
    files.filter((path) => /\.(test|fuzz)\.|(^|\/)test\/|\.map$|(?<!\.d)\.ts$/.test(path)),
    [],
  );
  assert.equal(files.filter((path) => path.endsWith('.wasm')).length, 4);
  const bins = ['bin/vitrine.mjs', 'bin/protoc-gen-vitrine-test.mjs', 'bin/locked-node.mjs'];
  const programs = ['dist/cli/main.js', 'dist/testgen/plugin-main.js'];
  for (const path of ['LICENSE', ...bins, ...programs]) {
    assert.ok(files.includes(path), path);
  }
});

test('every compiled file has its types, and no file names a source map', async () => {
  for (const path of files.filter((name) => name.endsWith('.js'))) {
    assert.ok(files.includes(path.replace(/\.js$/, '.d.ts')), path);
    assert.doesNotMatch(await readFile(join(installed, path), 'utf8'), /sourceMappingURL/);
  }
});

test('every export subpath can be imported, and gives something', async () => {
  const { exports } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
  const subpaths = Object.keys(exports).filter((name) => !name.endsWith('.json'));
  assert.ok(subpaths.length >= 7);
  const code = subpaths
    .map((name, i) => `import * as part${i} from '${name.replace(/^\./, 'vitrine')}';\n`)
    .concat(`console.log(JSON.stringify([${subpaths.map((_, i) => `Object.keys(part${i})`)}]));`);
  await writeFile(join(project, 'all.mjs'), code.join(''));
  const names = JSON.parse(must([process.execPath, 'all.mjs'], project)) as string[][];
  for (const [i, exported] of names.entries()) assert.ok(exported.length > 0, subpaths[i]);
  assert.ok(names[0].includes('openEngine'));
  await assert.rejects(readFile(join(installed, 'src')), { code: 'ENOENT' });
});

test('the types of every export subpath compile in a strict project', async () => {
  const code = `import { openEngine, type Engine } from 'vitrine';
import { startServer, type RunningServer } from 'vitrine/server';
import { resolveModel, type LocalModel } from 'vitrine/weights';
import { readGgufHeader, type GgufHeader } from 'vitrine/gguf';
import { createTokenizer } from 'vitrine/tokenizer';
import { createChatTemplate } from 'vitrine/chat';

export async function serve(path: string): Promise<RunningServer> {
  const engine: Promise<Engine> = openEngine({ modelPath: path, threads: 2 });
  const keys = { verify: (presented: string) => presented === 'x' };
  const rest = { host: '127.0.0.1', port: 0, keys, logLevel: 'info' as const, version: '0' };
  return startServer({ engine, modelName: 'm', ...rest });
}
export const all = [resolveModel, readGgufHeader, createTokenizer, createChatTemplate];
export type All = [LocalModel, GgufHeader];
// @ts-expect-error: the types are real ones
export const wrong: Promise<number> = openEngine({ modelPath: 1 });
`;
  await writeFile(join(project, 'consumer.mts'), code);
  const options = {
    ...{ strict: true, noEmit: true, module: 'nodenext', target: 'es2024', skipLibCheck: false },
    lib: ['es2024', 'dom'],
    ...{ types: ['node'], typeRoots: [join(CHECKOUT, 'node_modules', '@types')] },
  };
  const config = { compilerOptions: options, files: ['consumer.mts'] };
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify(config));
  const compiler = join(CHECKOUT, 'node_modules', 'typescript', 'bin', 'tsc');
  must([process.execPath, compiler, '-p', '.'], project);
});

/** The one line about what to install. */
const INSTALL =
  /^\S[^\n]* needs libraries that vitrine does not bring: [^\n]* Install them: npm install --save-dev @bufbuild\/protobuf@2 @bufbuild\/protoplugin@2 @bufbuild\/protovalidate@1\n$/;

test('without the libraries for protobuf testgen and the plug-in say what to install', async () => {
  const command = await runVitrine(['testgen', 'proto'], { folder: installed });
  assert.deepEqual([command.code, command.out], [2, '']);
  assert.match(command.err, INSTALL);
  assert.match(command.err, /@bufbuild\/protoplugin is not installed/);
  const help = await runVitrine(['testgen', '--help'], { folder: installed });
  assert.deepEqual([help.code, help.err], [0, '']);
  const plugin = join(installed, 'bin/protoc-gen-vitrine-test.mjs');
  const input = pluginRequest('lang=ts');
  const ran = spawnSync(process.execPath, [plugin], { cwd: project, input, encoding: 'utf8' });
  assert.match(ran.stderr, INSTALL);
  assert.deepEqual([ran.status, ran.stdout], [1, '']);
  await linkPeers(project);
});

for (const [name, node] of [
  ['this Node.js', [process.execPath]],
  ['an older Node.js', olderNode()],
] as const) {
  test(`the installed command answers under ${name}`, async () => {
    const env = { VITRINE_DATA_DIR: join(folder.path, 'data') };
    const words = ['run', 'vitrine-tiny', 'hello', '--max-tokens', '4', '--seed', '1', '--json'];
    const { code, out, err } = await runVitrine(words, { folder: installed, node, env });
    assert.equal(code, 0, err);
    const answer = JSON.parse(out);
    assert.equal(answer.model, 'vitrine-tiny');
    assert.ok(answer.token_ids.length >= 1);
  });

  test(`the installed plug-in and the Ship commands answer under ${name}`, async () => {
    const [program, ...args] = node;
    const { bin } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
    const plugin = join(installed, bin['protoc-gen-vitrine-test']);
    const ran = spawnSync(program, [...args, plugin], {
      cwd: project,
      input: pluginRequest('lang=ts'),
    });
    assert.equal(String(ran.stderr), '');
    assert.equal(ran.status, 0);
    const { error, file } = fromBinary(CodeGeneratorResponseSchema, ran.stdout);
    assert.deepEqual([error, file.length], ['', 3]);
    for (const words of [
      ['gate', 'lint-fold', '--help'],
      ['testgen', '--help'],
    ]) {
      const { code, out, err } = await runVitrine(words, { folder: installed, node });
      assert.deepEqual([code, err], [0, '']);
      assert.ok(out.startsWith(`vitrine ${words.slice(0, -1).join(' ')}`));
    }
  });
}
