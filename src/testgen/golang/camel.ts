/** Names as protoc-gen-go spells them (google.golang.org/protobuf/internal/strs), exactly. */

/** foo_bar.baz -> FooBarBaz; _foo -> XFoo; Foo.Bar -> Foo_Bar */
export function goCamelCase(name: string): string {
  let made = '';
  for (let i = 0; i < name.length; i += 1) {
    const char = name[i] as string;
    const next = name[i + 1] ?? '';
    if (char === '.' && isLower(next)) continue;
    if (char === '.') made += '_';
    else if (char === '_' && (i === 0 || name[i - 1] === '.')) made += 'X';
    else if (char === '_' && isLower(next)) continue;
    else if (/[0-9]/.test(char)) made += char;
    else {
      made += char.toUpperCase();
      while (isLower(name[i + 1] ?? '')) {
        i += 1;
        made += name[i];
      }
    }
  }
  return made;
}

/** Any text as an identifier. */
export function goSanitized(text: string): string {
  const name = text.replace(/[^\p{L}\p{Nd}]/gu, '_');
  return KEYWORDS.has(name) || !/^\p{L}/u.test(name) ? `_${name}` : name;
}

/** Cuts an enum's name off its value; a value that would be nothing keeps it. */
export function trimEnumPrefix(value: string, prefix: string): string {
  let at = 0;
  let matched = 0;
  while (at < value.length && matched < prefix.length) {
    if (value[at] === '_') at += 1;
    else if (value[at]?.toLowerCase() === prefix[matched]) {
      at += 1;
      matched += 1;
    } else return value;
  }
  if (matched < prefix.length) return value;
  const rest = value.slice(at).replace(/^_+/, '');
  return rest === '' ? value : rest;
}

function isLower(char: string): boolean {
  return /^[a-z]$/.test(char);
}

const KEYWORDS = new Set(
  (
    'break case chan const continue default defer else fallthrough for func go goto if import ' +
    'interface map package range return select struct switch type var'
  ).split(' '),
);
