import { formatValue } from '@gumshoe/base/units';
import { lastOf } from '@gumshoe/model/columns';
import type { Column } from '@gumshoe/model/world';
import { promqlEvidence } from '../evidence.ts';
import type { Verdict } from '../finding.ts';
import type { Subject } from './define.ts';

/** Whether a probe gets its answers; undefined when nothing is probed. */
export function targetAvailability(
  subject: Subject,
  targets: readonly { readonly address: string; readonly up: Column; readonly error?: string }[],
  metric: string,
): Verdict | undefined {
  const judged = targets
    .map((target) => ({ target, up: lastOf(target.up, subject.window, 4 * subject.recent) }))
    .filter(({ target }) => target.up.some((value) => value === value));
  const first = judged[0];
  if (!first) return undefined;
  const failing = judged.filter(({ up }) => !(up > 0));
  const message =
    failing.length === 0
      ? `The probe of ${first.target.address} gets its answers.`
      : `The probe of ${failing[0]!.target.address} fails: ${failing[0]!.target.error ?? 'no answer'}.`;
  return {
    health: failing.length > 0 ? 'warning' : 'ok',
    message,
    value: failing.length,
    threshold: 0,
    unit: 'count',
    instances: [],
    evidence: [
      promqlEvidence(`${metric}{address=${JSON.stringify(first.target.address)}}`, subject.range, message),
    ],
    explanation: [`targets whose last ${metric} is not 1: ${formatValue(failing.length, 'count')}`],
    columns: judged.map(({ target }) => ({ name: target.address, values: target.up })),
  };
}
