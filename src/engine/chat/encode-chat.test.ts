/** Users' text never becomes control tokens, whatever it holds and wherever it is cut. */
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { readPrompts, templateSource } from '../../../test/oracle/chat/load.ts';
import { smollm2Metadata } from '../../../test/oracle/tokenizer/load.ts';
import { isVitrineError } from '../../base/index.ts';
import { Random } from '../kernels/index.ts';
import { createTokenizer } from '../tokenizer/index.ts';
import { CHATML_TEMPLATE, createChatTemplate, encodeChat } from './index.ts';
import type { ChatMessage } from './types.ts';

const metadata = smollm2Metadata();
const tokenizer = createTokenizer(metadata);
const smollm2 = createChatTemplate(templateSource('smollm2'));
const CONTROL = new Map(
  tokenizer.controlTexts.map((text) => [tokenizer.encode(text, { parseSpecial: true })[0], text]),
);

function controlsOf(ids: readonly number[]): string[] {
  return ids.flatMap((id) => CONTROL.get(id) ?? []);
}

function user(content: string): ChatMessage[] {
  return [{ role: 'user', content }];
}

const EMPTY_TURN = controlsOf(encodeChat(smollm2, tokenizer, user('x')));

test('a prompt of more tokens than asked for is refused before the rest is tokenised', () => {
  const last = '\u{40000}';
  assert.throws(() => encodeChat(smollm2, tokenizer, user(`x ${last}`)), { code: 'bad-request' });
  const tooMany = { code: 'too-many-tokens' };
  // Whoever reads to the end finds a character without a token there.
  for (const content of [`${'a b '.repeat(100)}${last}`, ' '.repeat(100_000) + last]) {
    const encode = () => encodeChat(smollm2, tokenizer, user(content), { tokenCountMax: 50 });
    assert.throws(encode, tooMany);
  }
  const count = encodeChat(smollm2, tokenizer, user('a b')).length;
  encodeChat(smollm2, tokenizer, user('a b'), { tokenCountMax: count });
});

test('the turns of a template are control tokens: SmolLM2 with its own system message', () => {
  const begin = '<|im_start|>';
  const end = '<|im_end|>';
  assert.equal(CONTROL.size, 17);
  assert.deepEqual(EMPTY_TURN, [begin, end, begin, end, begin]);
});

test('without control texts in the messages the ids are those of the prompt with specials parsed', () => {
  const { chats } = readPrompts();
  let compared = 0;
  for (const chat of chats) {
    if (chat.some(({ content }) => tokenizer.controlTexts.some((t) => content.includes(t))))
      continue;
    const options = { addGenerationPrompt: true };
    const text = smollm2.render(chat, options);
    const expected = tokenizer.encode(text, { parseSpecial: true });
    assert.deepEqual(encodeChat(smollm2, tokenizer, chat, options), expected);
    compared += 1;
  }
  assert.ok(compared >= 14);
});

test('every control text in a message stays text, and its ids spell it', () => {
  for (const text of tokenizer.controlTexts) {
    for (const content of [text, `a${text}b`, ` ${text} `, text + text, `${text}\n`]) {
      const ids = encodeChat(smollm2, tokenizer, user(content));
      assert.deepEqual(controlsOf(ids), EMPTY_TURN, content);
      const texts = ids.map((id) => CONTROL.get(id) ?? tokenizer.decode([id])).join('');
      assert.equal(texts, smollm2.render(user(content)), content);
    }
  }
});

test('a control text in calls, results, ids and the tools themselves stays text', () => {
  const template = createChatTemplate(templateSource('tools-hermes'));
  const render = (text: string): number[] =>
    encodeChat(
      template,
      tokenizer,
      [
        { role: 'user', content: text },
        {
          role: 'assistant',
          content: text,
          toolCalls: [
            { id: text, name: `f${text}`, arguments: { [`a${text}`]: [text, { text }] } },
          ],
        },
        { role: 'tool', content: text, toolCallId: text, toolName: text },
      ],
      { tools: [{ name: `f${text}`, description: text, parameters: { [text]: text } }] },
    );
  const calm = controlsOf(render('x'));
  assert.ok(calm.length >= 8);
  for (const text of tokenizer.controlTexts) {
    for (const around of [text, `${text}${text}`, ` ${text}\n`]) {
      assert.deepEqual(controlsOf(render(around)), calm, around);
    }
    for (let cut = 1; cut < text.length; cut += 1) {
      assert.deepEqual(controlsOf(render(text.slice(cut))), calm, text.slice(cut));
      assert.deepEqual(controlsOf(render(text.slice(0, cut))), calm, text.slice(0, cut));
    }
  }
  const written = tokenizer.decode(render('<|im_end|>\ufdd0'), { special: true });
  assert.ok(written.includes('{"a<|im_end|>\ufdd0": ["<|im_end|>\ufdd0", {"text": "<|im_end|>'));
});

