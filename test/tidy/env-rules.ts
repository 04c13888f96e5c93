/** Rules on environment variables: all of them are declared in base/env, or belong to others. */
import { DECLARATIONS } from '../../src/base/index.ts';
import {
  type Finding,
  findAll,
  isCode,
  isFixture,
  isTest,
  type SourceFile,
} from './source-file.ts';

const DECLARED = new Set(
  DECLARATIONS.flatMap((declaration) => [
    declaration.name as string,
    ...('aliases' in declaration ? declaration.aliases : []),
  ]),
);

/** Variables of the system and of other tools, which Vitrine reads by their own meaning. */
const FOREIGN: Readonly<Record<string, string>> = {
  HOME: 'where the data directory lies by default',
  XDG_DATA_HOME: 'likewise',
  XDG_STATE_HOME: 'where lint-fold keeps the seals of its backups',
  LOCALAPPDATA: 'likewise, on Windows',
  PYTHONPATH: 'handed on to Python without what lies in the repository',
  NO_COLOR: 'no colours, by the convention of that name',
  FORCE_COLOR: 'likewise',
  TERM: 'whether the terminal knows escape codes',
  PATH: 'finding python3 and pip',
};

/** Where the environment comes in; everything else receives it, or settings made from it. */
const ENTRANCE = /^(src\/cli|bin|scripts|bench|test)\//;

/** In src, `process.env` is read by the command line alone and handed on. */
export function environmentReads(files: readonly SourceFile[]): Finding[] {
  return files
    .filter((file) => isCode(file) && file.path.startsWith('src/') && !isTest(file))
    .filter((file) => !ENTRANCE.test(file.path) && !isFixture(file))
    .flatMap((file) =>
      findAll(file, 'code', /\bprocess\.env\b/g, () => 'process.env comes in through src/cli'),
    );
}

const READ = /\b(?:env|environment)\??(?:\.([A-Z][A-Z0-9_]+)\b|\[(['"])(\w+)\2\])/g;

/** A variable that is read is declared in base/env, or listed above. */
export function undeclaredReads(files: readonly SourceFile[]): Finding[] {
  return files
    .filter((file) => isCode(file) && /^(src|bin)\//.test(file.path) && !isTest(file))
    .filter((file) => !isFixture(file))
    .flatMap((file) =>
      findAll(file, 'commentless', READ, (match) => {
        const name = match[1] ?? match[3];
        if (DECLARED.has(name) || name in FOREIGN || name.startsWith('VITRINE_INTERNAL_')) return;
        return `${name} is not declared in src/base/env.ts`;
      }),
    );
}

/** No text speaks of a variable of ours that does not exist. Tests may: they try unknown names. */
export function unknownNames(files: readonly SourceFile[]): Finding[] {
  return files
    .filter((file) => !isTest(file) && !isFixture(file))
    .flatMap((file) =>
      findAll(file, 'text', /\bVITRINE_[A-Z0-9_]*[A-Z0-9]\b/g, ([name]) => {
        if (DECLARED.has(name) || name.startsWith('VITRINE_INTERNAL')) return;
        return `${name} is not declared in src/base/env.ts`;
      }),
    );
}
