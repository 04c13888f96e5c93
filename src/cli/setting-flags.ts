/** Variables of base/env as flags: the same name, meaning and bounds, declared there once. */
import { DECLARATIONS, type Declaration, type VariableName } from '../base/index.ts';
import type { Command, Flag } from './command.ts';

/** Flags that a command's settings bring. Values stay text: base/env checks them. */
export function settingFlags(names: readonly VariableName[]): Flag[] {
  const flags: Flag[] = [];
  for (const name of names) {
    const declaration = declarationOf(name);
    if (declaration.flag === undefined) continue;
    const isSwitch = declaration.type === 'boolean';
    flags.push({
      name: declaration.flag,
      type: isSwitch ? 'switch' : 'text',
      value: isSwitch ? undefined : placeholderOf(declaration),
      meaning: declaration.meaning,
      defaultText: isSwitch ? undefined : declaration.defaultText,
    });
  }
  return flags;
}

/** Every flag of a command, --help aside. */
export function flagsOf(command: Command): Flag[] {
  return [...command.flags, ...settingFlags(command.settings)];
}

export function declarationOf(name: VariableName): Declaration {
  return DECLARATIONS.find((declaration) => declaration.name === name) as Declaration;
}

function placeholderOf(declaration: Declaration): string {
  if (declaration.flag === 'model') return 'MODEL';
  if (declaration.flag === 'chat-template') return 'FILE';
  if (declaration.type === 'integer') return 'N';
  if (declaration.type === 'path') return 'DIR';
  if (declaration.choices !== undefined) return 'WORD';
  return 'TEXT';
}
