/** `vitrine convert SRC --out FILE.gguf` */
import { formatBytes } from '../../base/index.ts';
import type { Command, Context } from '../command.ts';
import { threadsOf } from '../data-dir.ts';
import { cliError, EXIT_DONE } from '../errors.ts';
import { isSet, textFlag } from '../flags.ts';
import { ProgressDisplay } from '../progress.ts';
import { say } from '../terminal.ts';

export const convertCommand: Command = {
  name: 'convert',
  group: 'Serve',
  summary: 'Convert a model of transformers, or another type of GGUF, to a GGUF file',
  description:
    'SRC is a model folder as on the Hugging Face hub (config.json, the tokenizer, and weights as ' +
    'safetensors or pytorch_model.bin, whole or in parts), or a GGUF file. PyTorch files are read ' +
    'as data: nothing in them is run, and what is no tensor is refused.\n\nTypes: F32, F16, BF16, ' +
    'Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q2_K, Q3_K_S, Q3_K_M, Q3_K_L, Q4_K_S, Q4_K_M, Q5_K_S, ' +
    'Q5_K_M, Q6_K, IQ4_NL, IQ4_XS, MXFP4. A model folder keeps its own type when none is given.',
  arguments: [{ name: 'SRC', meaning: 'A model folder or a GGUF file' }],
  flags: [
    { name: 'out', short: 'o', type: 'text', value: 'FILE', meaning: 'The GGUF file to write' },
    { name: 'type', short: 't', type: 'text', value: 'TYPE', meaning: 'Type of the matrices' },
    { name: 'force', type: 'switch', meaning: 'Replace FILE when it is there' },
    {
      ...{ name: 'pre', type: 'text', value: 'NAME' },
      meaning: 'Pre-split rule (tokenizer.ggml.pre), where the tokenizer does not tell it',
    },
  ],
  settings: ['VITRINE_THREADS'],
  examples: [
    'vitrine convert ./Qwen3-0.6B --out qwen3-0.6b.gguf --type Q4_K_M',
    'vitrine convert model-f16.gguf --out model-q8_0.gguf --type Q8_0',
  ],
  async run(context) {
    const out = textFlag(context.flags, 'out');
    if (out === undefined) {
      throw cliError('missing-value', 'convert needs --out FILE, the GGUF file to write');
    }
    return run(context, out);
  },
};

async function run(context: Context, out: string): Promise<number> {
  const {
    terminal,
    arguments: [source],
    flags,
    settings,
    stop,
  } = context;
  // Loaded when it is asked for: serving reads no line of it.
  const { convert } = await import('../../convert/index.ts');
  const display = new ProgressDisplay(terminal);
  try {
    const { architecture, fileBytes, tensorCount, types } = await convert({
      ...{ source, out, type: textFlag(flags, 'type'), force: isSet(flags, 'force') },
      ...{ preSplit: textFlag(flags, 'pre'), threads: threadsOf(settings) },
      signal: stop.signal,
      onNote: (note) => display.note(`note: ${note}`),
      onProgress: (bytesDone, bytesTotal) =>
        display.update({ verb: 'converting', object: out, bytesDone, bytesTotal }),
    });
    display.clear();
    const counts = [...types].map(([type, count]) => `${count} ${type}`).join(', ');
    terminal.out(
      `${out}  ${formatBytes(fileBytes)}  ${architecture}, ${tensorCount} tensors: ${counts}\n`,
    );
    say(terminal, 'Run it: `vitrine run ./FILE`'.replace('./FILE', runnable(out)));
    return EXIT_DONE;
  } finally {
    display.clear();
  }
}

/** A path that is read as one. */
function runnable(path: string): string {
  return /^\.{0,2}\//.test(path) ? path : `./${path}`;
}
