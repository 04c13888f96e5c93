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

/** Every extension that the file declares. */
export function extensionsOf(file: DescFile): DescExtension[] {
  return [...file.extensions, ...[...messagesOf(file)].flatMap((desc) => desc.nestedExtensions)];
}

/** What a file's tests need of the files that it imports: extensions of its own messages. */
export function extensionsOfMessage(file: DescFile, desc: DescMessage): DescExtension[] {
  return extensionsOf(file).filter(({ extendee }) => extendee === desc);
}

/** Text of a definition inside a comment of generated code: one line that ends no comment. */
export function commentText(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('*/', '* /');
}
