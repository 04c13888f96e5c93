import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createChatTemplate } from './index.ts';

const MESSAGES = [
  { role: 'user' as const, content: 'One.' },
  { role: 'assistant' as const, content: 'Two' },
  { role: 'user' as const, content: 'Three' },
];

test('a file without a template and with the tokens of ChatML gets ChatML', () => {
  const template = createChatTemplate(undefined, { controlTexts: ['<|im_start|>', '<|im_end|>'] });
  assert.equal(template.origin, 'chatml');
  assert.equal(
    template.render(MESSAGES.slice(0, 1)),
    '<|im_start|>user\nOne.<|im_end|>\n<|im_start|>assistant\n',
  );
});

test('a file with neither continues the text of its messages', () => {
  const template = createChatTemplate(undefined, { controlTexts: ['<bos>'] });
  assert.equal(template.origin, 'plain');
  assert.equal(template.render(MESSAGES.slice(0, 1)), 'One.');
  assert.equal(template.render(MESSAGES), 'One.\n\nTwo\n\nThree');
  assert.equal(template.render(MESSAGES.slice(0, 2)), 'One.\n\nTwo');
});

test("a given template wins over the vocabulary's tokens", () => {
  const template = createChatTemplate('{{ messages[0].content }}!', { controlTexts: [] });
  assert.equal(template.origin, 'given');
  assert.equal(template.render(MESSAGES.slice(0, 1)), 'One.!');
});
