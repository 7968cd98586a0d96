import type { ApplicationFindings, ApplicationRow, Finding } from '../../../contract/engine.ts';
import { HEALTH_ORDER } from '../../widgets/health-order.ts';

/** One line of the list. */
export interface FindingLine {
  readonly application: ApplicationRow;
  readonly finding: Finding;
}

export interface FindingFilter {
  /** Findings in order too. */
  readonly all: boolean;
  readonly area?: string;
  /** In application, title or message, whatever the case. */
  readonly text?: string;
}

const isFired = ({ health }: Finding): boolean => health === 'warning' || health === 'critical';

/** Worst first, then by application and area. */
export function findingLines(
  applications: readonly ApplicationFindings[],
  { all, area, text }: FindingFilter,
): readonly FindingLine[] {
  const wanted = text?.toLowerCase();
  return applications
    .flatMap(({ row, findings }) => findings.map((finding) => ({ application: row, finding })))
    .filter(
      ({ application, finding }) =>
        (all || isFired(finding)) &&
        (area === undefined || finding.area === area) &&
        (wanted === undefined ||
          `${application.name} ${finding.title} ${finding.message}`.toLowerCase().includes(wanted)),
    )
    .sort(
      (a, b) =>
        HEALTH_ORDER[a.finding.health] - HEALTH_ORDER[b.finding.health] ||
        a.application.name.localeCompare(b.application.name, 'en') ||
        a.finding.area.localeCompare(b.finding.area, 'en'),
    );
}

/** Areas that have findings, by name. */
export const areasOf = (applications: readonly ApplicationFindings[]): readonly string[] =>
  [...new Set(applications.flatMap(({ findings }) => findings.map(({ area }) => area)))].sort();
