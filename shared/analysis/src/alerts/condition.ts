import { err, ok, type Result } from '@gumshoe/base/result';
import { nearest, type Complaint } from '../configuration/mistake.ts';
import { parseQuantity, type Dimension } from '../configuration/quantity.ts';
import { SIGNALS, type SignalName } from './signals.ts';

export type Comparison = '<' | '<=' | '>' | '>=' | '==' | '!=';
export type Arithmetic = '+' | '-' | '*' | '/';

/**
 * An alert condition. `target` is the objective of the SLO, `baseline` the usual value of the signal that it is
 * compared with.
 */
export type Condition =
  | { readonly kind: 'logic'; readonly op: 'and' | 'or'; readonly left: Condition; readonly right: Condition }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'compare'; readonly op: Comparison; readonly left: Term; readonly right: Term };

export type Term =
  | { readonly kind: 'number'; readonly value: number; readonly dimension: Dimension }
  | { readonly kind: 'signal'; readonly name: SignalName }
  | { readonly kind: 'target'; readonly of: 'availability' | 'latency' }
  | { readonly kind: 'baseline'; readonly of: SignalName }
  | { readonly kind: 'arithmetic'; readonly op: Arithmetic; readonly left: Term; readonly right: Term };

interface Token {
  readonly text: string;
  readonly at: number;
}

const TOKEN = /\s*(?:([A-Za-z_][\w.]*)|(\d[\w.]*(?:%|\/[smh]\b)?|\.\d+%?)|(<=|>=|==|!=|<|>|[-+*/()]))/y;
const COMPARISONS: ReadonlySet<string> = new Set(['<', '<=', '>', '>=', '==', '!=']);
const RESERVED = ['and', 'or', 'not', 'target', 'baseline'];
const MAX_TOKENS = 200;
const MAX_DEPTH = 30;

class Refused extends Error {
  readonly complaint: Complaint;
  constructor(complaint: Complaint) {
    super(complaint.message);
    this.complaint = complaint;
  }
}

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
    if (++this.#depth > MAX_DEPTH) this.#refuse('the condition is nested too deeply', []);
    try {
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

function checked(condition: Condition): Condition {
  switch (condition.kind) {
    case 'logic':
      return { ...condition, left: checked(condition.left), right: checked(condition.right) };
    case 'not':
      return { ...condition, of: checked(condition.of) };
    case 'compare':
      return checkedComparison(condition);
  }
}

function checkedComparison(condition: Condition & { kind: 'compare' }): Condition {
  const names = [...signalsOf(condition.left), ...signalsOf(condition.right)];
  const [first] = names;
  if (first === undefined)
    throw new Refused({ message: 'a comparison needs a signal', allowed: [...SIGNALS.keys()] });
  const bound = {
    ...condition,
    left: bindNames(condition.left, names),
    right: bindNames(condition.right, names),
  };
  const left = dimensionOf(bound.left);
  const right = dimensionOf(bound.right);
  if (left === right || allowsBare(bound.left, right) || allowsBare(bound.right, left)) return bound;
  throw new Refused({
    message: `a ${left} cannot be compared with a ${right}`,
    allowed: [`a ${SIGNALS.get(first)!.dimension}`],
    ...suggestUnit(left, bound.right),
  });
}

/** A bare number up to 1 may stand for a share; anything above was meant as a percentage. */
const allowsBare = (term: Term, other: Dimension): boolean =>
  term.kind === 'number' &&
  term.dimension === 'number' &&
  (other === 'share' ? term.value >= 0 && term.value <= 1 : other === 'cores' || other === 'per-second');

const suggestUnit = (left: Dimension, right: Term): Pick<Complaint, 'suggestion'> =>
  left === 'share' && right.kind === 'number' && right.value > 1 && right.value <= 100
    ? { suggestion: `${right.value}%` }
    : {};

export function signalsOf(term: Term): readonly SignalName[] {
  if (term.kind === 'signal') return [term.name];
  return term.kind === 'arithmetic' ? [...signalsOf(term.left), ...signalsOf(term.right)] : [];
}

function bindNames(term: Term, names: readonly SignalName[]): Term {
  if (term.kind === 'arithmetic')
    return { ...term, left: bindNames(term.left, names), right: bindNames(term.right, names) };
  if (term.kind === 'baseline') {
    if (new Set(names).size === 1) return { ...term, of: names[0]! };
    throw new Refused({
      message: 'baseline needs one signal that it is compared with',
      allowed: ['latency.p99 > baseline * 2'],
    });
  }
  if (term.kind !== 'target') return term;
  const slo = names.find((name) => name.startsWith('slo.'));
  if (slo) return { ...term, of: slo.startsWith('slo.latency') ? 'latency' : 'availability' };
  throw new Refused({
    message: 'target needs an objective that it is compared with',
    allowed: ['slo.availability < target', 'slo.latency < target'],
  });
}

function dimensionOf(term: Term): Dimension {
  switch (term.kind) {
    case 'number':
      return term.dimension;
    case 'signal':
      return SIGNALS.get(term.name)!.dimension;
    case 'baseline':
      return SIGNALS.get(term.of)!.dimension;
    case 'target':
      return 'share';
    case 'arithmetic':
      return combined(term.op, dimensionOf(term.left), dimensionOf(term.right));
  }
}

function combined(op: Arithmetic, left: Dimension, right: Dimension): Dimension {
  if (op === '*' && left === 'number') return right;
  if ((op === '*' || op === '/') && right === 'number') return left;
  if (op === '*' && (left === 'share' || right === 'share')) return left === 'share' ? right : left;
  if (op === '/' && left === right) return 'number';
  if ((op === '+' || op === '-') && left === right) return left;
  throw new Refused({
    message: `a ${left} ${op} a ${right} has no meaning`,
    allowed: ['the same unit on both sides', 'a factor such as 2'],
  });
}
