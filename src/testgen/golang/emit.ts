/** Go output: the regenerated test of each file, what a package shares, and once-written parts. */
import {
  create,
  createFileRegistry,
  createRegistry,
  type DescExtension,
  type DescFile,
  type DescMessage,
  type DescMethod,
  type DescService,
  type Registry,
} from '@bufbuild/protobuf';
import {
  type CodeGeneratorRequest,
  FileDescriptorSetSchema,
  StringValueSchema,
} from '@bufbuild/protobuf/wkt';
import { commentText, extensionsByMessage, messagesOf } from '../descriptors.ts';
import { testgenError } from '../errors.ts';
import { openRuleBook, type RuleBook } from '../rules/book.ts';
import { messageSamples } from '../samples/messages.ts';
import { type MethodCases, requestCases } from '../samples/requests.ts';
import type { Skeleton } from '../skeletons.ts';
import type { MessageValue } from '../value.ts';
import { goCamelCase } from './camel.ts';
import { GoFile } from './file.ts';
import { GoLiterals, goText } from './literal.ts';
import { typeName } from './names.ts';
import { type GoOptions, goPackageOf, outputPrefix } from './packages.ts';
import { skeletonSource, tableOf, variableOf } from './skeleton.ts';
import {
  MESSAGES_FILE,
  messagesSource,
  RULES_FILE,
  rulesSource,
  SERVICES_FILE,
  servicesSource,
} from './support.ts';

export interface GoOutput {
  readonly files: readonly { name: string; content: string }[];
  readonly skeletons: readonly Skeleton[];
}

/** Generates for every file asked for, in the order of the request. */
export function emitGo(request: CodeGeneratorRequest, options: GoOptions): GoOutput {
  const set = create(FileDescriptorSetSchema, { file: request.protoFile });
  const all = createFileRegistry(set);
  const registry = createRegistry(StringValueSchema, ...all.files);
  const rules = openRuleBook(registry);
  const output = new Output();
  const packages = new Map<string, { name: string; testPackage: string }>();
  const skeletons: Skeleton[] = [];
  for (const name of request.fileToGenerate) {
    const file = all.getFile(name);
    if (file === undefined) {
      throw testgenError('bad-definition', `the request holds no definition ${name}`);
    }
    const messages = [...messagesOf(file)];
    if (messages.length === 0 && file.services.length === 0) continue;
    const prefix = outputPrefix(file, options);
    const emitter = new FileEmitter(file, options, rules, registry);
    output.put(`${prefix}_gen_test.go`, name, emitter.emit(messages));
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    const testPackage = testPackageOf(file, options);
    const other = packages.get(folder);
    if (other !== undefined && other.testPackage !== testPackage) {
      throw testgenError(
        'bad-definition',
        `${other.name} and ${name} are of two Go packages, ${other.testPackage} and ` +
          `${testPackage}, but go to one folder; leave paths=source_relative out`,
      );
    }
    packages.set(folder, { name, testPackage });
    const share = (file: string, source: string): void =>
      output.put(`${folder}${file}`, `what the tests of ${testPackage} share`, source);
    share(MESSAGES_FILE, messagesSource(testPackage));
    if (emitter.hasRules) share(RULES_FILE, rulesSource(testPackage));
    if (file.services.length === 0) continue;
    share(SERVICES_FILE, servicesSource(testPackage));
    const content = skeletonSource(testPackage, commentText(file.proto.name), emitter.services);
    skeletons.push({ path: `${prefix}_cases_test.go`, content });
  }
  return { files: output.files(), skeletons };
}

/** Files by name; two makers of one name are an error of the definitions. */
class Output {
  private readonly made = new Map<string, { maker: string; content: string }>();

  put(name: string, maker: string, content: string): void {
    const other = this.made.get(name);
    if (other !== undefined && other.maker !== maker) {
      throw testgenError(
        'bad-definition',
        `${name} would hold the tests of ${other.maker} and of ${maker}: rename one definition, ` +
          'or give it another go_package',
      );
    }
    this.made.set(name, { maker, content });
  }

