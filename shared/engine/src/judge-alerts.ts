import { evaluateAlertRules, type AlertRule } from '@gumshoe/analysis/alerts/alert-rules';
import { findBurnAlerts } from '@gumshoe/analysis/slo/burn-alerts';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import type { Alerts } from './api.ts';
import { historyFor, type WorldSource } from './world-source.ts';

/** Rules and burn rates over the window. A rule that waits for longer than the window reaches is judged over as much more. */
export async function judgeAlerts(
  worlds: WorldSource,
  rules: readonly AlertRule[],
  range: TimeRange,
  signal?: AbortSignal,
): Promise<Alerts> {
  const inspected = await worlds.get(range, signal);
  const reach = range.to - range.from + historyFor(range);
  const longest = Math.max(0, ...rules.map((rule) => rule.for));
  const patient = new Set(rules.filter((rule) => rule.for >= reach / 2));
  const wide =
    patient.size === 0
      ? inspected
      : await worlds.get({ from: milliseconds(range.to - reach - longest), to: range.to }, signal);
  return {
    rules: rules.flatMap((rule) =>
      evaluateAlertRules(patient.has(rule) ? wide : inspected, [rule], range.from),
    ),
    objectives: findBurnAlerts(inspected),
  };
}
