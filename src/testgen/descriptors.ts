/** Walks over the contents of a definition file. */
import type { DescExtension, DescFile, DescMessage } from '@bufbuild/protobuf';

/** Every message of the file, nested ones too; map entries are no messages of their own. */
export function* messagesOf(parent: DescFile | DescMessage): Generator<DescMessage> {
  const own = parent.kind === 'file' ? parent.messages : parent.nestedMessages;
  for (const desc of own) {
    yield desc;
    yield* messagesOf(desc);
  }
}

/** What a file's tests need beside its messages: its extensions of them, by message. */
export function extensionsByMessage(file: DescFile): Map<DescMessage, DescExtension[]> {
  const nested = [...messagesOf(file)].flatMap((desc) => desc.nestedExtensions);
  return Map.groupBy([...file.extensions, ...nested], ({ extendee }) => extendee);
}

/**
 * Text of a definition inside a comment of generated code: one line that ends no comment, and shows
 * all that it holds (no controls, no marks that turn the direction of writing).
 */
export function commentText(text: string): string {
  return text.replace(/[\s\p{Cc}\p{Cf}\p{Cs}]+/gu, ' ').replaceAll('*/', '* /');
}
