/** The steps of the CI workflow, against a bare remote. */
import assert from 'node:assert/strict';
import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { before, describe, it } from 'node:test';
import { must, npmFolder, type Ran, ROOT, run, workFolder } from './tools.ts';

const SCRIPT = join(ROOT, 'examples/testgen/ci/update-tests.sh');
const COMMAND = `node ${join(ROOT, 'bin/vitrine.mjs')} testgen proto --out gen --prune`;

describe('the workflow of docs/testgen.md', () => {
  const folder = workFolder('workflow');
  const remote = join(folder, 'remote.git');
  const clone = join(folder, 'clone');
  const env = {
    ...process.env,
    PATH: [join(npmFolder(), '.bin'), process.env.PATH].join(delimiter),
    TESTGEN_COMMAND: COMMAND,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_AUTHOR_NAME: 'a',
    GIT_AUTHOR_EMAIL: 'a@example.com',
    GIT_COMMITTER_NAME: 'a',
    GIT_COMMITTER_EMAIL: 'a@example.com',
  };
  const git = (at: string, ...args: string[]): string => must('git', args, { cwd: at, env }).trim();
  const update = (more: Record<string, string> = {}): Ran =>
    run('sh', [SCRIPT], { cwd: clone, env: { ...env, ...more } });
  const commits = (): number => Number(git(remote, 'rev-list', '--count', 'main'));
  const define = (name: string, text: string): void => {
    mkdirSync(join(clone, 'proto/shop/v1'), { recursive: true });
    writeFileSync(join(clone, 'proto/shop/v1', name), text);
    git(clone, 'add', '--all');
    git(clone, 'commit', '--quiet', '--message', `define ${name}`);
    git(clone, 'push', '--quiet', 'origin', 'HEAD:main');
  };
  const proto = (message: string): string =>
    `syntax = "proto3";\npackage shop.v1;\nmessage ${message} { string name = 1; }\n` +
    `service ${message}Service { rpc Get(${message}) returns (${message}); }\n`;

  before(() => {
    git(folder, 'init', '--quiet', '--bare', '--initial-branch=main', remote);
    git(folder, 'clone', '--quiet', remote, clone);
    git(clone, 'checkout', '--quiet', '-B', 'main');
    writeFileSync(join(clone, 'buf.yaml'), 'version: v2\nmodules:\n  - path: proto\n');
    define('order.proto', proto('Order'));
  });

  it('makes one commit of a new definition', () => {
    const first = commits();
    const ran = update();
    assert.equal(ran.status, 0, ran.stderr);
    assert.equal(commits(), first + 1);
    const files = git(remote, 'ls-tree', '-r', '--name-only', 'main', 'gen').split('\n');
    assert.deepEqual(files, [
      'gen/shop/v1/order.test.ts',
      'gen/shop/v1/order_test.gen.ts',
      'gen/shop/v1/testgen_messages.gen.ts',
      'gen/shop/v1/testgen_services.gen.ts',
    ]);
  });

  it('makes none when nothing changed', () => {
    const first = commits();
    const ran = update();
    assert.match(ran.stdout, /nothing changed/);
    assert.equal(ran.status, 0);
    assert.equal(commits(), first);
  });

  it('makes one of a second definition, and leaves edited files alone', () => {
    appendFileSync(join(clone, 'gen/shop/v1/order.test.ts'), '// edited by hand\n');
    define('item.proto', proto('Item'));
    const first = commits();
    assert.equal(update().status, 0);
    assert.equal(commits(), first + 1);
    const changed = git(remote, 'show', '--name-status', '--format=', 'main').split('\n');
    assert.deepEqual(changed, ['A\tgen/shop/v1/item.test.ts', 'A\tgen/shop/v1/item_test.gen.ts']);
    const edited = readFileSync(join(clone, 'gen/shop/v1/order.test.ts'), 'utf8');
    assert.match(edited, /\/\/ edited by hand\n$/);
  });

  it('takes regenerated tests back when their definition goes', () => {
    rmSync(join(clone, 'proto/shop/v1/item.proto'));
    git(clone, 'commit', '--quiet', '--all', '--message', 'no items');
    git(clone, 'push', '--quiet', 'origin', 'HEAD:main');
    const first = commits();
    assert.equal(update().status, 0);
    assert.equal(commits(), first + 1);
    const changed = git(remote, 'show', '--name-status', '--format=', 'main');
    assert.equal(changed, 'D\tgen/shop/v1/item_test.gen.ts');
  });

  it('starts again when the branch has moved, and still makes one commit', () => {
    const other = join(folder, 'other');
    git(folder, 'clone', '--quiet', remote, other);
    define('price.proto', proto('Price'));
    git(other, 'pull', '--quiet', 'origin', 'main');
    writeFileSync(join(other, 'README'), 'moved\n');
    git(other, 'add', 'README');
    git(other, 'commit', '--quiet', '--message', 'move on');
    git(other, 'push', '--quiet', 'origin', 'HEAD:main');
    const first = commits();
    const ran = update();
    assert.equal(ran.status, 0, ran.stderr);
    assert.match(ran.stderr, /has moved/);
    assert.equal(commits(), first + 1);
  });

  it('stops at a definition that does not compile, with nothing committed', () => {
    define('broken.proto', 'syntax = "proto3";\nmessage {');
    const first = commits();
    const ran = update();
    assert.notEqual(ran.status, 0);
    assert.match(ran.stderr, /^vitrine: error: buf ended with/m);
    assert.equal(commits(), first);
  });

  it('refuses a checkout that is not clean', () => {
    cpSync(join(clone, 'buf.yaml'), join(clone, 'stray.yaml'));
    const ran = update();
    assert.equal(ran.status, 2);
    assert.match(ran.stderr, /not clean/);
  });
});
