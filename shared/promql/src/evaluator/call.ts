import { FailureError } from '@gumshoe/base/failure';
import { NATIVE_HISTOGRAM_FUNCTIONS } from '../functions.ts';
import type { CallNode } from '../parser/ast.ts';
import { compileCapturing } from '../regex.ts';
import { absent } from './absent.ts';
import { callRangeFunction } from './call-range.ts';
import { histogramFraction, histogramQuantile, histogramQuantiles } from './classic-histograms.ts';
import { argument } from './arguments.ts';
import type { Evaluator } from './evaluator.ts';
import { addInfo } from './info.ts';
import { labelJoin, labelReplace } from './label-functions.ts';
import { DATE_FUNCTIONS, MATH_FUNCTIONS } from './math-functions.ts';
import { histogramFunction } from './native-functions.ts';
import { RANGE_FUNCTIONS } from './range-functions.ts';
import { floatsOf, presenceOf } from './samples.ts';
import { selectInstant, stampedSelector } from './selection.ts';
import { sortedByLabel, sortedByValue } from './sort.ts';
import {
  evaluationError,
  filled,
  mergeSame,
  nameless,
  type Column,
  type Steps,
  type Value,
} from './values.ts';

type Call = (evaluator: Evaluator, node: CallNode, steps: Steps) => readonly Column[];

export function callFunction(evaluator: Evaluator, node: CallNode, steps: Steps): Value {
  const scalars = scalarFunction(evaluator, node, steps);
  if (scalars) return { type: 'scalar', values: scalars };
  return { type: 'vector', columns: vectorFunction(evaluator, node, steps) };
}

function scalarFunction(evaluator: Evaluator, node: CallNode, steps: Steps): Float64Array | undefined {
  const same = (value: number): Float64Array => new Float64Array(steps.times.length).fill(value);
  switch (node.name) {
    case 'time':
      return steps.times.map((time) => time / 1000);
    case 'pi':
      return same(Math.PI);
    case 'start':
      return same(steps.start / 1000);
    case 'end':
      return same(steps.end / 1000);
    case 'range':
      return same((steps.end - steps.start) / 1000);
    case 'step':
      return same(steps.step / 1000);
    case 'scalar':
      return onlyValue(evaluator.vector(node, 0, steps), steps.times.length);
    default:
      return undefined;
  }
}

const words = (evaluator: Evaluator, node: CallNode, from: number): readonly string[] =>
  node.args.slice(from).map((_, i) => evaluator.text(node, from + i));

const floats = (evaluator: Evaluator, node: CallNode, steps: Steps): readonly Column[] =>
  evaluator.vector(node, 0, steps).map(floatsOf);

const CALLS: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['vector', (evaluator, node, steps) => [filled({}, evaluator.scalars(argument(node, 0), steps).slice())]],
  ['timestamp', timestamps],
  ['absent', (evaluator, node, steps) => missing(node, evaluator.vector(node, 0, steps), steps)],
  [
    'absent_over_time',
    (evaluator, node, steps) =>
      missing(node, evaluator.columns({ ...node, name: 'last_over_time' }, steps), steps),
  ],
  ['sort', (evaluator, node, steps) => sortedByValue(floats(evaluator, node, steps), 1)],
  ['sort_desc', (evaluator, node, steps) => sortedByValue(floats(evaluator, node, steps), -1)],
  [
    'sort_by_label',
    (evaluator, node, steps) => sortedByLabel(evaluator.vector(node, 0, steps), words(evaluator, node, 1), 1),
  ],
  [
    'sort_by_label_desc',
    (evaluator, node, steps) =>
      sortedByLabel(evaluator.vector(node, 0, steps), words(evaluator, node, 1), -1),
  ],
  [
    'label_replace',
    (evaluator, node, steps) => {
      const [target, replacement, source, pattern] = words(evaluator, node, 1);
      checkLabelName(node, target!, 'destination');
      const columns = evaluator.vector(node, 0, steps);
      const regex = capturing(node, pattern!);
      return mergeSame(labelReplace(columns, target!, replacement!, source!, regex), node);
    },
  ],
  [
    'label_join',
    (evaluator, node, steps) => {
      const [target, separator, ...sources] = words(evaluator, node, 1);
      for (const source of sources) checkLabelName(node, source, 'source');
      checkLabelName(node, target!, 'destination');
      return mergeSame(labelJoin(evaluator.vector(node, 0, steps), target!, separator!, sources), node);
    },
  ],
  [
    'histogram_quantile',
    (evaluator, node, steps) =>
      histogramQuantile(
        evaluator.scalar(node, 0, steps),
        evaluator.vector(node, 1, steps),
        [argument(node, 0), argument(node, 1)],
        { steps, annotations: evaluator.annotations },
      ),
  ],
  [
    'histogram_quantiles',
    (evaluator, node, steps) => {
      const shares = node.args.slice(2).map((at, i) => ({ share: evaluator.scalar(node, i + 2, steps), at }));
      const context = { steps, annotations: evaluator.annotations };
      const columns = evaluator.vector(node, 0, steps);
      return histogramQuantiles(columns, evaluator.text(node, 1), shares, argument(node, 0), context);
    },
  ],
  [
    'histogram_fraction',
    (evaluator, node, steps) =>
      histogramFraction(
        evaluator.scalar(node, 0, steps),
        evaluator.scalar(node, 1, steps),
        evaluator.vector(node, 2, steps),
        argument(node, 2),
        { steps, annotations: evaluator.annotations },
      ),
  ],
  [
    'info',
    (evaluator, node, steps) => {
      const given = node.args[1];
      const matchers = given?.type === 'selector' ? given.matchers : undefined;
      return addInfo(evaluator.vector(node, 0, steps), matchers, evaluator.source, steps, node);
    },
  ],
]);

