import { FailureError, toFailure } from '@gumshoe/base/failure';
import type { Series } from '@gumshoe/base/series';
import { HOUR, MINUTE } from '@gumshoe/base/time';
import { inTurns } from '../in-turns.ts';
import type { PrometheusTransport } from '../transports.ts';
import { rawSeries } from './answers.ts';
import { isTooLarge } from './limits.ts';
import { joinPieces } from './join-pieces.ts';

const METRICS_PER_QUERY = 25;
const QUERIES_AT_ONCE = 4;
/** Longer windows are asked for in pieces, ms. */
const LONGEST_PIECE = 6 * HOUR;
/** Pieces are not cut below this, ms. */
const SHORTEST_PIECE = MINUTE;

interface Question {
  readonly metrics: readonly string[];
  readonly from: number;
  readonly to: number;
}

/**
 * Raw samples with `from < t <= to` of the named metrics. Where the server finds a question too large it is asked in
 * halves, first of the metrics, then of the time; pieces meet without a sample lost or doubled.
 */
export async function readRawSeries(
  transport: PrometheusTransport,
  { metrics, from, to }: Question,
  signal?: AbortSignal,
  warn?: (text: string) => void,
): Promise<readonly Series[]> {
  const batches: Question[] = [];
  for (let i = 0; i < metrics.length; i += METRICS_PER_QUERY)
    batches.push({ metrics: metrics.slice(i, i + METRICS_PER_QUERY), from, to });
  const read = async (batch: Question): Promise<readonly Series[]> => {
    const pieces: (readonly Series[])[] = [];
    for (const piece of inPieces(batch)) pieces.push(await readPiece(transport, piece, signal, warn));
    return joinPieces(pieces);
  };
  return (await inTurns(batches, QUERIES_AT_ONCE, read)).flat();
}

function inPieces({ metrics, from, to }: Question): Question[] {
  const count = Math.max(1, Math.ceil((to - from) / LONGEST_PIECE));
  const border = (i: number): number => (i === count ? to : Math.round(from + ((to - from) * i) / count));
  return Array.from({ length: count }, (_, i) => ({ metrics, from: border(i), to: border(i + 1) }));
}

async function readPiece(
  transport: PrometheusTransport,
  question: Question,
  signal?: AbortSignal,
  warn?: (text: string) => void,
): Promise<readonly Series[]> {
  const { metrics, from, to } = question;
  try {
    return await ask(transport, question, signal, warn);
  } catch (error) {
    if (!isTooLarge(error) || signal?.aborted) throw error;
    const half = (part: Question): Promise<readonly Series[]> => readPiece(transport, part, signal, warn);
    if (metrics.length > 1) {
      const middle = metrics.length >> 1;
      const first = await half({ metrics: metrics.slice(0, middle), from, to });
      return [...first, ...(await half({ metrics: metrics.slice(middle), from, to }))];
    }
    if (to - from <= SHORTEST_PIECE) throw tooLargeAnyway(error, question);
    const middle = Math.round((from + to) / 2);
    const first = await half({ metrics, from, to: middle });
    return joinPieces([first, await half({ metrics, from: middle, to })]);
  }
}

async function ask(
  transport: PrometheusTransport,
  { metrics, from, to }: Question,
  signal?: AbortSignal,
  warn?: (text: string) => void,
): Promise<readonly Series[]> {
  // a second more than needed where the border has a fraction; what is outside is left out again
  const seconds = Math.max(1, Math.ceil((to - from) / 1000));
  const query = `{__name__=~"${metrics.join('|')}"}[${seconds}s]`;
  return rawSeriesOf(transport, { query, time: String(to / 1000) }, { from, to }, signal, warn);
}

/** The samples of one question, by the shortest way that a transport has. */
export async function rawSeriesOf(
  transport: PrometheusTransport,
  params: Readonly<Record<string, string>>,
  range: { readonly from: number; readonly to: number },
  signal?: AbortSignal,
  warn?: (text: string) => void,
): Promise<readonly Series[]> {
  if (transport.rawSeries) return transport.rawSeries(params, range, signal, warn);
  const data = await transport.get('/api/v1/query', params, signal, warn);
  return rawSeries(data, range.from, range.to).filter(
    ({ timestamps, histograms }) => timestamps.length > 0 || histograms,
  );
}

function tooLargeAnyway(error: unknown, { metrics, from, to }: Question): FailureError {
  const failure = toFailure(error, 'read series', metrics[0] ?? '');
  return new FailureError(
    {
      ...failure,
      code: 'limit-exceeded',
      reason: `${failure.reason} (${metrics[0]} alone over ${Math.round((to - from) / 1000)} s is too much already)`,
      remedy: "Raise the server's limit on samples or series of one query.",
    },
    { cause: error },
  );
}
