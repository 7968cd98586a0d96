import { FailureError } from '@gumshoe/base/failure';
import { compileLinear, TooComplex } from './linear-regex.ts';

const POSIX: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7F',
  blank: '\\t ',
  cntrl: '\\x00-\\x1F\\x7F',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

const SPACE = '\\t\\n\\f\\r ';

const refuse = (code: 'invalid-input' | 'not-supported', pattern: string, reason: string): FailureError =>
  new FailureError({ code, tried: 'compile a regular expression', target: pattern, reason });

/**
 * Fully anchored test for an RE2 expression, as Prometheus matches labels (`^(?s:…)$`). What JavaScript has and
 * RE2 has not (look-around, back-references) is refused. Nested unbounded repetitions, from which JavaScript may not come
 * back, run on an automaton in linear time as RE2 does. Throws FailureError.
 */
export function compileRegex(pattern: string): (text: string) => boolean {
  const literals = literalAlternatives(pattern);
  if (literals !== undefined) return (text) => literals.has(text);
  if (pattern === '.*') return () => true;
  if (pattern === '.+') return (text) => text !== '';
  const { source, flags, nested } = translate(pattern);
  const regex = build(`^(?:${source})$`, flags, pattern);
  if (!nested) return (text) => regex.test(text);
  try {
    return compileLinear(source, flags);
  } catch (error) {
    if (error instanceof TooComplex)
      throw refuse('not-supported', pattern, `${NESTED}, with ${error.message}`);
    throw error;
  }
}

const NESTED = 'a repetition inside a repetition is not supported here';

/** An anchored expression for label_replace, with its groups. */
export function compileCapturing(pattern: string): RegExp {
  const { source, flags, nested } = translate(pattern);
  if (nested) throw refuse('not-supported', pattern, NESTED);
  return build(`^(?:${source})$`, flags, pattern);
}

/** `a|b|c` without any operator is a set look-up. */
function literalAlternatives(pattern: string): ReadonlySet<string> | undefined {
  return /^[\w\-/: |@,%]*$/.test(pattern) ? new Set(pattern.split('|')) : undefined;
}

function build(source: string, flags: string, pattern: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    throw refuse('invalid-input', pattern, error instanceof Error ? error.message : String(error));
  }
}

interface Group {
  /** The group's text repeats something without bound. */
  repeats: boolean;
}

interface Translation {
  readonly source: string;
  readonly flags: string;
  /** Whether a repetition without bound is inside another. */
  readonly nested: boolean;
}

/** RE2 syntax as JavaScript syntax with the flags `s` and `u`. */
function translate(pattern: string): Translation {
  let rest = pattern;
  let flags = 'su';
  const inline = /^\(\?([imsU]+)\)/.exec(rest);
  if (inline !== null) {
    if (inline[1]!.includes('U')) throw refuse('not-supported', pattern, 'the flag U is not supported');
    for (const flag of inline[1]!) if (!flags.includes(flag)) flags += flag;
    rest = rest.slice(inline[0].length);
  }
  const translator = new Translator(rest, pattern);
  return { source: translator.run(), flags, nested: translator.nested };
}

class Translator {
  private readonly text: string;
  private readonly pattern: string;
  private at = 0;
  private out = '';
  nested = false;
  private readonly groups: Group[] = [{ repeats: false }];
  /** Group that ended just before this position, for nested repetition. */
  private closed: Group | undefined;

  constructor(text: string, pattern: string) {
    this.text = text;
    this.pattern = pattern;
  }

  run(): string {
    while (this.at < this.text.length) this.step(this.text[this.at]!);
    return this.out;
  }

  private step(char: string): void {
    const closed = this.closed;
    this.closed = undefined;
    if (char === '\\') this.escape(false);
    else if (char === '[') this.bracket();
    else if (char === '(') this.open();
    else if (char === ')') this.close();
    else if (char === '*' || char === '+' || char === '{' || char === '?') this.repeat(char, closed);
    else if (char === '}' || char === ']') this.emit(1, `\\${char}`);
    else {
      const point = this.text.codePointAt(this.at)!;
      this.emit(point > 0xffff ? 2 : 1, String.fromCodePoint(point));
    }
  }

  private emit(consumed: number, text: string): void {
    this.at += consumed;
    this.out += text;
  }