  files(): { name: string; content: string }[] {
    return [...this.made].map(([name, { content }]) => ({ name, content }));
  }
}

/** The tests live beside the generated code, in its external test package. */
function testPackageOf(file: DescFile, options: GoOptions): string {
  return `${goPackageOf(file, options).name}_test`;
}

const CONTEXT = { path: 'context', name: 'context' };
const TESTING = { path: 'testing', name: 'testing' };
const GRPC = { path: 'google.golang.org/grpc', name: 'grpc' };

class FileEmitter {
  hasRules = false;
  readonly services = new Map<DescService, ReadonlyMap<DescMethod, MethodCases>>();
  private readonly out: GoFile;
  private readonly literals: GoLiterals;
  private readonly file: DescFile;
  private readonly options: GoOptions;
  private readonly rules: RuleBook;
  private readonly registry: Registry;
  private readonly extensions: ReadonlyMap<DescMessage, readonly DescExtension[]>;

  constructor(file: DescFile, options: GoOptions, rules: RuleBook, registry: Registry) {
    this.file = file;
    this.options = options;
    this.rules = rules;
    this.registry = registry;
    this.extensions = extensionsByMessage(file);
    this.out = new GoFile(testPackageOf(file, options), commentText(file.proto.name));
    this.literals = new GoLiterals(this.out, options);
  }

  emit(messages: readonly DescMessage[]): string {
    for (const message of messages) {
      this.printMessage(message);
      if (this.rules.has(message)) this.printRules(message);
    }
    for (const service of this.file.services) this.printService(service);
    return this.out.toString().replace(/\n+$/, '\n');
  }

  private printMessage(desc: DescMessage): void {
    const extensions = this.extensions.get(desc) ?? [];
    const { samples, notes } = messageSamples(desc, extensions, this.registry);
    for (const note of notes) this.note(`${desc.typeName}: ${note}`);
    if (samples.length === 0) {
      if (notes.length > 0) this.out.print('');
      return;
    }
    this.openTest(`TestGen_${typeName(desc)}`);
    this.out.print('\tgenCheckMessage(t, []genSample{');
    for (const { name, value, wire, isJson } of samples) {
      const hex = Buffer.from(wire).toString('hex');
      this.out.print(`\t\t{${goText(name)}, "${hex}", ${isJson}, ${this.message(value)}},`);
    }
    this.out.print('\t})', '}', '');
  }

  private printRules(desc: DescMessage): void {
    const { valid, invalid, notes } = this.rules.samples(desc);
    for (const note of notes) this.note(`rules of ${desc.typeName}: ${note}`);
    if (valid.length + invalid.length === 0) {
      if (notes.length > 0) this.out.print('');
      return;
    }
    this.hasRules = true;
    this.openTest(`TestGenRules_${typeName(desc)}`);
    this.out.print('\tgenCheckRules(t, []genRuleSample{');
    for (const { name, value } of valid) {
      this.out.print(`\t\t{${goText(name)}, nil, ${this.message(value)}},`);
    }
    for (const { name, value, rules } of invalid) {
      this.out.print(`\t\t{${goText(name)}, ${texts(rules)}, ${this.message(value)}},`);
    }
    this.out.print('\t})', '}', '');
  }

