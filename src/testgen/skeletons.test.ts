import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { planSkeletons, type Skeleton, writeSkeletons } from './skeletons.ts';

describe('once-written files', () => {
  const folder = temporaryFolder();
  const make = (...skeletons: Skeleton[]) =>
    writeSkeletons(folder, planSkeletons(folder, skeletons));
  const made = (path: string, content = '') => make({ path, content })[0]?.isNew;

  it('are written where no file is, and never again', () => {
    assert.equal(made('a/b.test.ts', 'one'), true);
    assert.equal(made('a/b.test.ts', 'two'), false);
    assert.equal(readFileSync(join(folder, 'a/b.test.ts'), 'utf8'), 'one');
  });

  it('may be links to files', () => {
    symlinkSync('a/b.test.ts', join(folder, 'link.test.ts'));
    assert.equal(made('link.test.ts', 'two'), false);
    assert.equal(readFileSync(join(folder, 'a/b.test.ts'), 'utf8'), 'one');
  });

  it('are not taken for written where a folder or a link to nothing is, and none is made', () => {
    mkdirSync(join(folder, 'folder.test.ts'));
    symlinkSync('nowhere', join(folder, 'dangling.test.ts'));
    for (const [path, message] of [
      ['folder.test.ts', /what is there is no file/],
      ['dangling.test.ts', /a link to nothing/],
    ] as const) {
      const first = { path: 'first.test.ts', content: '' };
      assert.throws(() => make(first, { path, content: '' }), message);
      assert.ok(!existsSync(join(folder, 'first.test.ts')));
      assert.ok(!existsSync(join(folder, 'nowhere')));
    }
  });

  it('never lie outside their folder, and none is made when one would', () => {
    const inside = { path: 'inside.test.ts', content: '' };
    for (const path of [
      '../x',
      '/x',
      'a/../../x',
      'a/./x',
      'a//x',
      'a\\x',
      'a\nx',
      '\u202ex',
      '',
    ]) {
      assert.throws(() => make(inside, { path, content: '' }), /leads out of its folder/);
      assert.ok(!existsSync(join(folder, 'inside.test.ts')));
    }
  });

  it('of another writer, who came between plan and writing, stay', () => {
    const plan = planSkeletons(folder, [{ path: 'race.test.ts', content: 'mine' }]);
    writeFileSync(join(folder, 'race.test.ts'), 'theirs');
    assert.equal(writeSkeletons(folder, plan)[0]?.isNew, false);
    assert.equal(readFileSync(join(folder, 'race.test.ts'), 'utf8'), 'theirs');
  });
});
