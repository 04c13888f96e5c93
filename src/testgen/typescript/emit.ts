/** TypeScript output: the regenerated test of each file, its folder's support, and skeletons. */
import { posix } from 'node:path';
import {
  createRegistry,
  type DescExtension,
  type DescFile,
  type DescMessage,
  type DescMethod,
  type DescService,
  type Registry,
} from '@bufbuild/protobuf';
import { StringValueSchema } from '@bufbuild/protobuf/wkt';
import type { GeneratedFile, Printable, Schema } from '@bufbuild/protoplugin';
import { commentText, extensionsByMessage, messagesOf } from '../descriptors.ts';
import type { TypeScriptOptions } from '../options.ts';
import { openRuleBook, type RuleBook } from '../rules/book.ts';
import { messageSamples } from '../samples/messages.ts';
import { type MethodCases, requestCases } from '../samples/requests.ts';
import type { Skeleton } from '../skeletons.ts';
import type { MessageValue } from '../value.ts';
import { extensionLiteral, initialiser, text } from './literal.ts';
import { type ServiceCases, skeletonSource } from './skeleton.ts';
import {
  MESSAGES_NAME,
  messagesSource,
  RULES_NAME,
  rulesSource,
  SERVICES_NAME,
  servicesSource,
} from './support.ts';
import { Symbols } from './symbols.ts';

/**
 * Generates for every file asked for; returns the once-written parts, which no plug-in response may
 * hold.
 */
export function emitTypeScript(schema: Schema<TypeScriptOptions>): Skeleton[] {
  const registry = createRegistry(StringValueSchema, ...schema.allFiles);
  const rules = openRuleBook(registry);
  const folders = new Map<string, { hasServices: boolean; hasRules: boolean }>();
  const skeletons: Skeleton[] = [];
  for (const file of schema.files) {
    const messages = [...messagesOf(file)];
    if (messages.length === 0 && file.services.length === 0) continue;
    const emitted = new FileEmitter(schema, file, rules, registry).emit(messages);
    skeletons.push(emitted.skeleton);
    const folder = folderOf(file.name);
    const known = folders.get(folder);
    folders.set(folder, {
      hasServices: file.services.length > 0 || known?.hasServices === true,
      hasRules: emitted.hasRules || known?.hasRules === true,
    });
  }
  for (const [folder, { hasServices, hasRules }] of folders) {
    emitSupport(schema, folder, hasServices, hasRules);
  }
  return skeletons;
}

function emitSupport(
  schema: Schema<TypeScriptOptions>,
  folder: string,
  hasServices: boolean,
  hasRules: boolean,
): void {
  const { runner, protocol, importExtension } = schema.options;
  const end = suffix(importExtension);
  const put = (name: string, source: string): void => {
    schema.generateFile(`${folder}${name}.ts`).print(source.trimEnd());
  };
  put(MESSAGES_NAME, messagesSource(runner));
  if (hasServices) put(SERVICES_NAME, servicesSource(runner, protocol, end));
  if (hasRules) put(RULES_NAME, rulesSource(runner, end));
}

class FileEmitter {
  private readonly f: GeneratedFile;
  private readonly symbols: Symbols;
  private readonly schema: Schema<TypeScriptOptions>;
  private readonly file: DescFile;
  private readonly rules: RuleBook;
  private readonly registry: Registry;
  private readonly extensions: ReadonlyMap<DescMessage, readonly DescExtension[]>;
  private readonly name: string;
  /** Names of this file's own, apart from all that it may import. */
  private readonly local: (name: string) => string;

  constructor(
    schema: Schema<TypeScriptOptions>,
    file: DescFile,
    rules: RuleBook,
    registry: Registry,
  ) {
    this.schema = schema;
    this.file = file;
    this.rules = rules;
    this.registry = registry;
    this.extensions = extensionsByMessage(file);
    this.name = `${file.name}_test.gen`;
    this.f = schema.generateFile(`${this.name}.ts`);
    this.symbols = new Symbols(this.f);
    this.local = localNames(file);
  }

