import { formatValue, type Unit } from '@gumshoe/base/units';
import { meanOf } from '@gumshoe/model/columns';
import type { Application, Column } from '@gumshoe/model/world';
import { MYSQL_METRICS as M } from '@gumshoe/schema/metrics/mysql';
import { POSTGRES_METRICS as P } from '@gumshoe/schema/metrics/postgres';
import { TRACE_METRICS as T } from '@gumshoe/schema/metrics/trace';
import { matchLabel, rateWindow, selectApplication } from '../../evidence.ts';
import { selectTarget, signalsOf } from '../../inspections/target-signals.ts';
import { measured } from '../claim.ts';
import { shiftOf, type Frame } from '../frame.ts';
import { messagesQuery } from '../log-changes.ts';
import { clear, defineCandidate, suspect } from './define.ts';

/**
 * Statements that change tables or block them as a whole. Not `create table` alone: temporary tables come and go; nor a
 * vacuum that is not full.
 */
const CHANGES_SCHEMA =
  /\b(alter\s+(table|index|type|column|database)|create\s+(unique\s+)?index|drop\s+(table|index|column|database|view)|truncate\s+(table\s+)?\w|rename\s+table|reindex\b|vacuum\s+full|lock\s+tables?\b|createIndexes\b|dropIndexes\b|collMod\b)/i;

const MAGNITUDE = 0.75;
/** Part of the incident's mean at most that it may have been before: migrations do not run all the time. */
const BEFORE = 0.2;
const MAX_TEXT = 120;

interface Statement {
  readonly text: string;
  readonly column: Column;
  readonly signal: string;
  readonly query: string;
  readonly unit: Unit;
}

/** Data definition that began with the trouble, as top queries, spans and logs tell of it. */
export const schemaChange = defineCandidate({
  kind: 'schema-change',
  title: 'The schema is changed',
  examine: ({ application, frame }) => {
    const known =
      application.operations.length + application.logs.length > 0 ||
      application.postgres.length + application.mysql.length > 0;
    if (!known) return undefined;
    const found = statementsOf(application, frame)
      .filter(({ text }) => CHANGES_SCHEMA.test(text))
      .map((one) => {
        const filled = one.column.map((value) => (value === value ? value : 0));
        return { ...one, filled, before: meanOf(filled, frame.baseline) || 0, shift: shiftOf(filled, frame) };
      })
      .filter(({ shift, before }) => shift.during > 0 && before <= BEFORE * shift.during)
      .sort((a, b) => b.shift.during - a.shift.during || (a.text < b.text ? -1 : 1));
    const [first] = found;
    if (!first) return clear('schema', 'no statement that changes a schema ran since the onset');
    const { signal, query, unit, filled, before, shift } = first;
    const text = first.text.length > MAX_TEXT ? `${first.text.slice(0, MAX_TEXT)} …` : first.text;
    const summary = `"${text}" at ${application.name}: ${formatValue(before, unit)} → ${formatValue(shift.during, unit)}.`;
    return suspect({
      title: `A schema is changed at ${application.name}: ${text}`,
      signal,
      magnitude: MAGNITUDE,
      onset: shift.onset,
      column: filled,
      evidence: [measured(frame, query, summary, { value: shift.during, before, unit, onset: shift.onset })],
      remediation: `Find who runs "${text}"; stop it or let it finish, and repeat it with a short lock timeout, in small steps, or concurrently where the database can.`,
    });
  },
});

function statementsOf(application: Application, frame: Frame): readonly Statement[] {
  const window = rateWindow(frame.world);
  return [
    ...application.postgres.flatMap((target) =>
      target.topQueries.map(({ query, time }): Statement => ({
        text: query,
        column: time,
        signal: P.topQueryTime.name,
        query: selectTarget(target, P.topQueryTime, matchLabel('query', [query])),
        unit: 'ratio',
      })),
    ),
    ...application.mysql.flatMap((target) =>
      signalsOf(target, M.topQueryTime).map(({ labels, values }): Statement => ({
        text: labels['query'] ?? '',
        column: values,
        signal: M.topQueryTime.name,
        query: selectTarget(target, M.topQueryTime, matchLabel('query', [labels['query'] ?? ''])),
        unit: 'ratio',
      })),
    ),
    ...application.operations.map(({ name, rate }): Statement => ({
      text: name,
      column: rate,
      signal: T.spans.name,
      query: `sum(rate(${selectApplication(application, T.spans.name, matchLabel('span_name', [name]))}${window}))`,
      unit: 'per-second',
    })),
    ...application.logs.map((pattern): Statement => ({
      text: pattern.sample || pattern.pattern,
      column: pattern.rate,
      ...messagesQuery(application, pattern, frame),
      unit: 'per-second',
    })),
  ];
}
