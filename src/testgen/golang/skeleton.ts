/** The once-written Go test: how to make the server, and what each case must answer. */
import type { DescMethod, DescService } from '@bufbuild/protobuf';
import type { MethodCases, RequestCase } from '../samples/requests.ts';
import { goCamelCase } from './camel.ts';
import { goText } from './literal.ts';

export function skeletonSource(
  packageName: string,
  source: string,
  services: ReadonlyMap<DescService, ReadonlyMap<DescMethod, MethodCases>>,
): string {
  const lines = [
    `// Tests of ${source}. Written once by protoc-gen-vitrine-test; yours from now on: it is`,
    '// never overwritten.',
    '//',
    '// Give each service its Register function, and each case what it must answer: Replies, or Code, or',
    '// By, a function of the requests that returns both. What is not filled in fails.',
    '',
    `package ${packageName}`,
    '',
    'func init() {',
  ];
  for (const [i, [service, methods]] of [...services].entries()) {
    const variable = variableOf(service);
    if (i > 0) lines.push('');
    lines.push(`\t${variable}.Register = nil // func(t *testing.T, s grpc.ServiceRegistrar) { … }`);
    for (const [method, { cases }] of methods) {
      lines.push(...expectLines(`${variable}.${goCamelCase(method.name)}`, tableOf(method), cases));
    }
  }
  return [...lines, '}', ''].join('\n');
}

/** Of the generated file: holds the server and the expectations of a service. */
export function variableOf(service: DescService): string {
  return `gen${goCamelCase(service.name)}`;
}

/** Type of the expectations of a method. */
export function tableOf(method: DescMethod): string {
  return `${variableOf(method.parent)}${goCamelCase(method.name)}`;
}

function expectLines(target: string, type: string, cases: readonly RequestCase[]): string[] {
  // Refused unless said otherwise.
  const open = cases.filter(({ brokenRules }) => brokenRules.length === 0);
  if (open.length === 0) return [];
  return [
    `\t${target} = ${type}{`,
    ...open.map(({ name }) => `\t\t{Case: ${goText(name)}, FillIn: true},`),
    '\t}',
  ];
}
