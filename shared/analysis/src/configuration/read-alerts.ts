import { err, ok, type Result } from '@gumshoe/base/result';
import { DEFAULT_KEEP, LONGEST_WAIT, type AlertRule } from '../alerts/alert-rules.ts';
import { parseCondition } from '../alerts/parse-condition.ts';
import type { Cursor } from './cursor.ts';
import { nearest, type Complaint } from './mistake.ts';
import { readDuration } from './quantity.ts';
import { readGlob, readText, required } from './scoped.ts';

const SEVERITIES: readonly AlertRule['severity'][] = ['info', 'warning', 'critical'];
const KEYS = ['name', 'condition', 'for', 'keep_firing_for', 'severity', 'service'];

/** `alerts:`, a list of rules. */
export function readAlerts(alerts: Cursor): readonly AlertRule[] {
  const names = new Set<string>();
  return alerts.items().flatMap((entry) => {
    const rule = readRule(entry);
    const name = entry.get('name');
    const { text } = name;
    if (text !== undefined && names.has(text))
      name.complain({ message: 'another rule has this name', allowed: ['a name of its own'] });
    if (text !== undefined) names.add(text);
    return rule ?? [];
  });
}

function readRule(entry: Cursor): AlertRule | undefined {
  entry.entries(KEYS);
  const name = required(entry, 'name', readText);
  const text = entry.get('condition').text ?? '';
  const condition = required(entry, 'condition', parseCondition);
  const wait = entry.get('for').read(readWait) ?? 0;
  const keep = entry.get('keep_firing_for').read((one) => readDuration(one)) ?? DEFAULT_KEEP;
  const severity = entry.get('severity').read(readSeverity) ?? 'warning';
  const application = entry.get('service').read(readGlob);
  if (name === undefined || condition === undefined) return undefined;
  const scope = application === undefined ? {} : { application };
  return { name, condition, text, for: wait, keep, severity, ...scope };
}

function readWait(text: string): Result<number, Complaint> {
  const wait = readDuration(text);
  if (!wait.ok || wait.value <= LONGEST_WAIT) return wait;
  return err({ message: 'no alert waits so long', allowed: ['at most 1d'], suggestion: '1d' });
}

function readSeverity(text: string): Result<AlertRule['severity'], Complaint> {
  const severity = SEVERITIES.find((one) => one === text);
  if (severity) return ok(severity);
  const suggestion = nearest(text, SEVERITIES);
  return err({
    message: 'there is no such severity',
    allowed: SEVERITIES,
    ...(suggestion ? { suggestion } : {}),
  });
}
