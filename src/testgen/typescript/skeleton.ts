/** The once-written TypeScript test: which implementation, and what each case must answer. */
import type { DescFile, DescMethod, DescService } from '@bufbuild/protobuf';
import { commentText } from '../descriptors.ts';
import type { MethodCases, RequestCase } from '../samples/requests.ts';
import { text } from './literal.ts';

export type ServiceCases = ReadonlyMap<DescMethod, MethodCases>;

export interface SkeletonInput {
  readonly file: DescFile;
  readonly services: ReadonlyMap<DescService, ServiceCases>;
  /** Name of the function that defines the tests. */
  readonly define: string;
  /** Import path of the regenerated test, and of the support file. */
  readonly testPath: string;
  readonly supportPath: string;
}

/** Valid as TypeScript and as JavaScript. */
export function skeletonSource(input: SkeletonInput): string {
  const hasServices = input.file.services.length > 0;
  const lines = [
    '/**',
    ` * Tests of ${commentText(input.file.proto.name)}. Written once by protoc-gen-vitrine-test; yours from now on: it is`,
    ' * never overwritten.',
  ];
  if (hasServices) {
    lines.push(
      ' *',
      ' * Give each service its implementation, and each case what it must answer: { reply: {...} },',
      ' * { replies: [...] } for a stream, { error: Code.NotFound }, or a function of the requests that',
      ' * returns one of these. What is not filled in fails.',
    );
  }
  lines.push(' */', `import { ${input.define} } from ${text(input.testPath)};`);
  if (hasServices) lines.push(`import { fillIn } from ${text(input.supportPath)};`);
  lines.push('');
  if (!hasServices) return [...lines, `${input.define}();`, ''].join('\n');
  lines.push(`${input.define}({`);
  for (const [service, methods] of input.services) {
    lines.push(`  ${service.name}: {`, '    implementation: fillIn,');
    lines.push('    expected: {');
    for (const [method, { cases }] of methods) lines.push(...methodLines(method, cases));
    lines.push('    },', '  },');
  }
  return [...lines, '});', ''].join('\n');
}

function methodLines(method: DescMethod, cases: readonly RequestCase[]): string[] {
  const lines = [`      ${method.localName}: {`];
  for (const { name, brokenRules } of cases) {
    // Refused unless said otherwise.
    if (brokenRules.length === 0) lines.push(`        ${text(name)}: fillIn,`);
  }
  return [...lines, '      },'];
}