  private printService(service: DescService): void {
    const { casesMax } = this.options;
    const methods = new Map(
      service.methods.map((method) => [
        method,
        requestCases(method, casesMax, this.rules, this.registry),
      ]),
    );
    this.services.set(service, methods);
    const variable = variableOf(service);
    for (const method of service.methods) {
      this.out.print(`type ${tableOf(method)} = []genExpect[${this.typesOf(method)}]`, '');
    }
    this.out.print(
      `// ${variable} is filled in by the once-written part.`,
      `var ${variable} struct {`,
    );
    this.out.print('\tgenServer');
    const width = Math.max(0, ...service.methods.map(({ name }) => goCamelCase(name).length));
    for (const method of service.methods) {
      this.out.print(`\t${goCamelCase(method.name).padEnd(width)} ${tableOf(method)}`);
    }
    this.out.print('}', '');
    this.openTest(`TestGenService_${goCamelCase(service.name)}`);
    const names = service.methods
      .filter((method) => method.name !== '')
      .map((method) => `, ${goText(method.name)}`);
    const typed = goText(service.typeName);
    this.out.print(`\tgenCheckServer(t, ${typed}, ${variable}.genServer${names.join('')})`);
    for (const [method, given] of methods) this.printMethod(method, given, variable);
    this.out.print('}', '');
  }

  private printMethod(method: DescMethod, { cases, notes }: MethodCases, variable: string): void {
    for (const note of notes) this.note(note, '\t');
    const input = this.literals.type(method.input);
    const name = goCamelCase(method.name);
    const service = goText(method.parent.typeName);
    this.out.print(
      `\tgenCheckMethod(t, ${service}, ${goText(method.name)}, ${variable}.genServer, []genCase[*${input}]{`,
    );
    for (const { name: label, requests, brokenRules } of cases) {
      const list = requests.map((request) => this.message(request)).join(', ');
      const breaks = brokenRules.length === 0 ? 'nil' : texts(brokenRules);
      this.out.print(`\t\t{${goText(label)}, ${breaks}, []*${input}{${list}}},`);
    }
    const { call, result } = this.callOf(method);
    const context = this.out.qualified(CONTEXT, 'Context');
    const conn = this.out.qualified(GRPC, 'ClientConn');
    const output = this.literals.type(method.output);
    this.out.print(
      `\t}, ${variable}.${name}, func(ctx ${context}, conn *${conn}, in []*${input}) ([]*${output}, error) {`,
      ...call,
      `\t\treturn ${result}`,
      '\t})',
    );
  }

  /** The call through the generated client. */
  private callOf(method: DescMethod): { call: string[]; result: string } {
    const from = goPackageOf(this.file, this.options);
    const client = this.out.qualified(from, `New${goCamelCase(method.parent.name)}Client`);
    const start = `${client}(conn).${goCamelCase(method.name)}`;
    const stream = (call: string): string[] => [`\t\tstream, err := ${call}`];
    switch (method.methodKind) {
      case 'unary':
        return { call: [], result: `genOne(${start}(ctx, in[0]))` };
      case 'server_streaming': {
        const output = this.literals.type(method.output);
        return {
          call: stream(`${start}(ctx, in[0])`),
          result: `genReceive[*${output}](stream, err)`,
        };
      }
      case 'client_streaming':
        return {
          call: stream(`${start}(ctx)`),
          result: `genSend[${this.typesOf(method)}](stream, err, in)`,
        };
      default:
        return {
          call: stream(`${start}(ctx)`),
          result: `genExchange[${this.typesOf(method)}](stream, err, in)`,
        };
    }
  }

  private typesOf(method: DescMethod): string {
    return `*${this.literals.type(method.input)}, *${this.literals.type(method.output)}`;
  }

  private message(value: MessageValue): string {
    return (value.extensions ?? []).reduce((made, { extension, value: given }) => {
      const variable = this.literals.extensionVariable(extension);
      return `genExtended(${made}, ${variable}, ${this.literals.extension(given)})`;
    }, this.literals.message(value));
  }

  private openTest(name: string): void {
    this.out.print(`func ${name}(t *${this.out.qualified(TESTING, 'T')}) {`);
  }

  private note(text: string, indent = ''): void {
    this.out.print(`${indent}// ${commentText(text)}`);
  }
}

function texts(items: readonly string[]): string {
  return `[]string{${items.map(goText).join(', ')}}`;
}