  emit(messages: readonly DescMessage[]): { skeleton: Skeleton; hasRules: boolean } {
    const { f, file, symbols } = this;
    f.preamble(file);
    const services = new Map<DescService, ServiceCases>(
      file.services.map((service) => [service, this.casesOf(service)]),
    );
    this.printCases(services);
    this.printServices();
    const hasServices = file.services.length > 0;
    const given = this.local('services');
    f.print('/** Runs the tests of ', commentText(file.proto.name), '. */');
    const parameter = hasServices ? `${given}: ${this.local('Services')}` : '';
    f.print(f.export('function', this.local('defineTests')), `(${parameter}): void {`);
    f.print('  ', this.framework('describe'), '(', text(file.proto.name), ', () => {');
    let hasRules = false;
    for (const message of messages) {
      this.printMessage(message);
      if (this.rules.has(message)) {
        hasRules = true;
        this.printRules(message);
      }
    }
    for (const service of file.services) {
      const name = this.property(service);
      const cases = `${this.local('cases')}${name}`;
      f.print(
        '    ',
        this.support('checkService'),
        '(',
        symbols.schema(service),
        `, ${cases}, ${given}${name});`,
      );
    }
    f.print('  });');
    f.print('}');
    return { skeleton: this.skeleton(services), hasRules };
  }

  private casesOf(service: DescService): ServiceCases {
    return new Map<DescMethod, MethodCases>(
      service.methods.map((method) => [
        method,
        requestCases(method, this.schema.options.casesMax, this.rules, this.registry),
      ]),
    );
  }

  private printCases(services: ReadonlyMap<DescService, ServiceCases>): void {
    if (services.size === 0) return;
    const { f, symbols } = this;
    f.print('const ', this.local('cases'), ' = {');
    for (const [service, methods] of services) {
      f.print('  ', service.name, ': {');
      for (const [method, { cases, notes }] of methods) {
        for (const note of notes) f.print('    // ', commentText(note));
        f.print(
          '    ',
          method.localName,
          ': ',
          this.support('requestsOf'),
          '(',
          symbols.schema(method.input),
          ', {',
        );
        for (const { name, requests, brokenRules } of cases) {
          const inits = requests.flatMap((request, i) => [
            i ? ', ' : '',
            initialiser(symbols, request),
          ]);
          const breaks = brokenRules.length === 0 ? '' : `, breaks: ${JSON.stringify(brokenRules)}`;
          f.print('      ', text(name), ': { requests: [', inits, ']', breaks, ' },');
        }
        f.print('    }),');
      }
      f.print('  },');
    }
    f.print('};');
    f.print();
  }

  /** The type that the once-written part is checked against. */
  private printServices(): void {
    const { f, file, symbols } = this;
    if (file.services.length === 0) return;
    f.print(
      '/** What the once-written part gives: each service and what its methods must answer. */',
    );
    f.print(f.export('interface', this.local('Services')), ' {');
    for (const service of file.services) {
      const type = this.support('ServiceUnderTest', true);
      f.print(
        '  readonly ',
        service.name,
        '?: ',
        type,
        '<typeof ',
        symbols.schema(service, true),
        ', {',
      );
      for (const method of service.methods) {
        const isStream =
          method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming';
        const table = this.support(isStream ? 'StreamTable' : 'UnaryTable', true);
        const names = `keyof typeof ${this.local('cases')}${this.property(service)}.${method.localName}`;
        const input = symbols.schema(method.input, true);
        const output = symbols.schema(method.output, true);
        f.print(
          '    readonly ',
          method.localName,
          '?: ',
          table,
          '<',
          names,
          ', typeof ',
          input,
          ', typeof ',
          output,
          '>;',
        );
      }
      f.print('  }>;');
    }
    f.print('}');
    f.print();
  }

