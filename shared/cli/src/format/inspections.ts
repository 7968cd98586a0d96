import type { TimeRange } from '@gumshoe/base/time';
import { formatValue } from '@gumshoe/base/units';
import type { ApplicationFindings, Finding } from '@gumshoe/engine/api';
import { healthText } from './colour.ts';
import { table } from './table.ts';
import { windowText } from './window.ts';

export interface InspectionsTextOptions {
  /** Findings in order too. */
  readonly all: boolean;
  /** Arithmetic and queries of each. */
  readonly explain: boolean;
}

const isFired = ({ health }: Finding): boolean => health === 'warning' || health === 'critical';

/** Findings as a person reads them at a terminal, worst application first. */
export function inspectionsText(
  applications: readonly ApplicationFindings[],
  range: TimeRange,
  options: InspectionsTextOptions,
): string {
  const shown = applications.flatMap(({ row, findings }) =>
    findings.filter((finding) => options.all || isFired(finding)).map((finding) => ({ row, finding })),
  );
  const count = applications.reduce((sum, { findings }) => sum + findings.length, 0);
  const unknown = applications
    .flatMap(({ findings }) => findings)
    .filter(({ health }) => health === 'unknown');
  const head = `${windowText(range)}\n${applications.length} applications, ${count} inspections with data, ${shown.filter(({ finding }) => isFired(finding)).length} fired${unknown.length > 0 ? `, ${unknown.length} undecided (--all shows them)` : ''}\n`;
  if (shown.length === 0)
    return `${head}\n${count === 0 ? 'No inspection found data in the window: check that the source holds container_* metrics for it.' : 'Nothing fired.'}\n`;
  if (options.explain)
    return `${head}\n${shown.map(({ row, finding }) => explained(row.name, finding)).join('\n')}`;
  const rows = shown.map(({ row, finding }) => [
    healthText(finding.health),
    row.name,
    finding.inspection,
    formatValue(finding.value, finding.unit),
    formatValue(finding.threshold, finding.unit),
    finding.message,
  ]);
  return `${head}\n${table(['HEALTH', 'APPLICATION', 'INSPECTION', 'VALUE', 'THRESHOLD', 'WHY'], rows)}`;
}

function explained(name: string, finding: Finding): string {
  const lines = [
    `${healthText(finding.health)} ${name}: ${finding.title} (${finding.inspection})`,
    `  ${finding.message}`,
    ...finding.explanation.map((line) => `  = ${line}`),
    ...finding.instances.map(
      ({ instance, value, health }) =>
        `  ${healthText(health)} ${instance} ${formatValue(value, finding.unit)}`,
    ),
    ...finding.evidence.map(({ kind, query }) => `  ${kind}: ${query}`),
  ];
  return `${lines.join('\n')}\n`;
}