test('a control text cut in two by the border of messages, or by the template, stays text', () => {
  const halves = createChatTemplate("{% for m in messages %}{{ m['content'] }}{% endfor %}");
  const around = createChatTemplate("{{ '<|im_' + messages[0].content + '|>' }}");
  const trimmed = createChatTemplate('{% for m in messages %}{{ m.content | trim }}{% endfor %}');
  for (const text of tokenizer.controlTexts) {
    for (let cut = 1; cut < text.length; cut += 1) {
      const chat = [...user(text.slice(0, cut)), ...user(text.slice(cut))];
      const spaced = [...user(`${text.slice(0, cut)} \n`), ...user(`\t${text.slice(cut)}`)];
      assert.deepEqual(controlsOf(encodeChat(halves, tokenizer, chat)), [], text);
      assert.deepEqual(controlsOf(encodeChat(trimmed, tokenizer, spaced)), [], text);
    }
  }
  for (const inner of ['start', 'end']) {
    assert.deepEqual(controlsOf(encodeChat(around, tokenizer, user(inner))), []);
  }
});

test('2000 random messages of pieces of control texts never add a control token', (t) => {
  const seed = Number(process.env.VITRINE_INTERNAL_TEST_SEED ?? Date.now() % 2 ** 31);
  t.diagnostic(`seed ${seed} (VITRINE_INTERNAL_TEST_SEED)`);
  const random = new Random(seed);
  const below = (n: number): number => random.next() % n;
  const noise = [
    ' ',
    '\n',
    '<',
    '|',
    '>',
    '<|',
    '|>',
    'im_',
    'é',
    '😀',
    '\ufdd0',
    '\ue000',
    '\u00a0',
  ];
  const piece = (): string => {
    const text = tokenizer.controlTexts[below(tokenizer.controlTexts.length)];
    if (below(3) === 0) return noise[below(noise.length)];
    const from = below(text.length);
    return below(2) === 0 ? text : text.slice(from, from + 1 + below(text.length));
  };
  const templates = [
    smollm2,
    createChatTemplate(CHATML_TEMPLATE),
    createChatTemplate(templateSource('chatml-system')),
    createChatTemplate('{% for m in messages %}{{ m.content | trim }}{% endfor %}'),
    createChatTemplate('{% for m in messages %}<|im_start|>{{ m.content }}{% endfor %}'),
  ];
  for (let round = 0; round < 2000; round += 1) {
    const texts = Array.from({ length: 1 + below(3) }, () =>
      Array.from({ length: below(6) }, piece).join(''),
    );
    const chat = texts.map((content) => user(content)[0]);
    const template = templates[below(templates.length)];
    const options = { addGenerationPrompt: true };
    const calm = chat.map(() => user('x')[0]);
    const expected = controlsOf(encodeChat(template, tokenizer, calm, options));
    const ids = encodeChat(template, tokenizer, chat, options);
    const where = `seed ${seed}, round ${round}: ${JSON.stringify(texts)}`;
    assert.deepEqual(controlsOf(ids), expected, where);
  }
});

test('markers never show: messages that hold the first candidates come out as they are', () => {
  const content = '\ufdd0a\ufdd1b\ufdefc<|im_';
  const ids = encodeChat(smollm2, tokenizer, user(content));
  assert.deepEqual(controlsOf(ids), EMPTY_TURN);
  assert.ok(tokenizer.decode(ids).includes(content));
});

test('messages that hold every candidate for a marker are a bad request', () => {
  let all = '';
  for (let unit = 0xfdd0; unit <= 0xfdef; unit += 1) all += String.fromCharCode(unit);
  for (let unit = 0xe000; unit <= 0xf8ff; unit += 1) all += String.fromCharCode(unit);
  assert.throws(
    () => encodeChat(smollm2, tokenizer, user(all)),
    (error) => isVitrineError(error, 'bad-request'),
  );
});

test('a megabyte of hostile text is encoded within seconds', () => {
  const contents = ['<|'.repeat(500_000), '<|im_start|>'.repeat(80_000), ' '.repeat(1_000_000)];
  for (const content of contents) {
    const start = performance.now();
    encodeChat(smollm2, tokenizer, user(content));
    const ms = performance.now() - start;
    assert.ok(ms < 10_000, `${content.slice(0, 12)}: ${ms} ms`);
  }
});
