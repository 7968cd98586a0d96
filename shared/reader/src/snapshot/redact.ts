import type { Labels, Series } from '@gumshoe/base/series';
import { labelsKey } from '@gumshoe/base/series';
import type { LogRecord, Span } from '@gumshoe/engine/ports';
import { obfuscateSql } from '@gumshoe/text/sql-obfuscate';
import { obfuscateText } from '@gumshoe/text/obfuscate-text';
import type { Pseudonyms } from './pseudonyms.ts';
import type { ProfileSample, ProfileStack } from './record-types.ts';

export interface RedactionChoices {
  /** Bodies, attributes and samples of log records are left out; when, how grave and whose they were stays. */
  readonly dropLogBodies?: boolean;
  /** Literals, addresses, mail addresses, ids and secrets in texts become placeholders. */
  readonly obfuscate?: boolean;
  /** Names of applications, hosts and namespaces become keyed hashes. */
  readonly pseudonyms?: Pseudonyms;
}

/** Replaces what must not leave. The same text becomes the same text in every signal, so that the graph still joins. */
export interface Redaction {
  readonly sentences: readonly string[];
  readonly text: (text: string) => string;
  /** Series with labels that became equal are told apart by a mark behind the label that was changed. */
  readonly series: (series: readonly Series[]) => readonly Series[];
  readonly span: (span: Span) => Span;
  readonly log: (record: LogRecord) => LogRecord;
  readonly sample: (sample: ProfileSample) => ProfileSample;
  readonly stack: (stack: ProfileStack) => ProfileStack;
}

/** Labels that hold free text or queries. */
const TEXT_LABELS: ReadonlySet<string> = new Set([
  ...[
    'sample',
    'query',
    'blocking_query',
    'statement',
    'span_name',
    'path',
    'url',
    'error',
    'warning',
    'message',
  ],
]);
const SQL_LABELS: ReadonlySet<string> = new Set(['query', 'blocking_query', 'statement']);
const SQL_ATTRIBUTES: ReadonlySet<string> = new Set(['db.statement', 'db.query.text']);

export function redactionOf(choices: RedactionChoices): Redaction {
  const { dropLogBodies = false, obfuscate = false, pseudonyms } = choices;
  const hash = (text: string): string => pseudonyms?.apply(text) ?? text;
  const name = (text: string): string => pseudonyms?.name(text) ?? text;
  const container = (id: string): string => pseudonyms?.container(id) ?? id;
  const text = (value: string): string => hash(obfuscate ? obfuscateText(value) : value);
  const sql = (value: string, system = ''): string =>
    hash(obfuscate ? obfuscateSql(value, /mysql|mariadb/i.test(system) ? 'literal' : 'identifier') : value);

  const label = (key: string, value: string): string => {
    if (dropLogBodies && key === 'sample') return '';
    if (obfuscate && SQL_LABELS.has(key)) return sql(value);
    if (obfuscate && TEXT_LABELS.has(key)) return text(value);
    return pseudonyms?.label(key, value) ?? value;
  };
  const labelsOf = (labels: Labels): Labels =>
    Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, label(key, value)]));
  const attributesOf = (attributes: Labels): Labels =>
    Object.fromEntries(
      Object.entries(attributes).map(([key, value]) => [
        key,
        SQL_ATTRIBUTES.has(key)
          ? sql(value, attributes['db.system'] ?? attributes['db.system.name'])
          : text(value),
      ]),
    );
  const nothing = !dropLogBodies && !obfuscate && pseudonyms === undefined;
  return {
    sentences: sentencesOf(choices),
    text,
    series: (series) => (nothing ? series : distinct(series, labelsOf)),
    span: (span) =>
      nothing || (!obfuscate && !pseudonyms)
        ? span
        : {
            ...span,
            name: text(span.name),
            serviceName: name(span.serviceName),
            containerId: container(span.containerId),
            statusMessage: text(span.statusMessage),
            attributes: attributesOf(span.attributes),
          },
    log: (record) => ({
      ...record,
      serviceName: name(record.serviceName),
      containerId: container(record.containerId),
      body: dropLogBodies ? '' : text(record.body),
      attributes: dropLogBodies ? {} : attributesOf(record.attributes),
    }),
    sample: ([service, type, start, end, id, ...rest]) => [
      name(service),
      type,
      start,
      end,
      container(id),
      ...rest,
    ],
    stack: ([service, stackHash, frames]) => [name(service), stackHash, frames],
  };
}

function distinct(series: readonly Series[], change: (labels: Labels) => Labels): readonly Series[] {
  const known = new Set<string>();
  return series.map((one) => {
    let labels = change(one.labels);
    const changed = Object.keys(labels).find(
      (key) => TEXT_LABELS.has(key) && labels[key] !== one.labels[key],
    );
    for (let n = 2; known.has(labelsKey(labels)); n++)
      labels = {
        ...change(one.labels),
        [changed ?? 'redacted']: `${change(one.labels)[changed ?? ''] ?? ''}~${n}`,
      };
    known.add(labelsKey(labels));
    return { ...one, labels };
  });
}

function sentencesOf({ dropLogBodies, obfuscate, pseudonyms }: RedactionChoices): readonly string[] {
  return [
    ...(dropLogBodies ? ['bodies, attributes and samples of log records were dropped'] : []),
    ...(obfuscate
      ? [
          'literals of SQL, quoted texts, numbers of many digits, ids, addresses, mail addresses and secrets in log records, span attributes and query labels were replaced',
          'addresses in the labels of connections were kept: dependencies are joined on them',
        ]
      : []),
    ...(pseudonyms
      ? [
          'names of applications, hosts and namespaces were replaced by keyed hashes; equal names have equal hashes in every signal; the key is not in this file',
          'words of well-known software and generated suffixes of pods were kept',
        ]
      : []),
  ];
}
