type Arithmetic = (a: number, b: number) => number;
type Compare = (a: number, b: number) => boolean;

export const ARITHMETIC: ReadonlyMap<string, Arithmetic> = new Map<string, Arithmetic>([
  ['+', (a, b) => a + b],
  ['-', (a, b) => a - b],
  ['*', (a, b) => a * b],
  ['/', (a, b) => a / b],
  ['%', (a, b) => a % b],
  ['^', power],
  ['atan2', Math.atan2],
]);

/** Go's math.Pow: 1 to any power and any number to the power 0 is 1, and -1 to an infinite power too. */
function power(a: number, b: number): number {
  if (a === 1 || (a === -1 && (b === Infinity || b === -Infinity))) return 1;
  return a ** b;
}

export const COMPARISON: ReadonlyMap<string, Compare> = new Map<string, Compare>([
  ['==', (a, b) => a === b],
  ['!=', (a, b) => a !== b],
  ['>', (a, b) => a > b],
  ['<', (a, b) => a < b],
  ['>=', (a, b) => a >= b],
  ['<=', (a, b) => a <= b],
]);

export const SETS: ReadonlySet<string> = new Set(['and', 'or', 'unless']);

/** These trim native histograms; between floats they have no result. */
export const TRIMS: ReadonlySet<string> = new Set(['</', '>/']);

/** Operators that take part in vector matching by value. */
export const isValueOperator = (op: string): boolean =>
  ARITHMETIC.has(op) || COMPARISON.has(op) || TRIMS.has(op);
