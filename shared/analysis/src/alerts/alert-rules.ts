import { matchesGlob } from '@gumshoe/base/glob';
import { DAY, gridTime, type Milliseconds, MINUTE } from '@gumshoe/base/time';
import type { ApplicationId, InstanceId } from '@gumshoe/model/entities';
import type { Column, Instance, World } from '@gumshoe/model/world';
import type { InspectedApplication, InspectedWorld } from '../inspect.ts';
import { advanceAlert, INACTIVE, type AlertState } from '../slo/alert-state.ts';
import type { Condition } from './condition.ts';
import { describeComparison, evaluateCondition, usesContainers } from './evaluate.ts';

export interface AlertRule {
  readonly name: string;
  readonly condition: Condition;
  /** As written. */
  readonly text: string;
  /** How long the condition must hold, and be gone, ms. */
  readonly for: number;
  readonly keep: number;
  readonly severity: 'info' | 'warning' | 'critical';
  /** Glob on `namespace:Kind:name` or on the name; absent: every application. */
  readonly application?: string;
}

export const DEFAULT_KEEP = 5 * MINUTE;
/** All that time is read again whenever the rule is judged: longer ones are the business of burn rates. */
export const LONGEST_WAIT = DAY;

/** One rule over one application or container. */
export interface RuleAlert {
  readonly rule: AlertRule;
  readonly application: ApplicationId;
  readonly instance?: InstanceId;
  /** At the end of the window. */
  readonly state: AlertState;
  /** Changes of the phase within what was read, in order. */
  readonly changes: readonly { readonly at: Milliseconds; readonly phase: AlertState['phase'] }[];
  /** One sentence with the figures of now. */
  readonly message: string;
}

/**
 * All rules over all applications they concern, replayed over what the world holds: those that are not inactive,
 * or were not at some time since `from`. Ordered by rule, application and instance.
 */
export function evaluateAlertRules(
  inspected: InspectedWorld,
  rules: readonly AlertRule[],
  from: Milliseconds = inspected.world.range.from,
): readonly RuleAlert[] {
  return rules.flatMap((rule) =>
    inspected.applications
      .filter(({ application: { id, name } }) => concerns(rule, id, name))
      .flatMap((one) =>
        usesContainers(rule.condition)
          ? one.application.instances.flatMap((instance) => replay(inspected.world, rule, one, instance))
          : replay(inspected.world, rule, one),
      )
      .filter(({ state, changes }) => state.phase !== 'inactive' || changes.some(({ at }) => at >= from)),
  );
}

const concerns = ({ application: glob }: AlertRule, id: string, name: string): boolean =>
  glob === undefined || matchesGlob(glob, id) || matchesGlob(glob, name);

function replay(
  world: World,
  rule: AlertRule,
  inspected: InspectedApplication,
  instance?: Instance,
): readonly RuleAlert[] {
  const holds = evaluateCondition(world, inspected, instance, rule.condition);
  if (!holds.includes(1)) return [];
  const { state, changes } = statesOf(world, rule, holds);
  if (changes.length === 0) return [];
  const { id, name } = inspected.application;
  return [
    {
      rule,
      application: id,
      ...(instance ? { instance: instance.id } : {}),
      state,
      changes,
      message: `${rule.name}: ${instance?.id ?? name}: ${describeComparison(world, inspected, instance, rule.condition)}`,
    },
  ];
}

function statesOf(world: World, rule: AlertRule, holds: Column): Pick<RuleAlert, 'state' | 'changes'> {
  const changes: RuleAlert['changes'][number][] = [];
  let state = INACTIVE;
  for (let i = 0; i < world.window.hi; i++) {
    const at = gridTime(world.grid, i);
    const signal = holds[i] === 1 ? 'raise' : holds[i] === 0 ? 'clear' : 'unknown';
    const next = advanceAlert(state, signal, at, rule);
    if (next.phase !== state.phase) changes.push({ at, phase: next.phase });
    state = next;
  }
  return { state, changes };
}