  private open(): void {
    this.groups.push({ repeats: false });
    const head = /^\((?:\?(?:P?<(?<name>[A-Za-z_]\w*)>|(?<flags>[ims]*(?:-[ims]+)?):|(?<other>.)))?/.exec(
      this.text.slice(this.at),
    )!;
    if (head.groups?.['other'] !== undefined) {
      throw refuse('not-supported', this.pattern, `the group (?${head.groups['other']} is not supported`);
    }
    const name = head.groups?.['name'];
    this.emit(head[0].length, name === undefined ? head[0] : `(?<${name}>`);
  }

  private close(): void {
    const group = this.groups.pop();
    const outer = this.groups.at(-1);
    if (group === undefined || outer === undefined) {
      throw refuse('invalid-input', this.pattern, 'unexpected )');
    }
    outer.repeats ||= group.repeats;
    this.closed = group;
    this.emit(1, ')');
  }

  private repeat(char: string, closed: Group | undefined): void {
    const counted = /^\{(\d+)(,(\d*))?\}/.exec(this.text.slice(this.at));
    if (char === '{' && counted === null) return this.emit(1, '\\{');
    const most =
      counted === null ? Infinity : Number(counted[2] === undefined ? counted[1] : counted[3] || Infinity);
    if (most !== Infinity && most > 1000)
      throw refuse('invalid-input', this.pattern, 'repeat count above 1000');
    if (char !== '?' && most > 1) {
      if (closed?.repeats === true) this.nested = true;
      if (most === Infinity) this.groups.at(-1)!.repeats = true;
    }
    this.emit(counted?.[0].length ?? 1, counted?.[0] ?? char);
    if (this.text[this.at] === '?') this.emit(1, '?');
  }

  /** Escapes that mean the same pass; others are spelled out or refused. */
  private escape(inBracket: boolean): void {
    const next = this.text[this.at + 1];
    if (next === undefined) throw refuse('invalid-input', this.pattern, 'trailing backslash');
    const quoted = /^\\Q([\s\S]*?)(?:\\E|$)/.exec(this.text.slice(this.at));
    if (quoted !== null) {
      return this.emit(
        quoted[0].length,
        quoted[1]!.replace(/[\\^$.*+?()[\]{}|/-]/g, (c) => escapeLiteral(c)),
      );
    }
    // RE2's white space is ASCII; inside brackets only the class itself can be spelled out.
    const space: Readonly<Record<string, string>> = inBracket
      ? { s: SPACE }
      : { s: `[${SPACE}]`, S: `[^${SPACE}]` };
    const special = { A: '^', z: '$', a: '\\x07', ...space }[next];
    if (special !== undefined) return this.emit(2, special);
    const hex = /^\\x\{([0-9A-Fa-f]{1,6})\}/.exec(this.text.slice(this.at));
    if (hex !== null) return this.emit(hex[0].length, `\\u{${hex[1]}}`);
    const property = /^\\[pP](\{\^?\w+\}|\w)/.exec(this.text.slice(this.at));
    if (property !== null) {
      const name = property[1]!.replace(/[{}^]/g, '');
      const negated = property[1]!.includes('^') !== (next === 'P');
      return this.emit(property[0].length, `\\${negated ? 'P' : 'p'}{${scriptOrCategory(name)}}`);
    }
    if (/[1-9]/.test(next))
      throw refuse('invalid-input', this.pattern, 'back-references are not part of RE2');
    if (/[A-Za-z0]/.test(next) && !/[dDsSwWbBfnrtvx]/.test(next)) {
      throw refuse('invalid-input', this.pattern, `unknown escape \\${next}`);
    }
    this.emit(2, /\w/.test(next) ? `\\${next}` : inBracket && next === '-' ? '\\-' : escapeLiteral(next));
  }

  private bracket(): void {
    const negated = this.text[this.at + 1] === '^';
    this.emit(negated ? 2 : 1, negated ? '[^' : '[');
    let first = true;
    while (this.at < this.text.length && (first || this.text[this.at] !== ']')) {
      first = false;
      const rest = this.text.slice(this.at);
      const posix = /^\[:(\^?)(\w+):\]/.exec(rest);
      const members = posix === null ? undefined : POSIX[posix[2]!];
      if (posix !== null && members !== undefined && posix[1] === '') this.emit(posix[0].length, members);
      else if (posix !== null)
        throw refuse('not-supported', this.pattern, `class ${posix[0]} is not supported`);
      else if (rest.startsWith('\\')) this.escape(true);
      else if (rest.startsWith('[') || rest.startsWith(']')) this.emit(1, `\\${rest[0]}`);
      else {
        const char = String.fromCodePoint(rest.codePointAt(0)!);
        this.emit(char.length, char);
      }
    }
    if (this.at >= this.text.length) throw refuse('invalid-input', this.pattern, 'missing closing ]');
    this.emit(1, ']');
  }
}

/** With the flag `u`, only syntax characters may be escaped. */
const escapeLiteral = (char: string): string => (/[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char);

const scriptOrCategory = (name: string): string => (name.length <= 2 ? name : `Script=${name}`);
