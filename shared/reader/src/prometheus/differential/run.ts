import type { Series } from '@gumshoe/base/series';
import { corpus, START } from './corpus.ts';
import { explain } from './differences.ts';
import { Generator, type Expression } from './expressions.ts';
import { histogramCorpus } from './histogram-corpus.ts';
import { explainHistograms } from './histogram-differences.ts';
import { HistogramGenerator } from './histogram-expressions.ts';
import { instantRows, rangeRows, sourceOf, type Grid } from './local.ts';
import { Random } from './random.ts';
import { difference, rankDifference, rowsOf, type Rows } from './rows.ts';
import { PrometheusServer } from './server.ts';

export interface Mismatch extends Expression {
  readonly form: string;
  readonly difference: string;
}

export interface Report {
  readonly compared: number;
  /** Answers that were errors on both sides, and results without any series. */
  readonly errors: number;
  readonly empty: number;
  /** Differences with a declared reason, by reason. */
  readonly explained: ReadonlyMap<string, number>;
  readonly mismatches: readonly Mismatch[];
}

/** Milliseconds after a whole second: samples never lie on the edge of a window of these instants. */
const BESIDE = 3;
const GRIDS: readonly Grid[] = [
  { from: START + 12 * 60_000 + BESIDE, step: 37_000, points: 52 },
  { from: START + 1 * 60_000 + BESIDE, step: 61_000, points: 50 },
  { from: START + 18 * 60_000 + BESIDE, step: 15_000, points: 60 },
  { from: START - 60_000 + BESIDE, step: 240_000, points: 15 },
];

interface Question {
  readonly expression: Expression;
  /** Asked at instants that samples lie on. */
  readonly edges: boolean;
}

/** What is compared: samples, expressions over them, and the differences that have a reason. */
interface Suite {
  readonly corpus: (seed: number) => readonly Series[];
  readonly questions: (random: Random) => () => Question;
  readonly explain: (expression: string, ours: Rows, theirs: Rows) => string | undefined;
  /** Of the server. */
  readonly flags: readonly string[];
}

const SUITES = {
  floats: {
    corpus,
    questions: (random) => {
      const generator = new Generator(random);
      return () => {
        const edges = random.chance(0.03);
        const expression = edges
          ? generator.onEdges()
          : random.chance(0.1)
            ? generator.mistaken()
            : generator.expression();
        return { expression, edges };
      };
    },
    explain,
    flags: [],
  },
  histograms: {
    corpus: histogramCorpus,
    questions: (random) => {
      const generator = new HistogramGenerator(random);
      return () => ({ expression: generator.expression(), edges: false });
    },
    explain: explainHistograms,
    flags: ['--enable-feature=native-histograms'],
  },
} as const satisfies Record<string, Suite>;

export type SuiteName = keyof typeof SUITES;

/** Asks both for `count` generated expressions, each as a range and as an instant query. */
export async function compareMany(
  name: SuiteName,
  count: number,
  seed: number,
  onMismatch: (mismatch: Mismatch) => void = () => {},
): Promise<Report> {
  const suite: Suite = SUITES[name];
  const series = suite.corpus(seed);
  const source = sourceOf(series);
  const server = await PrometheusServer.start(suite.flags);
  const random = new Random(seed + 1);
  const question = suite.questions(random);
  const explained = new Map<string, number>();
  const mismatches: Mismatch[] = [];
  let [compared, errors, empty] = [0, 0, 0];
  const judge = (expression: Expression, form: string, ours: Rows, theirs: Rows): void => {
    compared++;
    if ('error' in theirs) errors++;
    else if (theirs.rows.length === 0) empty++;
    const found = expression.ties ? rankDifference(ours, theirs) : difference(ours, theirs);
    if (found === undefined) return;
    const reason = suite.explain(expression.ours, ours, theirs);
    if (reason !== undefined) {
      explained.set(reason, (explained.get(reason) ?? 0) + 1);
      return;
    }
    const mismatch = { ...expression, form, difference: found };
    mismatches.push(mismatch);
    onMismatch(mismatch);
  };
  try {
    for (const one of series) await server.write([one]);
    for (let i = 0; i < count; i++) {
      const { expression, edges } = question();
      const shift = edges ? -BESIDE : 0;
      const base = random.pick(GRIDS);
      const grid = { ...base, from: base.from + shift, step: edges ? 15_000 : base.step };
      const end = grid.from + (grid.points - 1) * grid.step;
      const ranged = await server.ask('query_range', {
        query: expression.theirs,
        start: seconds(grid.from),
        end: seconds(end),
        step: seconds(grid.step),
      });
      judge(
        expression,
        `range from ${grid.from - START} step ${grid.step} points ${grid.points}`,
        rangeRows(expression.ours, source, grid),
        rowsOf(ranged),
      );
      const at = START + random.whole(0, 52 * 60) * 1000 + BESIDE + shift;
      const instant = await server.ask('query', { query: expression.theirs, time: seconds(at) });
      judge(
        expression,
        `instant at ${at - START}`,
        instantRows(expression.ours, source, at),
        rowsOf(instant),
      );
    }
  } finally {
    await server.stop();
  }
  return { compared, errors, empty, explained, mismatches };
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);
