import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeTerminal } from '../../test/fake-terminal.ts';
import { DECLARATIONS, type VariableName } from '../base/index.ts';
import { COMMANDS } from './commands/index.ts';
import { commandHelp, globalHelp } from './help.ts';
import { findCommand, parseCommandLine } from './parse.ts';
import { flagsOf } from './setting-flags.ts';

const terminal = fakeTerminal(false);

test('the list of commands shows each once, and only groups that have some', () => {
  const text = globalHelp(COMMANDS, '1.2.3', terminal);
  for (const { name, summary } of COMMANDS) {
    assert.equal(text.split(new RegExp(`^ {2}${name} +`, 'm')).length, 2, name);
    assert.ok(text.includes(summary));
  }
  assert.match(text, /^Serve: /m);
  assert.match(text, /^Ship: /m);
  assert.doesNotMatch(text, /^Prove: /m);
  assert.ok(text.split('\n').every((line) => line.length <= 100));
});

for (const command of COMMANDS.filter((each) => !each.readsOwnWords)) {
  test(`help ${command.name} names every flag and argument, and fits 100 columns`, () => {
    const text = commandHelp(command, terminal);
    for (const flag of flagsOf(command)) assert.ok(text.includes(`--${flag.name}`), flag.name);
    for (const { name } of command.arguments) assert.ok(text.includes(name));
    assert.ok(
      text.split('\n').every((line) => line.length <= 100),
      text,
    );
    assert.doesNotMatch(text, /undefined|\[object/);
  });
}

for (const command of COMMANDS) {
  test(`the examples of ${command.name} parse`, () => {
    for (const example of command.examples) {
      const words: string[] = example.replace(/ <.*$/, '').match(/"[^"]*"|\S+/g) ?? [];
      const start = words.indexOf('vitrine');
      if (start < 0) continue;
      const found = findCommand(words.slice(start + 1), COMMANDS);
      assert.equal(found.command, command);
      const rest = found.rest.map((word) => word.replace(/^"|"$/g, ''));
      parseCommandLine(command, rest);
    }
  });
}

test('every variable with a flag can be given as one to some command', () => {
  const names = new Set<VariableName>(COMMANDS.flatMap(({ settings }) => [...settings]));
  for (const { name } of DECLARATIONS) assert.ok(names.has(name), name);
});
