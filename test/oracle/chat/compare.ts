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
import { readPrompts } from './load.ts';

const file = readPrompts(pathToFileURL(process.argv[2]));
let differing = 0;
for (const [name, source] of Object.entries(file.templates ?? {})) {
  let [equal, different, first] = [0, 0, ''];
  for (const { template, chat, mode, prompt } of file.cases) {
    if (template !== name) continue;
    let ours: string | null = null;
    let error = '';
    try {
      const { bos_token: bosToken, eos_token: eosToken } = file.tokens;
      ours = createChatTemplate(source, { bosToken, eosToken }).render(file.chats[chat], {
        ...{ addGenerationPrompt: mode === 'generate', continueFinal: mode === 'continue' },
        nowMs: file.nowMs,
      });
    } catch (caught) {
      error = caught instanceof Error ? caught.message : String(caught);
    }
    if (ours === prompt) equal += 1;
    else {
      different += 1;
      first ||= `chat ${chat} ${mode}: ${error || JSON.stringify(ours)}; expected ${JSON.stringify(prompt)}`;
    }
  }
  differing += different;
  console.log(`${name}: ${equal} equal, ${different} different ${first.slice(0, 400)}`);
}
process.exitCode = differing === 0 ? 0 : 1;
