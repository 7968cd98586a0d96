import { FailureError, toFailure, type Failure } from '@gumshoe/base/failure';
import type { GridSeries, Series } from '@gumshoe/base/series';
import type { TimeGrid, TimeRange } from '@gumshoe/base/time';
import type {
  AnnotatedMatrix,
  LogFilter,
  LogRecord,
  ProfileFilter,
  Reader,
  SourcePart,
  SourceStatus,
  Span,
  SpanFilter,
  SqlLimits,
  StackSamples,
  Table,
} from '@gumshoe/engine/ports';
import { parsePromql, timingOf } from '@gumshoe/promql/parse';
import { evaluateAnswers, questionsOf, type PartQuestion } from '@gumshoe/promql/parts/evaluate-parts';
import { forPart } from '@gumshoe/promql/parts/local';
import { printPromql } from '@gumshoe/promql/print';
import { profileRowsOf, type ProfileRows } from '../snapshot/profile-rows.ts';
import { metricNamesIn } from '../snapshot/selection.ts';
import { mergeStacks } from './stacks.ts';
import { mergeTables } from './tables.ts';

/** The label that tells clusters apart; the model makes it part of what an application is. */
export const CLUSTER_LABEL = 'cluster';

/** One of several sources: open, or why it could not be opened. */
export interface Cluster {
  readonly name: string;
  readonly reader: Reader | Failure;
}

/** Failures kept for the status, newest last. */
const MOST_FAILURES = 5;

/**
 * Several readers as one. Every series gets the label `cluster`; records are put together in their order and cut to
 * the limit asked for. A source that fails costs its part, which the status then says; only when all of them fail does
 * the question.
 */
export class MergedReader implements Reader {
  readonly #clusters: readonly Cluster[];
  readonly #failures = new Map<string, Failure[]>();

  /** Only when every cluster tells them apart from log records. */
  readonly events?: NonNullable<Reader['events']>;

