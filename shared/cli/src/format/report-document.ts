import { formatValue } from '@gumshoe/base/units';
import type { Milliseconds } from '@gumshoe/base/time';
import type { Cause, Impact, Report } from '@gumshoe/engine/api';
import type { Evidence } from '@gumshoe/model/entities';
import { falsifierVerdict } from './report.ts';
import { shortName } from './short-name.ts';
import { clockText } from './window.ts';

/** A report as a document: headings, paragraphs, lists and tables; what Markdown and HTML are written from. */
export type Block =
  | { readonly kind: 'heading'; readonly level: 1 | 2 | 3; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | {
      readonly kind: 'table';
      readonly header: readonly string[];
      readonly rows: readonly (readonly string[])[];
    }
  | { readonly kind: 'evidence'; readonly items: readonly Evidence[] };

const stamp = (at: Milliseconds): string =>
  `${new Date(at).toISOString().replace('T', ' ').slice(0, 19)} UTC`;
const percent = (share: number): string => formatValue(100 * share, 'percent');

/** Where it comes from: `promql, 10:00:00Z – 11:00:00Z`. */
export const evidenceSource = ({ kind, from, to }: Evidence): string =>
  `${kind}, ${clockText(from)} – ${clockText(to)}`;

const heading = (level: 1 | 2 | 3, text: string): Block => ({ kind: 'heading', level, text });
const paragraph = (text: string): Block => ({ kind: 'paragraph', text });

/** The whole report, in the order in which it is read. */
export function reportDocument(report: Report): readonly Block[] {
  return [
    heading(1, 'Incident report'),
    paragraph(`Window ${stamp(report.window.from)} to ${stamp(report.window.to)}.`),
    paragraph(report.summary),
    ...section('Impact', report.impacted.length > 0 ? [impactTable(report.impacted)] : []),
    ...section('Causes', report.causes.flatMap(causeBlocks)),
    ...section(
      'Examined and cleared',
      listOf(report.cleared.map((one) => `${shortName(one.application)}, ${one.signal}: ${one.reason}`)),
    ),
    ...section(
      'Not examined',
      listOf(report.notExamined.map(({ subject, reason }) => `${subject}: ${reason}`)),
    ),
  ];
}

const section = (title: string, blocks: readonly Block[]): readonly Block[] =>
  blocks.length > 0 ? [heading(2, title), ...blocks] : [];

const listOf = (items: readonly string[]): readonly Block[] =>
  items.length > 0 ? [{ kind: 'list', items }] : [];

function impactTable(impacted: readonly Impact[]): Block {
  return {
    kind: 'table',
    header: ['Application', 'Objective', 'Severity', 'Since', 'Recovered', 'Requests affected', 'What'],
    rows: impacted.map((one) => [
      shortName(one.application),
      one.slo,
      one.severity,
      stamp(one.since),
      one.until === undefined
        ? 'not yet'
        : one.silent
          ? `unknown, last seen ${stamp(one.until)}`
          : stamp(one.until),
      percent(one.impact),
      one.message,
    ]),
  };
}

function causeBlocks(cause: Cause): readonly Block[] {
  const { confidence, falsifier, placebo, counterfactual, blindSpots = [] } = cause;
  const facts = [
    `Where: ${shortName(cause.application)}${cause.instance === undefined ? '' : `, ${cause.instance}`}`,
    ...(cause.onset === undefined ? [] : [`Since: ${stamp(cause.onset)}`]),
    ...(cause.path.length > 1 ? [`Path: ${cause.path.map(shortName).join(' → ')}`] : []),
    `Score: ${cause.score.toFixed(2)}${confidence === undefined ? '' : `; confidence ${percent(confidence)}`}`,
    ...(counterfactual ? [`Without it: ${counterfactual.statement}`] : []),
    ...(falsifier ? [`What would disprove it: ${falsifier.statement} (${falsifierVerdict(falsifier)})`] : []),
    ...(placebo ? [`Placebo: ${placebo.statement}`] : []),
    ...blindSpots.flatMap(({ application, blind }) =>
      blind.map(
        ({ signal, state, reason, enable }) =>
          `Blind spot: ${signal} of ${shortName(application)} is ${state}: ${reason}; to see it takes ${enable}`,
      ),
    ),
  ];
  return [
    heading(3, `${cause.rank}. ${cause.title}`),
    { kind: 'list', items: facts },
    { kind: 'evidence', items: cause.evidence },
    paragraph(`What to do: ${cause.remediation}`),
  ];
}
