/**
 * Prompts of templates that are not committed (licences differ) against those of transformers:
 *
 *   python test/oracle/chat/make-prompts.py --templates DIR > prompts.json
 *   node test/oracle/chat/compare.ts prompts.json
 *
 * Prints a line for each template, and exits with 1 when a prompt differs.
 */
import { pathToFileURL } from 'node:url';
import { createChatTemplate } from '../../../src/engine/chat/index.ts';
import { type PromptCase, readPrompts, toolChat } from './load.ts';

/** Prompts with tools that differ, each for a reason that is no mistake of ours. */
const KNOWN_DIVERGENCE: Readonly<Record<string, string>> = {
  'meetkai-functionary-medium-v3.1':
    'behind the filter safe, Jinja writes quotes as HTML (&#34;); the model never saw such',
  'llama-cpp-deepseek-r1':
    'transformers refuses to write a generator as JSON; llama.cpp, whose template it is, does not',
};

const file = readPrompts(pathToFileURL(process.argv[2]));
const { bos_token: bosToken, eos_token: eosToken } = file.tokens;
let differing = 0;

function render(source: string, { chat, mode }: PromptCase, withTools: boolean): string {
  const template = createChatTemplate(source, { bosToken, eosToken });
  const options = { addGenerationPrompt: mode === 'generate', continueFinal: mode === 'continue' };
  const { messages, tools } = withTools
    ? toolChat(file, chat)
    : { messages: file.chats[chat], tools: undefined };
  return template.render(messages, { ...options, tools, nowMs: file.nowMs });
}

/** A template that leaves tools or calls out without a word is refused, or gets them as text. */
const hasPlace = (source: string) => /\btools\b/.test(source) && /\btool_calls\b/.test(source);

for (const [name, source] of Object.entries(file.templates ?? {})) {
  let [equal, different, known, noPlace, first] = [0, 0, 0, 0, ''];
  const compare = (one: PromptCase, withTools: boolean): void => {
    if (one.template !== name) return;
    if (withTools && !hasPlace(source)) {
      noPlace += 1;
      return;
    }
    let ours: string | null = null;
    let error = '';
    try {
      ours = render(source, one, withTools);
    } catch (caught) {
      error = caught instanceof Error ? caught.message : String(caught);
    }
    const isKnown = withTools && KNOWN_DIVERGENCE[name] !== undefined;
    if (isKnown && ours !== one.prompt) known += 1;
    else if (!isKnown && ours === one.prompt) equal += 1;
    else {
      different += 1;
      const at = [...(ours ?? '')].findIndex((unit, i) => unit !== [...(one.prompt ?? '')][i]);
      const from = Math.max(0, at - 40);
      const near = (text: string | null) => JSON.stringify(text?.slice(from, at + 100) ?? null);
      const where = `${withTools ? 'tool ' : ''}chat ${one.chat} ${one.mode}`;
      first ||= `${where}: ${error || near(ours)}; expected ${near(one.prompt)}`;
    }
  };
  for (const one of file.cases) compare(one, false);
  for (const one of file.toolCases) compare(one, true);
  differing += different;
  const without = noPlace === 0 ? '' : `, ${noPlace} without a place for tools`;
  const reason = known === 0 ? '' : `, ${known} known to differ (${KNOWN_DIVERGENCE[name]})`;
  const counts = `${equal} equal, ${different} different${reason}${without}`;
  console.log(`${name}: ${counts} ${first.slice(0, 500)}`);
}
process.exitCode = differing === 0 ? 0 : 1;
