/**
 * Ids with a meaning, whether texts begin and end with them, and chat templates: from
 * tokenizer_config.json, then tokenizer.json, then config.json and generation_config.json.
 */
import type { TypedValue } from '../../engine/gguf/index.ts';
import { convertError } from '../errors.ts';
import type { JsonObject } from '../model/json-file.ts';
import { bool, text, u32 } from '../plan.ts';
import { stepsOf } from './pre-split.ts';

/** The key in GGUF (its spelling is llama.cpp's) of each special token of transformers. */
const KEYS = [
  ['bos', 'bos_token_id'],
  ['eos', 'eos_token_id'],
  ['unk', 'unknown_token_id'],
  ['sep', 'seperator_token_id'],
  ['pad', 'padding_token_id'],
  ['cls', 'cls_token_id'],
  ['mask', 'mask_token_id'],
] as const;

export interface SpecialSources {
  readonly tokenizerConfig?: JsonObject;
  readonly tokenizer?: JsonObject;
  readonly specialTokens?: JsonObject;
  readonly config: JsonObject;
  readonly generation?: JsonObject;
  /** Text -> id, of the tokens as they are in the folder. */
  idOf(text: string): number | undefined;
  /** Ids that the vocabulary itself names, by their key. */
  readonly ids?: ReadonlyMap<string, number>;
  readonly vocabularySize: number;
}

export function specialMetadata(sources: SpecialSources): [string, TypedValue][] {
  const found = new Map<string, number>();
  for (const [name, key] of KEYS) {
    const id = idOfSpecial(sources, name, key);
    if (id !== undefined && id < sources.vocabularySize) found.set(key, id);
  }
  const end = otherEnd(sources, found.get('eos_token_id'));
  if (end !== undefined) found.set('eot_token_id', end);
  const entries = [...found].map(([key, id]): [string, TypedValue] => [
    `tokenizer.ggml.${key}`,
    u32(id),
  ]);
  for (const name of ['bos', 'eos', 'sep'] as const) {
    const adds = addsOf(sources, name, found);
    if (adds !== undefined) entries.push([`tokenizer.ggml.add_${name}_token`, bool(adds)]);
  }
  return entries;
}

function idOfSpecial(sources: SpecialSources, name: string, key: string): number | undefined {
  for (const object of [sources.tokenizerConfig, sources.specialTokens]) {
    const value = object?.value(`${name}_token`);
    const content = typeof value === 'string' ? value : (value as { content?: unknown })?.content;
    const id = typeof content === 'string' ? sources.idOf(content) : undefined;
    if (id !== undefined) return id;
  }
  const own = sources.ids?.get(key);
  if (own !== undefined) return own;
  for (const object of [sources.config, sources.generation]) {
    const value = object?.value(`${name}_token_id`);
    const id = Array.isArray(value) ? value[0] : value;
    if (typeof id === 'number' && Number.isInteger(id) && id >= 0) return id;
  }
  return undefined;
}

/** A second id that ends an answer, where there is exactly one: the end of a turn. */
function otherEnd(sources: SpecialSources, eosId: number | undefined): number | undefined {
  const list = sources.generation?.value('eos_token_id') ?? sources.config.value('eos_token_id');
  const others = (Array.isArray(list) ? list : []).filter((id) => id !== eosId);
  const [id] = others;
  const isId = Number.isInteger(id) && id >= 0 && id < sources.vocabularySize;
  return others.length === 1 && isId ? id : undefined;
}

/** tokenizer_config.json says so, or the template of tokenizer.json does. */
function addsOf(
  sources: SpecialSources,
  name: 'bos' | 'eos' | 'sep',
  found: ReadonlyMap<string, number>,
): boolean | undefined {
  const told = sources.tokenizerConfig?.value(`add_${name}_token`);
  if (typeof told === 'boolean') return told;
  if (name === 'sep') return undefined;
  const id = found.get(`${name}_token_id`);
  for (const step of stepsOf(sources.tokenizer?.object('post_processor'), 'processors')) {
    if (step.string('type') !== 'TemplateProcessing') continue;
    const single = step.list('single') ?? [];
    const at = name === 'bos' ? single.at(0) : single.at(-1);
    const special = (at as { SpecialToken?: { id?: unknown } })?.SpecialToken?.id;
    return typeof special === 'string' && id !== undefined && sources.idOf(special) === id;
  }
  return undefined;
}

/** chat_template.jinja, else chat_template of a JSON file; named ones beside the default. */
export function templateMetadata(
  file: string | undefined,
  objects: readonly (JsonObject | undefined)[],
): [string, TypedValue][] {
  if (file !== undefined) return [['tokenizer.chat_template', text(file)]];
  for (const object of objects) {
    const value = object?.value('chat_template');
    if (typeof value === 'string') return [['tokenizer.chat_template', text(value)]];
    if (Array.isArray(value) && object !== undefined) return namedTemplates(object, value);
  }
  return [];
}

function namedTemplates(object: JsonObject, list: readonly unknown[]): [string, TypedValue][] {
  const entries: [string, TypedValue][] = [];
  const names: string[] = [];
  for (const [i, each] of list.entries()) {
    const entry = object.child(`chat_template[${i}]`, each);
    const template = entry.string('template');
    const name = entry.string('name');
    if (template === undefined || name === undefined || !/^[A-Za-z0-9_]{1,64}$/.test(name)) {
      throw convertError('bad-config', `${entry.file} has no template with a plain name`);
    }
    if (name === 'default') entries.unshift(['tokenizer.chat_template', text(template)]);
    else {
      names.push(name);
      entries.push([`tokenizer.chat_template.${name}`, text(template)]);
    }
  }
  if (names.length > 0) {
    entries.push([
      'tokenizer.chat_templates',
      { type: 'array', elementType: 'string', value: names },
    ]);
  }
  return entries;
}
