import type { Series } from '@gumshoe/base/series';
import { DNS_METRICS as D } from '@gumshoe/schema/metrics/container';
import type { Column, DnsColumns } from '../world.ts';
import type { Building } from './context.ts';
import { compareText } from './dependencies.ts';
import type { DnsDraft } from './drafts.ts';
import { addInto } from './resample.ts';

/** What the containers of each application ask of DNS, and what they hear. */
export function buildDns(building: Building): void {
  const { context } = building;
  for (const series of context.named(D.count)) addAnswers(building, series);
  for (const series of context.named(`${D.duration.name}_bucket`)) addBucket(building, series);
}

function draftOf({ registry }: Building, series: Series): DnsDraft | undefined {
  const application = registry.containerOf(series)?.instance.application;
  if (!application) return undefined;
  return (application.dns ??= { questions: new Map(), buckets: new Map() });
}

function addAnswers(building: Building, series: Series): void {
  const draft = draftOf(building, series);
  if (!draft) return;
  const { request_type: type = '', domain = '', status = '' } = series.labels;
  const key = `${type}\u0000${domain}`;
  let question = draft.questions.get(key);
  if (question === undefined) {
    question = { type, domain, byStatus: new Map<string, Column>() };
    draft.questions.set(key, question);
  }
  addTo(building, question.byStatus, status, series);
}

function addBucket(building: Building, series: Series): void {
  const bound = series.labels.le === '+Inf' ? Infinity : Number(series.labels.le);
  const draft = draftOf(building, series);
  if (draft && bound === bound) addTo(building, draft.buckets, bound, series);
}

function addTo<K>({ context }: Building, columns: Map<K, Column>, key: K, series: Series): void {
  let column = columns.get(key);
  if (column === undefined) columns.set(key, (column = context.resampler.column()));
  addInto(column, context.eventRate(series));
}

export function finishDns({ questions, buckets }: DnsDraft): DnsColumns {
  const sorted = [...questions].sort(([a], [b]) => compareText(a, b)).map(([, question]) => question);
  const bounds = [...buckets.keys()].sort((a, b) => a - b);
  return {
    questions: sorted,
    ...(bounds.at(-1) === Infinity
      ? { latency: { bounds, counts: bounds.map((bound) => buckets.get(bound)!) } }
      : {}),
  };
}