  constructor(clusters: readonly Cluster[]) {
    this.#clusters = clusters;
    if (clusters.every(({ reader }) => !isReader(reader) || reader.events))
      this.events = async (range, limit, signal) =>
        newestOf(
          await this.#all(
            'read events',
            async (reader) => (await reader.events?.(range, limit, signal)) ?? [],
            signal,
          ),
          limit,
        );
  }

  async status(signal?: AbortSignal): Promise<SourceStatus> {
    const parts = await Promise.all(
      this.#clusters.map(async ({ name, reader }): Promise<readonly SourcePart[]> => {
        if (!isReader(reader))
          return [{ name, target: reader.target, state: 'failed', failure: reader, notes: [] }];
        const status = await reader.status(signal);
        const notes = (this.#failures.get(name) ?? []).map(
          ({ tried, reason }) => `left out of an answer: ${tried}: ${reason}`,
        );
        const [first, ...rest] = status.parts.map((part) => ({ ...part, name: `${name}: ${part.name}` }));
        return first === undefined ? [] : [{ ...first, notes: [...first.notes, ...notes] }, ...rest];
      }),
    );
    const name = this.#clusters.map((one) => one.name).join(', ');
    return { name, kind: 'several', parts: parts.flat() };
  }

  async series(
    metrics: readonly string[],
    range: TimeRange,
    signal?: AbortSignal,
  ): Promise<readonly Series[]> {
    const answers = await this.#all('read series', (reader) => reader.series(metrics, range, signal), signal);
    return answers.flatMap(({ name, answer }) => answer.map((series) => labelled(series, name)));
  }

  /**
   * As over one store in which every series has the label: clusters evaluate what concerns one of them only, what is above
   * that is evaluated here.
   */
  async queryRange(promql: string, grid: TimeGrid, signal?: AbortSignal): Promise<AnnotatedMatrix> {
    const expr = parsePromql(promql, timingOf(grid));
    const notes = { warnings: new Set<string>(), infos: new Set<string>() };
    const answers = new Map<PartQuestion, readonly GridSeries[]>();
    for (const question of questionsOf(expr, grid, CLUSTER_LABEL))
      answers.set(question, await this.#answer(question, notes, signal));
    const { series, warnings, infos } = evaluateAnswers(expr, grid, CLUSTER_LABEL, answers);
    const said = { warnings: [...notes.warnings, ...warnings], infos: [...notes.infos, ...infos] };
    return {
      grid,
      series,
      ...(said.warnings.length > 0 ? { warnings: said.warnings } : {}),
      ...(said.infos.length > 0 ? { infos: said.infos } : {}),
    };
  }

  /** Only clusters that the matchers leave are asked. */
  async #answer(
    { expr, grid, start, end }: PartQuestion,
    notes: { readonly warnings: Set<string>; readonly infos: Set<string> },
    signal?: AbortSignal,
  ): Promise<readonly GridSeries[]> {
    const own = new Map<string, string>();
    for (const { name } of this.#clusters) {
      const asked = forPart(expr, { label: CLUSTER_LABEL, name, start, end });
      if (asked) own.set(name, printPromql(asked));
    }
    const ask = (reader: Reader, name: string): Promise<AnnotatedMatrix> =>
      reader.queryRange(own.get(name)!, grid, signal);
    const asked = this.#clusters.filter(({ name }) => own.has(name));
    const answers = await this.#all('query', ask, signal, asked);
    return answers.flatMap(({ name, answer }) => {
      for (const text of answer.warnings ?? []) notes.warnings.add(`${name}: ${text}`);
      for (const text of answer.infos ?? []) notes.infos.add(`${name}: ${text}`);
      return answer.series.map((series) => labelled(series, name));
    });
  }

  /** Names of the metrics of all clusters, of each those with series of selectors that leave its name. */
  async namesIn(
    selectors: readonly string[],
    range: TimeRange,
    signal?: AbortSignal,
  ): Promise<readonly string[]> {
    const own = new Map(this.#clusters.map(({ name }) => [name, selectorsFor(selectors, name, range)]));
    const asked = this.#clusters.filter(({ name }) => own.get(name)!.length > 0);
    const ask = (reader: Reader, name: string): Promise<readonly string[]> =>
      metricNamesIn(reader, range, own.get(name)!, signal);
    const answers = asked.length === 0 ? [] : await this.#all('list the metrics', ask, signal, asked);
    return [...new Set(answers.flatMap(({ answer }) => answer))].sort();
  }

  async sql(query: string, limits: SqlLimits, signal?: AbortSignal): Promise<Table> {
    const answers = await this.#all('query', (reader) => reader.sql(query, limits, signal), signal);
    return mergeTables(answers, CLUSTER_LABEL, limits.maxRows);
  }

  async spans(filter: SpanFilter, signal?: AbortSignal): Promise<readonly Span[]> {
    const all = (await this.#all('read spans', (reader) => reader.spans(filter, signal), signal)).flatMap(
      ({ name, answer }) => answer.map((span) => spanOf(span, name)),
    );
    const order =
      filter.order === 'slowest'
        ? (a: Span, b: Span): number => b.duration - a.duration || b.start - a.start
        : (a: Span, b: Span): number => b.start - a.start;
    return all.sort(order).slice(0, filter.limit);
  }

  async trace(traceId: string, signal?: AbortSignal): Promise<readonly Span[]> {
    const answers = await this.#all('read a trace', (reader) => reader.trace(traceId, signal), signal);
    return answers
      .flatMap(({ name, answer }) => answer.map((span) => spanOf(span, name)))
      .sort((a, b) => a.start - b.start);
  }

  shortcomings(): readonly string[] {
    return this.#clusters.flatMap(({ name, reader }) =>
      [
        ...(isReader(reader) ? (reader.shortcomings?.() ?? []) : [`it is left out: ${reader.reason}`]),
        ...(this.#failures.get(name) ?? []).map(({ tried, reason }) => `${tried}: ${reason}`),
      ].map((text) => `${name}: ${text}`),
    );
  }

  async spansOf(traceIds: readonly string[], signal?: AbortSignal): Promise<readonly Span[]> {
    const ask = async (reader: Reader): Promise<readonly Span[]> => {
      if (reader.spansOf) return reader.spansOf(traceIds, signal);
      return (await Promise.all(traceIds.map((id) => reader.trace(id, signal)))).flat();
    };
    const answers = await this.#all('read traces', ask, signal);
    return answers.flatMap(({ name, answer }) => answer.map((span) => spanOf(span, name)));
  }

  async logs(filter: LogFilter, signal?: AbortSignal): Promise<readonly LogRecord[]> {
    const answers = await this.#all('read logs', (reader) => reader.logs(filter, signal), signal);
    return newestOf(answers, filter.limit);
  }

  async profile(filter: ProfileFilter, signal?: AbortSignal): Promise<StackSamples> {
    const answers = await this.#all('read profiles', (reader) => reader.profile(filter, signal), signal);
    return mergeStacks(answers.map(({ answer }) => answer));
  }

  /** Raw rows of all clusters, for an export: samples newest first, each stack once. */
  async profileRows(range: TimeRange, signal?: AbortSignal): Promise<ProfileRows> {
    const ask = (reader: Reader): Promise<ProfileRows> => profileRowsOf(reader, range, signal);
    const all = (await this.#all('read profiles', ask, signal)).map(({ answer }) => answer);
    const stacks = new Map(
      all.flatMap((one) => one.stacks.map((stack) => [`${stack[0]} ${stack[1]}`, stack] as const)),
    );
    return {
      samples: all.flatMap(({ samples }) => samples).sort((a, b) => Number(b[2]) - Number(a[2])),
      stacks: [...stacks.values()],
    };
  }

  async extent(signal?: AbortSignal): Promise<TimeRange | undefined> {
    const known = (await this.#all('find the extent', (reader) => reader.extent(signal), signal)).flatMap(
      ({ answer }) => answer ?? [],
    );
    return known.reduce<TimeRange | undefined>(
      (whole, one) =>
        whole === undefined
          ? one
          : {
              from: one.from < whole.from ? one.from : whole.from,
              to: one.to > whole.to ? one.to : whole.to,
            },
      undefined,
    );
  }

  async close(): Promise<void> {
    await Promise.allSettled(
      this.#clusters.map(({ reader }) => (isReader(reader) ? reader.close() : undefined)),
    );
  }

  /** The answers of those that have one, in the order of the clusters. Rejects with the first failure if none has. */
  async #all<T>(
    tried: string,
    ask: (reader: Reader, name: string) => Promise<T>,
    signal?: AbortSignal,
    clusters = this.#clusters,
  ): Promise<readonly { readonly name: string; readonly answer: T }[]> {
    const results = await Promise.all(
      clusters.map(async ({ name, reader }) => {
        if (!isReader(reader)) return { name, failure: reader };
        try {
          return { name, answer: await ask(reader, name) };
        } catch (error) {
          return { name, failure: toFailure(error, tried, name) };
        }
      }),
    );
    if (signal?.aborted)
      throw new FailureError({
        code: 'cancelled',
        tried,
        target: 'several clusters',
        reason: 'cancelled',
      });
    const answered = results.flatMap((one) =>
      'answer' in one ? [{ name: one.name, answer: one.answer as T }] : [],
    );
    const failed = results.flatMap((one) =>
      'failure' in one && one.failure ? [{ ...one, failure: one.failure }] : [],
    );
    for (const { name, failure } of failed) this.#note(name, failure);
    if (answered.length === 0 && failed[0]) throw new FailureError(failed[0].failure);
    return answered;
  }

  #note(name: string, failure: Failure): void {
    const known = this.#failures.get(name) ?? [];
    this.#failures.set(
      name,
      [...known.filter((one) => one.reason !== failure.reason), failure].slice(-MOST_FAILURES),
    );
  }
}

