/**
 * Matching in linear time for the few expressions on which JavaScript's could run for ever: a Thompson automaton that follows
 * all alternatives at once, as RE2 does. It knows whole matches only, no groups.
 */

type Test = (char: string, at: number) => boolean;

type Node =
  | { readonly kind: 'atom'; readonly test: Test }
  | { readonly kind: 'edge'; readonly at: '^' | '$' }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly parts: readonly Node[] }
  | { readonly kind: 'repeat'; readonly part: Node; readonly least: number; readonly most: number };

const MAX_STATES = 20_000;

/** Thrown where the automaton would be too large or an assertion is not one of the edges. */
export class TooComplex extends Error {}

/** Whole-text test for JavaScript's `source`; linear in the text times the size of the expression. */
export function compileLinear(source: string, flags: string): (text: string) => boolean {
  const automaton = new Automaton();
  automaton.add(new Parser(source, flags).parse());
  return (text) => automaton.matches(text);
}

class Parser {
  private readonly source: string;
  private readonly flags: string;
  private at = 0;
  /** Modifiers of the groups around, `i` or `-i` and the like. */
  private readonly modifiers: string[] = [];

  constructor(source: string, flags: string) {
    this.source = source;
    this.flags = flags;
  }

  parse(): Node {
    const parts = [this.sequence()];
    while (this.source[this.at] === '|') {
      this.at++;
      parts.push(this.sequence());
    }
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts };
  }

  private sequence(): Node {
    const parts: Node[] = [];
    while (this.at < this.source.length && !/[|)]/.test(this.source[this.at]!)) parts.push(this.repeated());
    return { kind: 'sequence', parts };
  }

  private repeated(): Node {
    let node = this.single();
    for (;;) {
      const found = /^(?:([*+?])|\{(\d+)(,(\d*))?\})\??/.exec(this.source.slice(this.at));
      if (!found) return node;
      this.at += found[0].length;
      const [, sign, least, range, most] = found;
      const bounds = { '*': [0, Infinity], '+': [1, Infinity], '?': [0, 1] }[sign ?? ''] ?? [
        Number(least),
        range === undefined ? Number(least) : Number(most || Infinity),
      ];
      node = { kind: 'repeat', part: node, least: bounds[0]!, most: bounds[1]! };
    }
  }

  private single(): Node {
    const rest = this.source.slice(this.at);
    const group = /^\((?:\?(?:<\w+>|([ims-]*):))?/.exec(rest);
    if (group) {
      this.at += group[0].length;
      this.modifiers.push(group[1] ?? '');
      const inner = this.parse();
      this.modifiers.pop();
      this.at++;
      return inner;
    }
    if (rest.startsWith('^') || rest.startsWith('$')) {
      this.at++;
      return { kind: 'edge', at: rest[0] as '^' | '$' };
    }
    if (/^\\[bB]/.test(rest)) throw new TooComplex('a word boundary');
    const atom = /^(?:\[(?:\\[^]|[^\]\\])*\]|\\(?:u\{\w+\}|x\w\w|[pP]\{[^}]*\}|[^])|[^])/u.exec(rest)![0];
    this.at += atom.length;
    return { kind: 'atom', test: this.testOf(atom) };
  }

  private testOf(atom: string): Test {
    let wrapped = atom;
    for (const modifier of [...this.modifiers].reverse())
      if (modifier !== '') wrapped = `(?${modifier}:${wrapped})`;
    const regex = new RegExp(`^${wrapped}$`, this.flags.replace('m', ''));
    const known = new Map<string, boolean>();
    return (char) => {
      let answer = known.get(char);
      if (answer === undefined) known.set(char, (answer = regex.test(char)));
      return answer;
    };
  }
}

/** A state consumes a character, tests an edge, or leads on to others. */
interface State {
  readonly test?: Test;
  readonly edge?: '^' | '$';
  readonly next: number[];
}

class Automaton {
  private readonly states: State[] = [{ next: [] }];
  private end = 0;

  add(node: Node): void {
    this.end = this.build(node, 0);
  }

  private state(state: Omit<State, 'next'> = {}): number {
    if (this.states.length >= MAX_STATES) throw new TooComplex('the expression is too large');
    return this.states.push({ ...state, next: [] }) - 1;
  }

  private link(from: number, to: number): void {
    this.states[from]!.next.push(to);
  }

  /** Appends the node behind a state; gives the state where it ends. */
  private build(node: Node, from: number): number {
    if (node.kind === 'sequence') return node.parts.reduce((at, part) => this.build(part, at), from);
    if (node.kind === 'choice') {
      const ends = node.parts.map((part) => this.build(part, this.linked(from)));
      const end = this.state();
      for (const one of ends) this.link(one, end);
      return end;
    }
    if (node.kind === 'repeat') return this.repeat(node, from);
    const own = this.state(node.kind === 'atom' ? { test: node.test } : { edge: node.at });
    this.link(from, own);
    const end = this.state();
    this.link(own, end);
    return end;
  }

  private linked(from: number): number {
    const to = this.state();
    this.link(from, to);
    return to;
  }

  private repeat({ part, least, most }: Extract<Node, { kind: 'repeat' }>, from: number): number {
    let at = from;
    for (let i = 0; i < least; i++) at = this.build(part, at);
    if (most === Infinity) {
      const loop = this.linked(at);
      this.link(this.build(part, loop), loop);
      return this.linked(loop);
    }
    const ends = [at];
    for (let i = least; i < most; i++) ends.push((at = this.build(part, at)));
    const end = this.state();
    for (const one of new Set(ends)) this.link(one, end);
    return end;
  }

  matches(text: string): boolean {
    let active = this.reached([0], 0, text.length === 0);
    let at = 0;
    for (const char of text) {
      at += char.length;
      const next: number[] = [];
      for (const index of active) {
        const { test, next: targets } = this.states[index]!;
        if (test?.(char, at)) next.push(...targets);
      }
      if (next.length === 0) return false;
      active = this.reached(next, at, at === text.length);
    }
    return active.has(this.end);
  }

  /** States that are reached from others without a character. */
  private reached(from: readonly number[], at: number, last: boolean): ReadonlySet<number> {
    const seen = new Set<number>();
    const open = [...from];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (seen.has(index)) continue;
      seen.add(index);
      const { test, edge, next } = this.states[index]!;
      if (test || (edge === '^' && at > 0) || (edge === '$' && !last)) continue;
      open.push(...next);
    }
    return seen;
  }
}
