import { err, ok, type Result } from '@gumshoe/base/result';
import { nearest, type Complaint } from '../configuration/mistake.ts';
import { parseQuantity } from '../configuration/quantity.ts';
import { checked, Refused } from './check-condition.ts';
import type { Arithmetic, Comparison, Condition, Term } from './condition.ts';
import { SIGNALS, type SignalName } from './signals.ts';

interface Token {
  readonly text: string;
  readonly at: number;
}

const TOKEN = /\s*(?:([A-Za-z_][\w.]*)|(\d[\w.]*(?:%|\/[smh]\b)?|\.\d+%?)|(<=|>=|==|!=|<|>|[-+*/()]))/y;
const COMPARISONS: ReadonlySet<string> = new Set(['<', '<=', '>', '>=', '==', '!=']);
const RESERVED = ['and', 'or', 'not', 'target', 'baseline'];
const MAX_TOKENS = 200;
const MAX_DEPTH = 30;

/** How far a parse came before it was refused. */
const reach = ({ complaint }: Refused): number => complaint.offset ?? 0;

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match || tokens.length >= MAX_TOKENS) {
      const at = from + (/^\s*/.exec(text.slice(from))?.[0].length ?? 0);
      const message = match
        ? 'the condition is too long'
        : `${JSON.stringify(text[at])} means nothing in a condition`;
      throw new Refused({ message, allowed: ['error_rate > 1%'], offset: at });
    }
    const word = match[1] ?? match[2] ?? match[3]!;
    tokens.push({ text: word, at: TOKEN.lastIndex - word.length });
  }
  return tokens;
}

/** Recursive descent: or, and, not, comparison, sum, product, value. */
class Parser {
  readonly #tokens: readonly Token[];
  readonly #end: number;
  #next = 0;
  #depth = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
    this.#end = text.length;
  }

  parse(): Condition {
    const condition = this.#logic('or');
    if (this.#peek() !== undefined) this.#refuse('the condition should end here', ['and', 'or']);
    return condition;
  }

  #logic(op: 'and' | 'or'): Condition {
    const operand = (): Condition => (op === 'or' ? this.#logic('and') : this.#negation());
    let left = operand();
    while (this.#take(op)) left = { kind: 'logic', op, left, right: operand() };
    return left;
  }

  #negation(): Condition {
    if (this.#take('not')) return this.#deeper(() => ({ kind: 'not', of: this.#negation() }));
    const start = this.#next;
    if (this.#take('(')) {
      // A parenthesis opens a condition or a term: try the first, else come back.
      const inner = this.#attempt(() => this.#logic('or'));
      if (!('complaint' in inner) && this.#take(')') && !this.#continuesTerm()) return inner;
      this.#next = start;
      const comparison = this.#attempt(() => this.#comparison());
      if (!('complaint' in comparison)) return comparison;
      const furthest = 'complaint' in inner && reach(inner) > reach(comparison) ? inner : comparison;
      throw furthest;
    }
    return this.#comparison();
  }

  #comparison(): Condition {
    const left = this.#sum();
    const op = this.#peek()?.text ?? '';
    if (!COMPARISONS.has(op)) this.#refuse('a comparison is needed here', [...COMPARISONS]);
    this.#next++;
    return { kind: 'compare', op: op as Comparison, left, right: this.#sum() };
  }

  #sum(): Term {
    return this.#chain(['+', '-'], () => this.#chain(['*', '/'], () => this.#value()));
  }

  #chain(operators: readonly Arithmetic[], operand: () => Term): Term {
    let left = operand();
    for (;;) {
      const op = operators.find((one) => this.#take(one));
      if (op === undefined) return left;
      left = { kind: 'arithmetic', op, left, right: operand() };
    }
  }

  #value(): Term {
    if (this.#take('(')) {
      return this.#deeper(() => {
        const inner = this.#sum();
        if (!this.#take(')')) this.#refuse('a parenthesis is not closed', [')']);
        return inner;
      });
    }
    const negative = this.#take('-');
    const token = this.#peek();
    const quantity = token && parseQuantity(token.text);
    if (quantity) {
      this.#next++;
      return { kind: 'number', ...quantity, value: negative ? -quantity.value : quantity.value };
    }
    if (
      token === undefined ||
      negative ||
      !/^[A-Za-z_]/.test(token.text) ||
      /^(and|or|not)$/.test(token.text)
    )
      this.#refuse('a signal or a number is needed here', [
        ...SIGNALS.keys(),
        'target',
        'baseline',
        '1%',
        '500ms',
      ]);
    return this.#named(token!.text);
  }

  /** What `target` and `baseline` refer to is known once the comparison is complete. */
  #named(text: string): Term {
    if (text === 'target' || text === 'baseline') {
      this.#next++;
      return text === 'target' ? { kind: 'target', of: 'availability' } : { kind: 'baseline', of: NO_SIGNAL };
    }
    if (!SIGNALS.has(text as SignalName)) {
      const suggestion = nearest(text, [...SIGNALS.keys(), ...RESERVED]);
      this.#refuse(`there is no signal ${JSON.stringify(text)}`, [...SIGNALS.keys()], suggestion);
    }
    this.#next++;
    return { kind: 'signal', name: text as SignalName };
  }

  #continuesTerm(): boolean {
    const text = this.#peek()?.text ?? '';
    return COMPARISONS.has(text) || ['+', '-', '*', '/'].includes(text);
  }

  #attempt<T>(parse: () => T): T | Refused {
    try {
      return this.#deeper(parse);
    } catch (thrown) {
      if (thrown instanceof Refused) return thrown;
      throw thrown;
    }
  }

  #deeper<T>(parse: () => T): T {
    this.#depth++;
    try {
      if (this.#depth > MAX_DEPTH) this.#refuse('the condition is nested too deeply', []);
      return parse();
    } finally {
      this.#depth--;
    }
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#next];
  }

  #take(text: string): boolean {
    if (this.#peek()?.text !== text) return false;
    this.#next++;
    return true;
  }

  #refuse(message: string, allowed: readonly string[], suggestion?: string): never {
    const offset = this.#peek()?.at ?? this.#end;
    throw new Refused({ message, allowed, offset, ...(suggestion === undefined ? {} : { suggestion }) });
  }
}

const NO_SIGNAL = '' as SignalName;

/** Parses and checks a condition; a complaint says where in the text it went wrong. */
export function parseCondition(text: string): Result<Condition, Complaint> {
  try {
    return ok(checked(new Parser(text).parse()));
  } catch (thrown) {
    if (thrown instanceof Refused) return err(thrown.complaint);
    throw thrown;
  }
}
