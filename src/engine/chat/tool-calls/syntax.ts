/**
 * How families of models write tool calls, and which family a chat template speaks.
 *
 * docs/tool-calls.md shows each form. What a family is not known for here is text: a template with
 * another syntax (Qwen3-Coder's XML, DeepSeek's, Cohere's) has none of these, on purpose.
 */
import {
  BracketReader,
  CallListReader,
  ChoiceReader,
  ClosedReader,
  objectOrList,
} from './call-list.ts';
import { CallObjectReader } from './call-object.ts';
import type { CallReader, CallRules, CallSink } from './events.ts';
import { MistralReader } from './mistral-call.ts';
import { ColonCallReader, PythonCallReader } from './written-calls.ts';

export type ToolSyntaxName = 'hermes' | 'llama3' | 'mistral' | 'gemma' | 'gemma4' | 'functiongemma';

export interface Opening {
  marker: string;
  /** Counts only at the start of the answer and behind a call, and is itself part of the call. */
  isBare?: boolean;
  open(sink: CallSink, rules: CallRules): CallReader;
}

export interface ToolSyntax {
  readonly name: ToolSyntaxName;
  readonly openings: readonly Opening[];
  /** Units that may stand between two calls, besides white space. */
  readonly separators: string;
  /**
   * Texts that are control tokens in many vocabularies, and that the parser must see: decode those
   * tokens as text (`tokenBytes` with `special`), and no other control token.
   */
  readonly markers: readonly string[];
}

const bare = (rules: CallRules): CallRules => ({ ...rules, isBare: true });

const BARE_OBJECT: Opening = {
  marker: '{',
  isBare: true,
  open: (sink, rules) => new CallObjectReader(sink, bare(rules)),
};

function bareList(withPython: boolean): Opening {
  return {
    marker: '[',
    isBare: true,
    open: (sink, rules) =>
      new BracketReader(
        new CallListReader(sink, bare(rules), { isOpen: false }),
        withPython ? new PythonCallReader(sink, bare(rules), 'bracket') : undefined,
      ),
  };
}

function colonSyntax(
  name: 'gemma4' | 'functiongemma',
  marks: { open: string; close: string; quote: string },
): ToolSyntax {
  const { open: marker, close, quote } = marks;
  return {
    name,
    openings: [{ marker, open: (sink, rules) => new ColonCallReader(sink, rules, marks) }],
    separators: '',
    markers: [marker, close, quote],
  };
}

const FENCE = '```';

export const TOOL_SYNTAXES: Readonly<Record<ToolSyntaxName, ToolSyntax>> = {
  hermes: {
    name: 'hermes',
    openings: [
      {
        marker: '<tool_call>',
        open: (sink, rules) => new ClosedReader(objectOrList(sink, rules), '</tool_call>'),
      },
    ],
    separators: '',
    markers: ['<tool_call>', '</tool_call>'],
  },
  llama3: {
    name: 'llama3',
    openings: [
      {
        marker: '<|python_tag|>',
        open: (sink, rules) => afterPythonTag(sink, rules),
      },
      BARE_OBJECT,
      bareList(false),
    ],
    separators: ';',
    markers: ['<|python_tag|>'],
  },
  mistral: {
    name: 'mistral',
    openings: [{ marker: '[TOOL_CALLS]', open: (sink, rules) => new MistralReader(sink, rules) }],
    separators: '',
    markers: ['[TOOL_CALLS]', '[CALL_ID]', '[ARGS]'],
  },
  gemma: {
    name: 'gemma',
    openings: [
      {
        marker: `${FENCE}tool_code`,
        open: (sink, rules) => new PythonCallReader(sink, bare(rules), 'fence'),
      },
      ...['json', 'tool_call'].map((word) => ({
        marker: FENCE + word,
        open: (sink: CallSink, rules: CallRules) =>
          new ClosedReader(objectOrList(sink, bare(rules)), FENCE),
      })),
      BARE_OBJECT,
      bareList(true),
    ],
    separators: '',
    markers: [],
  },
  gemma4: colonSyntax('gemma4', { open: '<|tool_call>', close: '<tool_call|>', quote: '<|"|>' }),
  functiongemma: colonSyntax('functiongemma', {
    open: '<start_function_call>',
    close: '<end_function_call>',
    quote: '<escape>',
  }),
};

/** What follows Llama's `<|python_tag|>`: JSON, or `brave_search.call(query="x")`. */
function afterPythonTag(sink: CallSink, rules: CallRules): CallReader {
  return new ChoiceReader((unit) =>
    unit === '{' || unit === '['
      ? objectOrList(sink, rules)
      : new PythonCallReader(sink, rules, 'bracket'),
  );
}

/** Other syntaxes that use the tag, or one like it. */
const NOT_HERMES = ['<function=', '<arg_key>', '<invoke', '<tool_calls>'];

/**
 * The syntax that a template speaks, by what it writes itself; undefined: none that is known.
 *
 * @param source  the template's text
 */
export function toolSyntaxOf(source: string): ToolSyntax | undefined {
  const has = (...texts: string[]): boolean => texts.some((text) => source.includes(text));
  if (has('[TOOL_CALLS]')) return TOOL_SYNTAXES.mistral;
  if (has('<|tool_call>call:')) return TOOL_SYNTAXES.gemma4;
  if (has('<start_function_call>')) return TOOL_SYNTAXES.functiongemma;
  if (has('<tool_call>')) {
    const isJson = has('"arguments"', "'arguments'") && !has(...NOT_HERMES);
    return isJson ? TOOL_SYNTAXES.hermes : undefined;
  }
  if (has('<|start_header_id|>')) {
    const isLlama = has('{"name": function name, "parameters": ') || has('"parameters": \' }}');
    return isLlama && !has('<function=') ? TOOL_SYNTAXES.llama3 : undefined;
  }
  if (has('<start_of_turn>')) return TOOL_SYNTAXES.gemma;
  return undefined;
}
