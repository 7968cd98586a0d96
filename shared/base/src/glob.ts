/**
 * Whether the whole text matches the pattern: `*` stands for any characters, `?` for one, `{a,b}` for either; all
 * else is itself. Takes at most pattern × text steps, whatever the pattern.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  return alternatives(pattern).some((one) => matchesPlain(one, text));
}

/** As `matchesGlob`, for a pattern that meets many texts. */
export function compileGlob(pattern: string): (text: string) => boolean {
  const plain = alternatives(pattern);
  return (text) => plain.some((one) => matchesPlain(one, text));
}

/** Alternatives a pattern may unfold to; the rest is taken literally. */
const MAX_ALTERNATIVES = 64;

function alternatives(pattern: string): readonly string[] {
  let done: readonly string[] = [pattern];
  for (;;) {
    const open = done.findIndex((one) => /\{[^{}]*\}/.test(one));
    if (open < 0 || done.length >= MAX_ALTERNATIVES) return done;
    done = done.flatMap((one) => {
      const found = /\{([^{}]*)\}/.exec(one);
      if (!found) return [one];
      const before = one.slice(0, found.index);
      const after = one.slice(found.index + found[0].length);
      return found[1]!.split(',').map((choice) => before + choice + after);
    });
  }
}

function matchesPlain(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