/** Attribute of OpenTelemetry's conventions for the name of a cluster. */
const CLUSTER_ATTRIBUTE = 'k8s.cluster.name';

/** Selectors as a cluster understands them, without what they say of its name; those that mean other clusters left out. */
const selectorsFor = (
  selectors: readonly string[],
  name: string,
  { from, to }: TimeRange,
): readonly string[] =>
  selectors.flatMap((selector) => {
    const asked = forPart(parsePromql(selector), { label: CLUSTER_LABEL, name, start: from, end: to });
    return asked ? printPromql(asked) : [];
  });

const isReader = (reader: Reader | Failure): reader is Reader => 'series' in reader;

/** A label that the source has given already is another's and stays beside ours, as Prometheus does with clashes. */
function labelled<S extends { readonly labels: Readonly<Record<string, string>> }>(
  series: S,
  name: string,
): S {
  const { [CLUSTER_LABEL]: own, ...rest } = series.labels;
  const labels = { ...rest, ...(own === undefined || own === name ? {} : { exported_cluster: own }) };
  return { ...series, labels: { ...labels, [CLUSTER_LABEL]: name } };
}

/** Records of all clusters, each with the name of its own, newest first. */
const newestOf = (
  answers: readonly { readonly name: string; readonly answer: readonly LogRecord[] }[],
  limit: number,
): readonly LogRecord[] =>
  answers
    .flatMap(({ name, answer }) =>
      answer.map((record) => ({
        ...record,
        attributes: { ...record.attributes, [CLUSTER_ATTRIBUTE]: name },
      })),
    )
    .sort((a, b) => b.timestamp - a.timestamp)
    .slice(0, limit);

const spanOf = (span: Span, name: string): Span => ({
  ...span,
  attributes: { ...span.attributes, [CLUSTER_ATTRIBUTE]: name },
});
