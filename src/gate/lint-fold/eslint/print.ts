/**
 * Writes a folded configuration as the source of `eslint.config.mjs`. Environments become lists of
 * names and rule sets that occur more than once become constants, so that the file can be read.
 * Plug-ins and parsers are loaded by `require`, as the old system loaded them: a package with two
 * entry points then gives the same module as before.
 */
import { accesses } from './effective.ts';
import type { FlatObject, GlobalsPart } from './flat-object.ts';
import type { Access, Dependency, Environment, RuleSetting } from './model.ts';
import {
  keySource,
  oneLine,
  stringSource,
  valueSource,
  withRootPaths,
  wordsSource,
} from './source-text.ts';

/** A rule set is hoisted when it occurs twice and has at least this many rules. */
const HOISTED_RULES_MIN = 4;

/** More single globals than this go into a list of names. */
const OWN_GLOBALS_MAX = 12;

const SEVERITY_NAMES = ['off', 'warn', 'error'] as const;

export interface PrintInput {
  /** Absolute; values that are paths below it are written relative to the configuration. */
  readonly root: string;
  readonly mode: 'exact' | 'unify';
  /** The files that were folded, relative to the root. */
  readonly sources: readonly string[];
  readonly globalIgnores: readonly string[];
  readonly plugins: Readonly<Record<string, Dependency>>;
  readonly objects: readonly FlatObject[];
  readonly environments: Readonly<Record<string, Environment>>;
  /** What to write between the quotes of `require`. */
  request(kind: 'plugin' | 'parser', dependency: Dependency): string;
}

export function printFlatConfig(input: PrintInput): string {
  const printer = new Printer(input);
  const objects = input.objects.map((object) => printer.object(withPaths(object, input.root)));
  const body = [printer.ignoresObject(), printer.pluginsObject(), ...objects];
  const list = body.filter((text) => text !== '').join('');
  return [
    `// One configuration for the whole repository, folded by \`vitrine gate lint-fold --${input.mode}\``,
    `// from ${input.sources.length} file${input.sources.length === 1 ? '' : 's'}:`,
    ...input.sources.map((source) => `//   ${oneLineComment(source)}`),
    printer.header(list.includes('fromRoot(') || printer.hoistsPaths()),
    `export default [\n${list}];\n`,
  ]
    .filter((text) => text !== '')
    .join('\n');
}

