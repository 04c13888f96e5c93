import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { unifiedDiff } from './unified-diff.ts';

/** Applies one file's hunks, checking every context and removed line. */
function applyDiff(before: string, diff: string): string {
  const old = before === '' ? [] : (before.match(/[^\n]*\n|[^\n]+$/g) ?? []);
  const result: string[] = [];
  let at = 0;
  for (const hunk of diff.split(/^(?=@@ )/m).slice(1)) {
    const [head = '', ...body] = hunk
      .replace(/\n\\ No newline at end of file\n/g, '\0')
      .split('\n');
    const [, start = '0', size = '0'] = /^@@ -(\d+),(\d+)/.exec(head) ?? [];
    const from = size === '0' ? Number(start) : Number(start) - 1;
    while (at < from) result.push(old[at++] as string);
    for (const part of body.join('\n').match(/[^\n\0]*(?:\n|\0)/g) ?? []) {
      const text = part.slice(1).replace('\0', '');
      if (part[0] !== '+') assert.equal(old[at++], text);
      if (part[0] !== '-') result.push(text);
    }
  }
  return [...result, ...old.slice(at)].join('');
}

function diffOf(before: string | undefined, after: string | undefined): string {
  const bytes = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text));
  return unifiedDiff([{ path: 'f', before: bytes(before), after: bytes(after) }]);
}

test('new and deleted files name /dev/null', () => {
  assert.match(
    diffOf(undefined, 'a\n'),
    /new file mode 100644\n--- \/dev\/null\n\+\+\+ b\/f\n@@ -0,0 \+1,1 @@\n\+a\n/,
  );
  assert.match(
    diffOf('a\n', undefined),
    /deleted file mode 100644\n--- a\/f\n\+\+\+ \/dev\/null\n@@ -1,1 \+0,0 @@\n-a\n/,
  );
});

test('distant changes make two hunks with three lines of context', () => {
  const lines = Array.from({ length: 30 }, (_, index) => `${index}\n`);
  const after = lines.with(4, 'x\n').with(20, 'y\n').join('');
  const diff = diffOf(lines.join(''), after);
  assert.equal(diff.match(/^@@ /gm)?.length, 2);
  assert.match(diff, /@@ -2,7 \+2,7 @@\n 1\n 2\n 3\n-4\n\+x\n 5\n/);
  assert.equal(applyDiff(lines.join(''), diff), after);
});

test('every diff of small texts applies, with and without a last line end', () => {
  const texts = [
    '',
    'a',
    'a\n',
    'b\n',
    'a\nb\n',
    'b\na',
    'a\nb\nc\n',
    'a\nc\n',
    'c\nb\na\n',
    'a\na\nb\n',
  ];
  for (const before of texts) {
    for (const after of texts) assert.equal(applyDiff(before, diffOf(before, after)), after);
  }
});

test('names are quoted as git quotes them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'diff-names-'));
  try {
    const git = (...args: string[]) => {
      const made = spawnSync('git', ['-c', 'core.quotePath=true', ...args], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' },
      });
      assert.equal(made.status, 0, made.stderr);
      return made.stdout;
    };
    git('init', '--quiet');
    const names = [
      'plain',
      'a b',
      'q"uote',
      'back\\slash',
      'bell\u0007\u001b[31m\n\t\r',
      'é\u202e',
    ];
    for (const name of names) {
      writeFileSync(join(folder, name), 'old\n');
      git('add', '--', name);
      writeFileSync(join(folder, name), 'new\n');
      const change = { path: name, before: Buffer.from('old\n'), after: Buffer.from('new\n') };
      const head = (text: string) => text.split('\n').filter((line) => !line.startsWith('index '));
      const expected = git('diff', '--', name).replace('@@ -1 +1 @@', '@@ -1,1 +1,1 @@');
      assert.deepEqual(head(unifiedDiff([change])), head(expected));
      rmSync(join(folder, name));
      git('rm', '--quiet', '--cached', '--', name);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
