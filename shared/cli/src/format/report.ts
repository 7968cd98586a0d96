import type { Milliseconds } from '@gumshoe/base/time';
import { formatValue } from '@gumshoe/base/units';
import type { Cause, Report } from '@gumshoe/engine/api';
import type { ApplicationId } from '@gumshoe/model/entities';

const clock = (at: Milliseconds): string => `${new Date(at).toISOString().slice(11, 19)}Z`;
const short = (id: ApplicationId | string): string => id.split(':').at(-1) ?? id;

/** What became of the attempt to disprove a cause. */
export const falsifierVerdict = ({ checked, held }: NonNullable<Cause['falsifier']>): string =>
  !checked
    ? 'not checked, the data does not allow it'
    : held === false
      ? 'disproved'
      : 'checked, it withstands';

function wrap(text: string, indent: string, width = 100): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(/\s+/)) {
    if (line.length + word.length + 1 > width && line.trim() !== '') {
      lines.push(line);
      line = indent;
    }
    line += line === indent ? word : ` ${word}`;
  }
  lines.push(line);
  return lines.join('\n');
}

function causeText(cause: Cause): string {
  const where =
    cause.instance && cause.instance !== short(cause.application)
      ? `${short(cause.application)} (${cause.instance})`
      : short(cause.application);
  const since = cause.onset === undefined ? '' : `, since ${clock(cause.onset)}`;
  const confidence =
    cause.confidence === undefined ? '' : `, confidence ${formatValue(100 * cause.confidence, 'percent')}`;
  const lines = [
    `${cause.rank}. ${cause.title}`,
    `   ${where}: ${cause.kind}, score ${cause.score.toFixed(2)}${confidence}${since}`,
  ];
  if (cause.path.length > 1) lines.push(`   path: ${cause.path.map(short).join(' → ')}`);
  for (const item of cause.evidence) {
    lines.push(wrap(`- ${item.summary}`, '   '));
    lines.push(`     ${item.kind}: ${item.query}  [${clock(item.from)} – ${clock(item.to)}]`);
  }
  for (const statement of [
    cause.counterfactual?.statement,
    cause.placebo?.statement,
    cause.falsifier && `${falsifierVerdict(cause.falsifier)}: ${cause.falsifier.statement}`,
  ])
    if (statement !== undefined) lines.push(wrap(`- ${statement}`, '   '));
  lines.push(wrap(`do: ${cause.remediation}`, '   '));
  return lines.join('\n');
}

/** The report as a person reads it at a terminal. */
export function reportText(report: Report): string {
  const parts = [
    `window ${clock(report.window.from)} – ${clock(report.window.to)} (${Math.round((report.window.to - report.window.from) / 60_000)} min, UTC)`,
    wrap(report.summary, ''),
  ];
  if (report.impacted.length > 0)
    parts.push(
      [
        'IMPACT',
        ...report.impacted.map((one) =>
          wrap(
            `${one.severity.toUpperCase()} ${short(one.application)} ${one.slo}, since ${clock(one.since)}${one.until === undefined ? '' : `, recovered ${clock(one.until)}`}: ${one.message}`,
            '  ',
          ),
        ),
      ].join('\n'),
    );
  if (report.causes.length > 0) parts.push(['CAUSES', ...report.causes.map(causeText)].join('\n'));
  if (report.cleared.length > 0)
    parts.push(
      [
        'CLEARED',
        ...report.cleared.map((one) => wrap(`${short(one.application)} ${one.signal}: ${one.reason}`, '  ')),
      ].join('\n'),
    );
  if (report.notExamined.length > 0)
    parts.push(
      ['NOT EXAMINED', ...report.notExamined.map((one) => wrap(`${one.subject}: ${one.reason}`, '  '))].join(
        '\n',
      ),
    );
  return `${parts.join('\n\n')}\n`;
}
