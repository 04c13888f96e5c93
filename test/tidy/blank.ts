/**
 * Blanks comments, and the contents of strings, templates and regular expressions, so that rules
 * can look for words in code alone. Lengths and line breaks stay. A scanner, not a parser: whether
 * a slash divides or opens a regular expression is told from what stands before it.
 */

/** Before a slash, these mean that a regular expression starts. */
const BEFORE_REGEX = /(^|[(,=:[!&|?{};+\-*%~^<>]|\b(return|typeof|case|in|of|do|else|void|yield))$/;

export function blank(text: string): { commentless: string; code: string } {
  const commentless = [...text.split('')];
  const code = [...commentless];
  const wipe = (target: string[], from: number, to: number): void => {
    for (let i = from; i < to; i += 1) if (target[i] !== '\n') target[i] = ' ';
  };
  /** Depth of braces at which each open template goes on. */
  const templates: number[] = [];
  let depth = 0;
  /** Code on this side of the last comment or string, for BEFORE_REGEX. */
  let before = '';
  let at = 0;
  while (at < text.length) {
    const char = text[at];
    const two = text.slice(at, at + 2);
    if (two === '//' || (at === 0 && two === '#!')) {
      const end = endOr(text.indexOf('\n', at), text);
      wipe(commentless, at, end);
      wipe(code, at, end);
      at = end;
    } else if (two === '/*') {
      const end = endOr(text.indexOf('*/', at + 2), text, 2);
      wipe(commentless, at, end);
      wipe(code, at, end);
      at = end;
    } else if (char === "'" || char === '"') {
      const end = endOfQuoted(text, at, char);
      wipe(code, at + 1, end - 1);
      before = char;
      at = end;
    } else if (char === '`' || (char === '}' && templates.at(-1) === depth)) {
      if (char === '}') templates.pop();
      const end = endOfTemplate(text, at + 1);
      const opens = text[end - 1] === '{';
      wipe(code, at + 1, end - (opens ? 2 : 1));
      if (opens) templates.push(depth);
      before = opens ? '{' : '`';
      at = end;
    } else if (char === '/' && BEFORE_REGEX.test(before.trimEnd())) {
      const end = endOfRegex(text, at);
      wipe(code, at + 1, end - 1);
      before = '/';
      at = end;
    } else {
      if (char === '{') depth += 1;
      if (char === '}') depth -= 1;
      before = `${before.slice(-20)}${char}`;
      at += 1;
    }
  }
  return { commentless: commentless.join(''), code: code.join('') };
}

function endOr(found: number, text: string, more = 0): number {
  return found < 0 ? text.length : found + more;
}

function endOfQuoted(text: string, start: number, quote: string): number {
  let at = start + 1;
  while (at < text.length && text[at] !== quote && text[at] !== '\n') {
    at += text[at] === '\\' ? 2 : 1;
  }
  return Math.min(at + 1, text.length);
}

/** Past the closing backtick, or past the brace of the next `${`. */
function endOfTemplate(text: string, start: number): number {
  let at = start;
  while (at < text.length && text[at] !== '`') {
    if (text[at] === '$' && text[at + 1] === '{') return at + 2;
    at += text[at] === '\\' ? 2 : 1;
  }
  return Math.min(at + 1, text.length);
}

function endOfRegex(text: string, start: number): number {
  let isClass = false;
  let at = start + 1;
  while (at < text.length && text[at] !== '\n' && (isClass || text[at] !== '/')) {
    if (text[at] === '[') isClass = true;
    if (text[at] === ']') isClass = false;
    at += text[at] === '\\' ? 2 : 1;
  }
  return Math.min(at + 1, text.length);
}
