import type { ApplicationKind } from '@gumshoe/model/entities';

/** Their instances come and go as they should. */
export const PERIODIC: ReadonlySet<ApplicationKind> = new Set([
  'Job',
  'CronJob',
  'SparkApplication',
  'Workflow',
]);
