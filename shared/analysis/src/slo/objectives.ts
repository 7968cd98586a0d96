import { matchesGlob } from '@gumshoe/base/glob';
import { DAY, SECOND } from '@gumshoe/base/time';
import type { Application } from '@gumshoe/model/world';
import { readDuration, readPercentage } from '../configuration/quantity.ts';

export interface Objective {
  readonly kind: ObjectiveKind;
  /** Share of requests that must be good, 0..1. */
  readonly share: number;
  /** Nobody set it: it is what we take for granted until somebody does. */
  readonly assumed?: boolean;
  /** seconds; latency only */
  readonly threshold?: number;
  /** Judged by these instead of the metrics that the model reads. */
  readonly queries?: IndicatorQueries;
}

/** PromQL of requests per second: all and bad ones, or a histogram of latencies (by `le`). */
export type IndicatorQueries =
  { readonly total: string; readonly bad: string } | { readonly histogram: string };

export type ObjectiveKind = 'availability' | 'latency';

/** One promise, for everything or for some applications. What it leaves out stays as it was. */
export interface ObjectiveRule {
  readonly kind: ObjectiveKind;
  /** Glob on `namespace:Kind:name` or on the name; an id without a glob beats globs, globs beat the project. */
  readonly application?: string;
  /** 0..1; 0 promises nothing. */
  readonly share?: number;
  /** seconds; latency only */
  readonly threshold?: number;
  readonly queries?: IndicatorQueries;
}

/** What the configuration says about objectives; of equally specific rules the later wins. */
export interface ObjectiveSettings {
  readonly rules: readonly ObjectiveRule[];
  /** Length of the rolling period that an error budget is for, ms. */
  readonly period?: number;
}

export const NO_OBJECTIVE_SETTINGS: ObjectiveSettings = { rules: [] };
export const DEFAULT_PERIOD = 30 * DAY;

/** What every application promises unless told otherwise. */
export const DEFAULT_OBJECTIVES: readonly Objective[] = [
  { kind: 'availability', share: 0.99, assumed: true },
  { kind: 'latency', share: 0.99, threshold: 0.5, assumed: true },
];

/** Seconds that monitoring and control planes may take: nobody waits for them. */
const AUXILIARY_THRESHOLD = 5;
const AUXILIARY: ReadonlySet<string> = new Set(['monitoring', 'control-plane']);

/** Whether an application watches or runs others, rather than serving users. */
export const isAuxiliary = (category: string | undefined): boolean =>
  category !== undefined && AUXILIARY.has(category);

/** What a rule needs to know of an application. */
export type Promising = Pick<Application, 'id' | 'name' | 'kind' | 'annotations'> & {
  readonly category?: string;
};

/** Objectives of one application: the defaults, changed by the rules that concern it. */
export function objectivesOf(
  application: Promising,
  settings: ObjectiveSettings = NO_OBJECTIVE_SETTINGS,
): readonly Objective[] {
  return DEFAULT_OBJECTIVES.flatMap((assumed) => {
    const objective = applyRules(startingPoint(application, assumed), application, settings.rules);
    return objective.share > 0 ? [objective] : [];
  });
}

/** Seconds within which requests should be answered, and whether somebody said so. */
export function latencyLimit(objectives: readonly Objective[]): {
  readonly threshold: number;
  readonly promised: boolean;
} {
  const latency = objectives.find(({ kind }) => kind === 'latency');
  return {
    threshold: latency?.threshold ?? 0.5,
    promised: latency?.threshold !== undefined && !latency.assumed,
  };
}

/** We promise nothing on behalf of services that others run. */
function startingPoint({ kind, category }: Promising, assumed: Objective): Objective {
  if (kind === 'ExternalService') return { ...assumed, share: 0 };
  return isAuxiliary(category) && assumed.threshold !== undefined
    ? { ...assumed, threshold: AUXILIARY_THRESHOLD }
    : assumed;
}

/** Rules that concern the application, the most specific last; annotations of its pods come right before its own. */
function applyRules(from: Objective, application: Promising, rules: readonly ObjectiveRule[]): Objective {
  const own = rules.filter((rule) => rule.kind === from.kind);
  const at = (level: number): readonly ObjectiveRule[] =>
    own.filter((rule) => specificity(rule, application) === level);
  const concerning = [...at(0), ...at(1), ...annotatedRules(application, from.kind), ...at(2)];
  let objective = from;
  for (const rule of concerning) {
    const { share, threshold } = rule;
    const queries: IndicatorQueries | undefined = rule.queries ?? objective.queries;
    // What is said of everything is not said on behalf of services that others run.
    if (application.kind === 'ExternalService' && specificity(rule, application) === 0) continue;
    const { kind } = objective;
    const limit = threshold ?? objective.threshold;
    objective = {
      kind,
      share: share ?? objective.share,
      ...(limit === undefined ? {} : { threshold: limit }),
      ...(queries ? { queries } : {}),
    };
  }
  return objective;
}

/**
 * Annotations `coroot.com/slo-availability-objective`, `slo-latency-objective` (99.9%; 0% promises nothing) and
 * `slo-latency-threshold` (100ms). What cannot be read says nothing.
 */
function annotatedRules({ id, annotations = {} }: Promising, kind: ObjectiveKind): readonly ObjectiveRule[] {
  const share = readPercentage(annotations[`slo_${kind}_objective`] ?? '');
  const limit = kind === 'latency' ? readDuration(annotations.slo_latency_threshold ?? '', 1) : undefined;
  if (!share.ok && !limit?.ok) return [];
  const promise = { ...(share.ok && share.value < 1 ? { share: share.value } : {}) };
  return [{ kind, application: id, ...promise, ...(limit?.ok ? { threshold: limit.value / SECOND } : {}) }];
}

/** 0 project, 1 glob, 2 this application; undefined: does not concern it. */
function specificity({ application: glob }: ObjectiveRule, { id, name }: Promising): number | undefined {
  if (glob === undefined || glob === '*') return 0;
  if (glob === id || glob === name) return 2;
  return matchesGlob(glob, id) || matchesGlob(glob, name) ? 1 : undefined;
}
