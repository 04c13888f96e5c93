/** Removes keys of the top level of a JSON text and leaves every other byte as it is. */

/**
 * The text without `key` (its value, and one comma). Unchanged when the key is absent or the text
 * is not a JSON object.
 */
export function removeTopLevelKey(text: string, key: string): string {
  const shorter = removeOnce(text, key);
  // A key may be there twice; the last one counts, and all of them go.
  return shorter === text ? text : removeTopLevelKey(shorter, key);
}

function removeOnce(text: string, key: string): string {
  const members = topLevelMembers(text);
  const index = members.findIndex((member) => member.key === key);
  const member = members[index];
  if (member === undefined) return text;
  const next = members[index + 1];
  const previous = members[index - 1];
  // From this key to the next one, or, for the last member, from the end of the one before.
  if (next !== undefined) return text.slice(0, member.start) + text.slice(next.start);
  if (previous !== undefined) return text.slice(0, previous.end) + text.slice(member.end);
  return text.slice(0, member.start).trimEnd() + text.slice(member.end).trimStart();
}

interface Member {
  readonly key: string;
  /** Offset of the opening quote of the key. */
  readonly start: number;
  /** Offset after the value. */
  readonly end: number;
}

/** Scans the members of the outermost object. Assumes valid JSON; gives [] otherwise. */
function topLevelMembers(text: string): Member[] {
  const members: Member[] = [];
  let depth = 0;
  let start = -1;
  let key = '';
  let end = -1;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] as string;
    if (char === '"') {
      const close = stringEnd(text, at);
      if (close < 0) return [];
      if (depth === 1 && start < 0) {
        start = at;
        key = JSON.parse(text.slice(at, close)) as string;
      }
      at = close - 1;
      end = close;
    } else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') {
      depth -= 1;
      if (depth === 0) {
        if (start >= 0) members.push({ key, start, end });
        return members;
      }
      end = at + 1;
    } else if (char === ',' && depth === 1) {
      members.push({ key, start, end });
      start = -1;
    } else if (!/\s/.test(char)) end = at + 1;
  }
  return [];
}

function stringEnd(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return -1;
}
