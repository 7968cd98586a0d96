import { formatValue } from '@gumshoe/base/units';
import type { Cause, Report } from '@gumshoe/engine/api';
import { clockText } from './window.ts';
import { shortName } from './short-name.ts';

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
    cause.instance && cause.instance !== shortName(cause.application)
      ? `${shortName(cause.application)} (${cause.instance})`
      : shortName(cause.application);
  const since = cause.onset === undefined ? '' : `, since ${clockText(cause.onset)}`;
  const confidence =
    cause.confidence === undefined ? '' : `, confidence ${formatValue(100 * cause.confidence, 'percent')}`;
  const lines = [
    `${cause.rank}. ${cause.title}`,
    `   ${where}: ${cause.kind}, score ${cause.score.toFixed(2)}${confidence}${since}`,
  ];
  if (cause.path.length > 1) lines.push(`   path: ${cause.path.map(shortName).join(' → ')}`);
  for (const item of cause.evidence) {
    lines.push(wrap(`- ${item.summary}`, '   '));
    lines.push(`     ${item.kind}: ${item.query}  [${clockText(item.from)} – ${clockText(item.to)}]`);
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
    `window ${clockText(report.window.from)} – ${clockText(report.window.to)} (${Math.round((report.window.to - report.window.from) / 60_000)} min, UTC)`,
    wrap(report.summary, ''),
  ];
  if (report.impacted.length > 0)
    parts.push(
      [
        'IMPACT',
        ...report.impacted.map((one) =>
          wrap(
            `${one.severity.toUpperCase()} ${shortName(one.application)} ${one.slo}, since ${clockText(one.since)}${one.until === undefined ? '' : `, ${one.silent ? 'last seen' : 'recovered'} ${clockText(one.until)}`}: ${one.message}`,
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
        ...report.cleared.map((one) =>
          wrap(`${shortName(one.application)} ${one.signal}: ${one.reason}`, '  '),
        ),
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
