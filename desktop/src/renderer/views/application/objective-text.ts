import { formatValue } from '@gumshoe/base/units';
import type { SloState } from '../../../contract/engine.ts';

/** `objective 99 % within 500 ms`, `objective 99 % succeed` */
export const objectiveText = ({ kind, objective, threshold }: SloState): string =>
  kind === 'latency' && threshold !== undefined
    ? `objective ${formatValue(objective, 'ratio')} within ${formatValue(threshold, 'seconds')}`
    : `objective ${formatValue(objective, 'ratio')} succeed`;