class Printer {
  readonly #input: PrintInput;
  readonly #constants = new Map<string, string>();
  readonly #names = new Map<string, string>();
  readonly #taken = new Set([
    ...['names', 'switchedOff', 'require', 'createRequire', 'fromRoot', 'resolve'],
    'fileURLToPath',
  ]);
  readonly #repeated: ReadonlySet<string>;
  #usesNames = false;
  #usesSwitchedOff = false;

  constructor(input: PrintInput) {
    this.#input = input;
    const counts = new Map<string, number>();
    for (const object of input.objects) {
      const { rules } = withPaths(object, input.root);
      if (rules === undefined || Object.keys(rules).length < HOISTED_RULES_MIN) continue;
      const key = rulesSource(rules);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    this.#repeated = new Set([...counts].filter(([, count]) => count > 1).map(([key]) => key));
  }

  header(usesPaths: boolean): string {
    const lines: string[] = [];
    const constants = [...this.#constants.values()];
    if (constants.some((text) => text.includes('= require('))) {
      lines.push("import { createRequire } from 'node:module';");
    }
    if (usesPaths) {
      lines.push(
        "import { resolve } from 'node:path';",
        "import { fileURLToPath } from 'node:url';",
      );
      lines.push(
        "\nconst fromRoot = (path) => resolve(fileURLToPath(import.meta.url), '..', path);",
      );
    }
    if (constants.some((text) => text.includes('= require('))) {
      lines.push('\nconst require = createRequire(import.meta.url);');
    }
    lines.push(...constants.filter((text) => text.includes('= require(')));
    if (this.#usesNames) {
      lines.push(
        '\nconst names = (access, text) =>\n' +
          '  Object.fromEntries(text.trim().split(/\\s+/).map((name) => [name, access]));',
      );
    }
    if (this.#usesSwitchedOff) {
      lines.push(
        '\nconst switchedOff = (globals) =>\n' +
          "  Object.fromEntries(Object.keys(globals).map((name) => [name, 'off']));",
      );
    }
    lines.push(
      ...constants.filter((text) => !text.includes('= require(')).map((text) => `\n${text}`),
    );
    return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
  }

  hoistsPaths(): boolean {
    return [...this.#constants.values()].some((text) => text.includes('fromRoot('));
  }

  ignoresObject(): string {
    const { globalIgnores } = this.#input;
    if (globalIgnores.length === 0) return '';
    return `  {\n    ignores: ${valueSource(globalIgnores, 2, 9)},\n  },\n`;
  }

  pluginsObject(): string {
    const entries = Object.entries(this.#input.plugins);
    if (entries.length === 0) return '';
    const items = entries.map(
      ([name, plugin]) =>
        `      ${keySource(name)}: ${this.#dependency('plugin', name, plugin)},\n`,
    );
    return `  {\n    plugins: {\n${items.join('')}    },\n  },\n`;
  }

  object(object: FlatObject): string {
    const lines = [`name: ${stringSource(object.name)},`];
    const add = (key: string, value: unknown) => {
      if (value !== undefined) lines.push(`${key}: ${valueSource(value, 2, key.length + 3)},`);
    };
    add('files', object.files);
    add('ignores', object.ignores);
    lines.push(...this.#languageOptions(object));
    const linterOptions = {
      ...(object.noInlineConfig === undefined ? {} : { noInlineConfig: object.noInlineConfig }),
      ...(object.reportUnused === undefined
        ? {}
        : { reportUnusedDisableDirectives: SEVERITY_NAMES[object.reportUnused] }),
    };
    if (Object.keys(linterOptions).length > 0) add('linterOptions', linterOptions);
    add('processor', object.processor);
    add('settings', object.settings);
    if (object.rules !== undefined) lines.push(this.#rules(object.name, object.rules));
    return `  {\n${lines.map((line) => `    ${line}\n`).join('')}  },\n`;
  }

  #rules(origin: string, rules: Readonly<Record<string, RuleSetting>>): string {
    const source = rulesSource(rules);
    if (!this.#repeated.has(source)) return `rules: ${indented(source)},`;
    const name = this.#constant(`rules ${source}`, `${originName(origin)}Rules`, source);
    return name === 'rules' ? 'rules,' : `rules: ${name},`;
  }

  #languageOptions(object: FlatObject): string[] {
    const items: string[] = [];
    const add = (key: string, value: unknown) => {
      if (value !== undefined) items.push(`${key}: ${valueSource(value, 3, key.length + 3)},`);
    };
    add('ecmaVersion', object.ecmaVersion);
    add('sourceType', object.sourceType);
    if (object.parser !== undefined && object.parser !== 'espree') {
      items.push(`parser: ${this.#dependency('parser', object.parser.id, object.parser)},`);
    }
    add('parserOptions', object.parserOptions);
    if (object.globals !== undefined) items.push(...this.#globals(object.globals));
    if (items.length === 0) return [];
    const pad = '      ';
    return [`languageOptions: {\n${items.map((item) => `${pad}${item}\n`).join('')}    },`];
  }

  #globals(part: GlobalsPart): string[] {
    const spreads = part.environments.map(({ name, on }) => {
      const constant = this.#environment(name);
      if (on) return `...${constant},`;
      this.#usesSwitchedOff = true;
      return `...switchedOff(${constant}),`;
    });
    const own = Object.entries(part.own);
    const wanted = own.every(([, access]) => access === 'off') ? 'notDefined' : 'ownGlobals';
    if (own.length > OWN_GLOBALS_MAX) spreads.push(`...${this.#nameList(wanted, part.own)},`);
    else spreads.push(...own.map(([name, access]) => `${keySource(name)}: '${access}',`));
    if (spreads.length === 0) return [];
    const [only] = spreads;
    if (spreads.length === 1 && only?.startsWith('...')) return [`globals: ${only.slice(3)}`];
    const flat = `globals: { ${spreads.join(' ').replace(/,$/, '')} },`;
    if (flat.length < 90) return [flat];
    return [`globals: {\n${spreads.map((spread) => `        ${spread}\n`).join('')}      },`];
  }

  #environment(name: string): string {
    const globals = accesses(this.#input.environments[name]?.globals);
    return this.#nameList(`${name} globals`, globals);
  }

  #nameList(wanted: string, globals: Readonly<Record<string, Access>>): string {
    const source = this.#nameListSource(globals);
    return this.#constant(`globals ${wanted} ${source}`, camel(wanted), source);
  }

  #nameListSource(globals: Readonly<Record<string, Access>>): string {
    this.#usesNames = true;
    const lists = (['readonly', 'writable', 'off'] as const).map((access) => ({
      access,
      words: Object.keys(globals).filter((name) => globals[name] === access),
    }));
    const calls = lists
      .filter(({ words }) => words.length > 0)
      .map(({ access, words }) => `names('${access}', ${wordsSource(words)})`);
    if (calls.length === 1) return calls[0] as string;
    return `{\n${calls.map((call) => `  ...${call.replace(/\n/g, '\n  ')},\n`).join('')}}`;
  }

  #dependency(kind: 'plugin' | 'parser', name: string, dependency: Dependency): string {
    const request = this.#input.request(kind, dependency);
    const wanted = camel(`${name.replace(/^@/, '')} ${kind}`);
    return this.#constant(`${kind} ${request}`, wanted, `require(${stringSource(request)})`);
  }

  /** The name of the constant for `key`, declared on first use. */
  #constant(key: string, wanted: string, source: string): string {
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    let name = wanted;
    for (let n = 2; this.#taken.has(name); n += 1) name = `${wanted}${n}`;
    this.#taken.add(name);
    this.#names.set(key, name);
    this.#constants.set(key, `const ${name} = ${source};`);
    return name;
  }
}

/** Plug-ins and parsers are requests of their own; only values may be paths. */
function withPaths(object: FlatObject, root: string): FlatObject {
  const replaced = (value: unknown) => withRootPaths(value, root) as never;
  return {
    ...object,
    ...(object.parserOptions === undefined
      ? {}
      : { parserOptions: replaced(object.parserOptions) }),
    ...(object.settings === undefined ? {} : { settings: replaced(object.settings) }),
    ...(object.rules === undefined ? {} : { rules: replaced(object.rules) }),
  };
}

function rulesSource(rules: Readonly<Record<string, RuleSetting>>): string {
  const items = Object.entries(rules).map(([name, [severity, ...options]]) => {
    const setting = [SEVERITY_NAMES[severity], ...options];
    const value = options.length === 0 ? SEVERITY_NAMES[severity] : setting;
    return `  ${keySource(name)}: ${valueSource(value, 1, name.length + 5)},\n`;
  });
  return items.length === 0 ? '{}' : `{\n${items.join('')}}`;
}

function indented(source: string): string {
  return source.replace(/\n/g, '\n    ');
}

/** `a/.eslintrc » eslint-config-x » ./y` -> the last link. */
function originName(origin: string): string {
  const last = origin.split(' » ').at(-1) ?? origin;
  return camel(last.replace(/#.*$/, ''));
}

function camel(text: string): string {
  const words = text.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const joined = words.map((word, index) => (index === 0 ? word : capital(word))).join('');
  if (joined === '') return 'shared';
  return /^\d/.test(joined) ? `n${joined}` : joined;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function oneLineComment(text: string): string {
  return oneLine(text).slice(1, -1);
}