function vectorFunction(evaluator: Evaluator, node: CallNode, steps: Steps): readonly Column[] {
  const { name } = node;
  const call = CALLS.get(name);
  if (call) return call(evaluator, node, steps);
  if (RANGE_FUNCTIONS.has(name)) return callRangeFunction(evaluator, node, steps);
  const fn = MATH_FUNCTIONS.get(name);
  if (fn) return mathFunction(fn, evaluator, node, steps);
  if (NATIVE_HISTOGRAM_FUNCTIONS.has(name))
    return histogramFunction(name, evaluator.vector(node, 0, steps), node);
  throw evaluationError(node, `function ${name} is not supported`, 'not-supported');
}

/** The only sample at a step; NaN where there is none or more. */
function onlyValue(columns: readonly Column[], points: number): Float64Array {
  const out = new Float64Array(points).fill(NaN);
  const count = new Float64Array(points);
  for (const { values, present } of columns)
    for (let i = 0; i < points; i++) if (present[i] !== 0) out[i] = count[i]!++ === 0 ? values[i]! : NaN;
  return out;
}

const missing = (node: CallNode, columns: readonly Column[], steps: Steps): readonly Column[] =>
  absent(columns, argument(node, 0), steps.times.length);

/** Of a selector the times of the samples themselves; of anything else the evaluated instant. */
function timestamps(evaluator: Evaluator, node: CallNode, steps: Steps): readonly Column[] {
  const inner = argument(node, 0);
  if (inner.type === 'selector')
    return nameless(selectInstant(stampedSelector(inner), evaluator.source, steps, true), node);
  const values = steps.times.map((time) => time / 1000);
  const columns = evaluator.vector(node, 0, steps);
  return nameless(
    columns.map((one) => ({ labels: one.labels, values: values.slice(), present: presenceOf(one) })),
    node,
  );
}

function capturing(node: CallNode, pattern: string): RegExp {
  try {
    return compileCapturing(pattern);
  } catch (error) {
    if (error instanceof FailureError && error.failure.code === 'invalid-input')
      throw evaluationError(node, `invalid regular expression in label_replace(): ${pattern}`);
    throw error;
  }
}

function checkLabelName(node: CallNode, name: string, which: 'destination' | 'source'): void {
  if (name === '') throw evaluationError(node, `invalid ${which} label name in ${node.name}(): ${name}`);
}

type MathFunction = (value: number, first: number, second: number) => number;

function mathFunction(
  fn: MathFunction,
  evaluator: Evaluator,
  node: CallNode,
  steps: Steps,
): readonly Column[] {
  const { name, args } = node;
  const { times } = steps;
  if (args.length === 0 && DATE_FUNCTIONS.has(name))
    return [
      filled(
        {},
        times.map((time) => fn(Math.floor(time / 1000), 0, 0)),
      ),
    ];
  const columns = evaluator.vector(node, 0, steps);
  const first = args[1] && evaluator.scalars(args[1], steps);
  const second = args[2] && evaluator.scalars(args[2], steps);
  const made = columns.map(({ labels, values, present }) => {
    const out = new Float64Array(times.length);
    if (!first) for (let i = 0; i < out.length; i++) out[i] = fn(values[i]!, 1, NaN);
    else for (let i = 0; i < out.length; i++) out[i] = fn(values[i]!, first[i]!, second ? second[i]! : NaN);
    return { labels, values: out, present };
  });
  if (name !== 'clamp' || !first || !second) return nameless(made, node);
  const kept = made.map((one) => ({
    ...one,
    present: one.present.map((there, i) => (second[i]! < first[i]! ? 0 : there)),
  }));
  return nameless(kept, node);
}
