import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeTerminal } from '../../test/fake-terminal.ts';
import { formatSeconds, ProgressDisplay } from './progress.ts';

const STEP = { verb: 'downloading', object: 'hf:owner/repo/a.gguf', bytesTotal: 100_000_000 };

/** A display at a clock that the test moves. */
function display(isTty: boolean) {
  const terminal = fakeTerminal(isTty);
  const clock = { ms: 0 };
  return { terminal, clock, shown: new ProgressDisplay(terminal, () => clock.ms) };
}

test('a terminal gets one line, drawn again at most ten times a second', () => {
  const { terminal, clock, shown } = display(true);
  for (let i = 0; i <= 100; i += 1) {
    clock.ms = i * 10;
    shown.update({ ...STEP, bytesDone: i * 500_000 });
  }
  const lines = terminal.written.err.split('\r\x1b[K').slice(1);
  assert.equal(lines.length, 11);
  assert.ok(lines.every((line) => line.length < 90 && !line.includes('\n')));
  assert.match(lines[10], /^downloading \[#{12}\.{12}\] 50 % of 100\.0 MB, 50\.0 MB\/s, 1 s/);
});

test('the line is taken away before anything else is written', () => {
  const { terminal, shown } = display(true);
  shown.update({ ...STEP, bytesDone: 1 });
  shown.note('hf: refused; trying the next source');
  assert.ok(
    terminal.written.err.endsWith('\r\x1b[Kvitrine: hf: refused; trying the next source\n'),
  );
  const before = terminal.written.err;
  shown.clear();
  assert.equal(terminal.written.err, before, 'nothing is open any more');
});

test('elsewhere a step under a second says nothing, a longer one a plain line now and then', () => {
  const { terminal, clock, shown } = display(false);
  for (let ms = 0; ms < 1000; ms += 50) {
    clock.ms = ms;
    shown.update({ ...STEP, bytesDone: ms });
  }
  assert.equal(terminal.written.err, '');
  for (let ms = 1000; ms <= 12_000; ms += 50) {
    clock.ms = ms;
    shown.update({ ...STEP, bytesDone: ms * 1000 });
  }
  const lines = terminal.written.err.trimEnd().split('\n');
  assert.equal(lines.length, 3);
  assert.equal(
    lines[1],
    'vitrine: downloading hf:owner/repo/a.gguf: 6 % of 100.0 MB, 1.0 MB/s, 1 min 34 s left',
  );
  assert.ok(!terminal.written.err.includes('\x1b'));
});

test('a size that nobody has told gives neither percent nor time left', () => {
  const { terminal, clock, shown } = display(true);
  shown.update({ ...STEP, bytesDone: 0, bytesTotal: undefined });
  clock.ms = 2000;
  shown.update({ ...STEP, bytesDone: 4_000_000, bytesTotal: undefined });
  assert.match(terminal.written.err, /downloading 4\.0 MB, 2\.0 MB\/s {2}hf:/);
});

test('seconds are shown in minutes from 60 on', () => {
  assert.equal(formatSeconds(0.2), '1 s');
  assert.equal(formatSeconds(59.5), '1 min 0 s');
  assert.equal(formatSeconds(75), '1 min 15 s');
});
