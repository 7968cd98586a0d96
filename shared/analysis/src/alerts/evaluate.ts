import { MINUTE } from '@gumshoe/base/time';
import { formatValue, type Unit } from '@gumshoe/base/units';
import { countOf, lastOf, medianOf } from '@gumshoe/model/columns';
import type { CellRange, Column, Instance, World } from '@gumshoe/model/world';
import type { Dimension } from '../configuration/quantity.ts';
import type { InspectedApplication } from '../inspect.ts';
import { signalsOf, type Comparison, type Condition, type Term } from './condition.ts';
import type { Bound } from './request-signals.ts';
import { SIGNALS, type SignalName } from './signals.ts';

/** What is usual is what was so before this long ago, ms, for at least as long. */
const USUAL_BEFORE = 10 * MINUTE;

/** Per cell: 1 holds, 0 does not, NaN is not known. */
export function evaluateCondition(
  world: World,
  inspected: InspectedApplication,
  instance: Instance | undefined,
  condition: Condition,
): Column {
  return new Evaluation(world, inspected, instance).condition(condition);
}

/** Whether the condition speaks of containers, so that it is asked of each of them. */
export function usesContainers(condition: Condition): boolean {
  if (condition.kind === 'logic') return usesContainers(condition.left) || usesContainers(condition.right);
  if (condition.kind === 'not') return usesContainers(condition.of);
  return [...signalsOf(condition.left), ...signalsOf(condition.right)].some(
    (name) => SIGNALS.get(name)!.of === 'container',
  );
}

/** `error_rate is 3.2 % (> 1 %)` for each comparison, with the newest figures. */
export function describeComparison(
  world: World,
  inspected: InspectedApplication,
  instance: Instance | undefined,
  condition: Condition,
): string {
  return new Evaluation(world, inspected, instance).describe(condition).join(', ');
}

const UNITS: Readonly<Record<Dimension, Unit>> = {
  number: 'none',
  share: 'ratio',
  time: 'seconds',
  bytes: 'bytes',
  'bytes/second': 'bytes/second',
  'per-second': 'per-second',
  cores: 'cores',
};

const COMPARE: Readonly<Record<Comparison, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
};

const opposite = (bound: Bound): Bound => (bound === 'low' ? 'high' : bound === 'high' ? 'low' : 'middle');

/** Whether it is a share of requests, of which only what the traffic proves counts. */
const isProven = (name: SignalName): boolean => name === 'error_rate' || name.startsWith('slo.');

class Evaluation {
  readonly #world: World;
  readonly #inspected: InspectedApplication;
  readonly #instance: Instance | undefined;
  readonly #columns = new Map<string, Column>();

  constructor(world: World, inspected: InspectedApplication, instance: Instance | undefined) {
    this.#world = world;
    this.#inspected = inspected;
    this.#instance = instance;
  }

  condition(condition: Condition): Column {
    switch (condition.kind) {
      case 'not':
        return this.condition(condition.of).map((value) => 1 - value);
      case 'logic':
        return combine(condition.op, this.condition(condition.left), this.condition(condition.right));
      case 'compare':
        return this.#compare(condition);
    }
  }

  /** What is claimed to be high is taken at its low end, and the other way round: only what is certain counts. */
  #compare({ op, left, right }: Condition & { kind: 'compare' }): Column {
    const bound: Bound = op.startsWith('>') ? 'low' : op.startsWith('<') ? 'high' : 'middle';
    const a = this.#term(left, bound);
    const b = this.#term(right, opposite(bound));
    const holds = COMPARE[op];
    return a.map((value, i) => (value !== value || b[i] !== b[i] ? NaN : holds(value, b[i]!) ? 1 : 0));
  }

  #term(term: Term, bound: Bound): Column {
    switch (term.kind) {
      case 'number':
        return this.#constant(term.value);
      case 'target':
        return this.#constant(
          this.#inspected.serviceLevel.slos.find(({ kind }) => kind === term.of)?.objective ?? NaN,
        );
      case 'baseline':
        return this.#constant(this.#usual(term.of));
      case 'signal':
        return this.#signal(term.name, bound);
      case 'arithmetic': {
        const flips = term.op === '-' || term.op === '/';
        const left = this.#term(term.left, bound);
        const right = this.#term(term.right, flips ? opposite(bound) : bound);
        return calculate(term.op, left, right);
      }
    }
  }

  #constant(value: number): Column {
    return new Float64Array(this.#world.grid.points).fill(value);
  }

  #signal(name: SignalName, bound: Bound): Column {
    const key = isProven(name) ? `${name} ${bound}` : name;
    let column = this.#columns.get(key);
    if (column === undefined) {
      const about = { world: this.#world, inspected: this.#inspected, bound };
      column = SIGNALS.get(name)!.column(this.#instance ? { ...about, instance: this.#instance } : about);
      this.#columns.set(key, column);
    }
    return column;
  }

  /** NaN with too little history: then nothing is unusual. */
  #usual(name: SignalName): number {
    const { window, grid } = this.#world;
    const cells = Math.round(USUAL_BEFORE / grid.step);
    const before: CellRange = { lo: 0, hi: Math.max(0, window.hi - cells) };
    const column = this.#signal(name, 'middle');
    return countOf(column, before) >= cells ? medianOf(column, before) : NaN;
  }

  describe(condition: Condition): readonly string[] {
    if (condition.kind === 'logic')
      return [...this.describe(condition.left), ...this.describe(condition.right)];
    if (condition.kind === 'not') return this.describe(condition.of);
    const { window, grid } = this.#world;
    const newest = (term: Term): number =>
      lastOf(this.#term(term, 'middle'), window, Math.ceil(USUAL_BEFORE / grid.step));
    const name = signalsOf(condition.left)[0] ?? signalsOf(condition.right)[0]!;
    const unit = UNITS[SIGNALS.get(name)!.dimension];
    const plain = condition.left.kind === 'signal' ? name : 'the left side';
    return [
      `${plain} is ${formatValue(newest(condition.left), unit)} (${condition.op} ${formatValue(newest(condition.right), unit)})`,
    ];
  }
}

/** Three-valued: what is unknown decides nothing that the other side has not decided. */
function combine(op: 'and' | 'or', a: Column, b: Column): Column {
  const decisive = op === 'and' ? 0 : 1;
  return a.map((value, i) => {
    if (value === decisive || b[i] === decisive) return decisive;
    return value !== value || b[i] !== b[i] ? NaN : 1 - decisive;
  });
}

function calculate(op: '+' | '-' | '*' | '/', a: Column, b: Column): Column {
  switch (op) {
    case '+':
      return a.map((value, i) => value + b[i]!);
    case '-':
      return a.map((value, i) => value - b[i]!);
    case '*':
      return a.map((value, i) => value * b[i]!);
    case '/':
      return a.map((value, i) => (b[i] === 0 ? NaN : value / b[i]!));
  }
}