  private printMessage(desc: DescMessage): void {
    const { f, symbols } = this;
    const extensions = this.extensions.get(desc) ?? [];
    const { samples, notes } = messageSamples(desc, extensions, this.registry);
    for (const note of notes) f.print('    // ', commentText(`${desc.typeName}: ${note}`));
    if (samples.length === 0) return;
    f.print('    ', this.shared(MESSAGES_NAME, 'checkMessage'), '(', symbols.schema(desc), ', [');
    for (const { name, value, wire, isJson } of samples) {
      const hex = Buffer.from(wire).toString('hex');
      f.print(
        '      { name: ',
        text(name),
        `, wire: "${hex}", json: ${isJson}, init: `,
        initialiser(symbols, value),
        this.extend(value),
        ' },',
      );
    }
    f.print('    ]);');
  }

  private extend(value: MessageValue): Printable {
    const { f, symbols } = this;
    if (value.extensions === undefined) return '';
    const set = f.import('setExtension', '@bufbuild/protobuf');
    return [
      ', extend: (message) => {',
      ...value.extensions.map(({ extension, value: given }) => [
        ' ',
        set,
        '(message, ',
        symbols.schema(extension),
        ', ',
        extensionLiteral(symbols, given),
        ');',
      ]),
      ' }',
    ];
  }

  private printRules(desc: DescMessage): void {
    const { f, symbols } = this;
    const { valid, invalid, notes } = this.rules.samples(desc);
    for (const note of notes) f.print('    // ', commentText(`rules of ${desc.typeName}: ${note}`));
    if (valid.length + invalid.length === 0) return;
    const check = this.shared(RULES_NAME, 'checkRules');
    f.print('    ', check, '(', symbols.schema(desc), ', [');
    for (const { name, value } of valid) {
      f.print(
        '      { name: ',
        text(name),
        ', init: ',
        initialiser(symbols, value),
        ', breaks: [] },',
      );
    }
    for (const { name, value, rules } of invalid) {
      f.print(
        '      { name: ',
        text(name),
        ', init: ',
        initialiser(symbols, value),
        `, breaks: ${JSON.stringify(rules)} },`,
      );
    }
    f.print('    ]);');
  }

  private skeleton(services: ReadonlyMap<DescService, ServiceCases>): Skeleton {
    const { targets, importExtension, skeletons = '.', out = skeletons } = this.schema.options;
    const end = suffix(importExtension);
    const path = `${this.file.name}.test.${targets.includes('ts') ? 'ts' : 'js'}`;
    const from = (target: string): string =>
      importPath(posix.join(skeletons, path), posix.join(out, target)) + end;
    const content = skeletonSource({
      file: this.file,
      services,
      define: this.local('defineTests'),
      testPath: from(this.name),
      supportPath: from(`${folderOf(this.file.name)}${SERVICES_NAME}`),
    });
    return { path, content };
  }

  /** A name of one of the files that the folder shares. */
  private shared(file: string, name: string, typeOnly = false): Printable {
    return this.f.import(name, `./${folderOf(this.file.name)}${file}.js`, typeOnly);
  }

  private support(name: string, typeOnly = false): Printable {
    return this.shared(SERVICES_NAME, name, typeOnly);
  }

  private framework(name: string): Printable {
    return this.f.import(name, this.schema.options.runner === 'vitest' ? 'vitest' : 'node:test');
  }

  private property(service: DescService): string {
    return `.${service.name}`;
  }
}

function folderOf(name: string): string {
  return name.includes('/') ? name.slice(0, name.lastIndexOf('/') + 1) : '';
}

function importPath(importer: string, target: string): string {
  const path = posix.relative(posix.dirname(importer), target);
  return path.startsWith('.') ? path : `./${path}`;
}

function suffix(extension: 'none' | 'js' | 'ts'): string {
  return extension === 'none' ? '' : `.${extension}`;
}

/** Names that the file may import: its own and those of the files it depends on, to any depth. */
function localNames(file: DescFile): (name: string) => string {
  const files = new Set<DescFile>();
  // A set is walked in the order of its members, those added meanwhile included.
  files.add(file);
  for (const one of files) for (const dependency of one.dependencies) files.add(dependency);
  const taken = new Set<string>();
  for (const one of files) {
    for (const { name } of [...one.enums, ...one.services]) taken.add(name);
    for (const message of messagesOf(one)) {
      for (const { name } of message.nestedEnums) taken.add(name);
    }
  }
  return (name) => (taken.has(name) ? `${name}$` : name);
}
