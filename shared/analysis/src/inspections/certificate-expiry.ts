import { gridTime, type TimeGrid } from '@gumshoe/base/time';
import { formatValue } from '@gumshoe/base/units';
import { lastOf } from '@gumshoe/model/columns';
import type { CertificateColumns, CellRange } from '@gumshoe/model/world';
import { promqlEvidence, selectScraped } from '../evidence.ts';
import { defineInspection } from './define.ts';

const DAY = 86_400;
/** A certificate that is renewed late by more than this is not renewed at all, seconds. */
const LATE = 6 * 3600;

export const certificateExpiry = defineInspection({
  id: 'certificate-expiry',
  title: 'Certificates',
  area: 'Certificates',
  threshold: {
    default: 14,
    unit: 'none',
    description: 'days before the end of a certificate; one that is renewed by itself: once that is overdue',
  },
  needs: ['certificates', 'nodes'],
  inspect: (subject, threshold) => {
    const { grid, window, range } = subject;
    const all = [...subject.certificates, ...subject.nodes.flatMap(({ certificates }) => certificates)]
      .flatMap((one) => judge(one, window, grid, threshold))
      .sort((a, b) => Number(b.ends) - Number(a.ends) || a.days - b.days || (a.of.name < b.of.name ? -1 : 1));
    const [worst] = all;
    if (!worst) return undefined;
    const { of, days, ends } = worst;
    const when = new Date(worst.expires * 1000).toISOString().slice(0, 16).replace('T', ' ');
    const left = days > 0 ? `ends in ${length(days)}, at ${when} UTC` : `has ended at ${when} UTC`;
    const message = `The certificate ${of.name} ${left}${worst.overdue ? '; its renewal is overdue' : ''} (threshold ${formatValue(threshold, 'none')} days).`;
    const metric = selectScraped(of.metric, of.labels);
    const query = of.metric.includes('_ttl_') ? `${metric} / ${DAY}` : `(${metric} - time()) / ${DAY}`;
    return {
      health: ends ? 'warning' : 'ok',
      message,
      value: days,
      threshold,
      unit: 'none',
      instances: [],
      evidence: [promqlEvidence(query, range, message)],
      explanation: [
        `(end of the certificate - now) = ${length(days)}; less than ${formatValue(threshold, 'none')} days is a warning`,
        worst.renews === undefined
          ? 'nobody says when it is to be renewed'
          : `to be renewed at ${new Date(worst.renews * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC: until ${LATE / 3600} h after that all is well`,
        `${all.filter((one) => one.ends).length} of ${all.length} certificates end soon`,
      ],
      columns: all.slice(0, 20).map((one) => ({
        name: one.of.name,
        values: one.of.expires.map((end, i) => (end - gridTime(grid, i) / 1000) / DAY),
      })),
    };
  },
});

interface Judged {
  readonly of: CertificateColumns;
  /** unix seconds */
  readonly expires: number;
  readonly renews: number | undefined;
  readonly days: number;
  readonly overdue: boolean;
  readonly ends: boolean;
}

/** By the last value that is known; none for certificates that were never issued (0). */
function judge(
  of: CertificateColumns,
  window: CellRange,
  grid: TimeGrid,
  threshold: number,
): readonly Judged[] {
  const now = gridTime(grid, window.hi - 1) / 1000;
  const expires = lastOf(of.expires, window);
  if (!(expires > 0)) return [];
  const renewal = of.renews ? lastOf(of.renews, window) : NaN;
  const renews = renewal > 0 ? renewal : undefined;
  const days = (expires - now) / DAY;
  const overdue = renews !== undefined && now > renews + LATE;
  return [
    {
      of,
      expires,
      renews,
      days,
      overdue,
      ends: days < threshold && (renews === undefined || overdue || days <= 0),
    },
  ];
}

const length = (days: number): string =>
  Math.abs(days) >= 2
    ? `${formatValue(Math.abs(days), 'none')} days`
    : `${formatValue(Math.abs(days) * 24, 'none')} h`;
