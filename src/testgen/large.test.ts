import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { CodeGeneratorRequestSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import { ruledFiles } from '../../test/proto-files.ts';
import { cycleFile, graphFile } from '../../test/proto-graphs.ts';
import { generateAside } from './generation.ts';

/** The tests of the last file. */
async function generated(parameter: string, ...files: FileDescriptorProto[]): Promise<string> {
  const request = create(CodeGeneratorRequestSchema, {
    parameter,
    fileToGenerate: files.slice(-1).map(({ name }) => name),
    protoFile: files,
  });
  const { response } = await generateAside({ request });
  assert.equal(response.error, '');
  return response.file.find(({ name }) => /_test\.gen\.ts$|graph_gen_test|ruled_gen/.test(name))
    ?.content as string;
}

/** Each message in turn: its tests, without its own name. */
function sections(text: string): Set<string> {
  const parts = text.split(/^func TestGen_/m).slice(1);
  return new Set(parts.map((part) => part.replaceAll(/\bM\d+(_Schema)?\b/g, 'M')));
}

describe('large definitions', () => {
  it('of 4000 messages in a cycle are generated, each message like the others', async () => {
    const text = await generated('lang=go', cycleFile(4000));
    assert.match(text, /TestGen_M3999\(/);
    assert.match(text, /no sample of it inside itself: none within 64 levels/);
    // The last one is followed by nothing.
    assert.ok(sections(text).size <= 2);
    const other = await generated('', cycleFile(2000));
    assert.match(other, /checkMessage\(M1999Schema, /);
    assert.doesNotMatch(other, /json: false/);
  });

  it('have a sample of a message inside itself as deep as 64 messages go', async () => {
    assert.match(await generated('', cycleFile(3)), /"8 levels deep"/);
    assert.match(await generated('', cycleFile(20)), /"4 levels deep"/);
    assert.doesNotMatch(await generated('', cycleFile(70)), /levels deep"/);
  });

  it('that require each other are made once, and left out beyond bounds', async () => {
    const tree = (count: number) =>
      graphFile(
        count,
        (index) => {
          const to = index + 1;
          return to === count ? [] : [1, 2, 3].map(() => ({ to, isRequired: true }));
        },
        { syntax: 'proto2' },
      );
    const text = await generated('lang=go', tree(60));
    assert.match(text, /graph\.M0: no sample: the message cannot be encoded/);
    assert.match(text, /func TestGen_M55\(/);
    const loop = graphFile(3, (index) => [{ to: (index + 1) % 3, isRequired: index > 0 }], {
      syntax: 'proto2',
    });
    assert.match(await generated('lang=go', loop), /func TestGen_M0\(/);
  });

  it('of rules that can be reached in endlessly many ways are left out and say so', async () => {
    const [own, ...imported] = ruledFiles([]).reverse();
    const ruled = graphFile(
      40,
      (index) => {
        const to = Math.min(index + 1, 39);
        return [1, 2, 3].map(() => ({ to, rules: { required: index < 39 } }));
      },
      { dependency: own?.dependency ?? [] },
    );
    const text = await generated('lang=go', ...imported.reverse(), ruled);
    assert.match(text, /rules of graph\.M0: no rule samples: it holds too many ruled messages/);
    assert.match(text, /func TestGenRules_M38\(/);
  });
});
