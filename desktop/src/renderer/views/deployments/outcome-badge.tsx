import type { DeploymentComparison } from '../../../contract/engine.ts';
import { ArrowDown, ArrowUp, Equals, Help, WarningSign } from '@blueprintjs/icons';

type Outcome = DeploymentComparison['outcome'];

const SHOWN = {
  better: { word: 'Better', icon: ArrowDown, health: 'ok' },
  same: { word: 'No change', icon: Equals, health: 'ok' },
  worse: { word: 'Worse', icon: ArrowUp, health: 'critical' },
  unclear: { word: 'Unclear', icon: WarningSign, health: 'warning' },
  unknown: { word: 'Unknown', icon: Help, health: 'unknown' },
} as const satisfies Readonly<Record<Outcome, unknown>>;

const MEANS: Readonly<Record<Outcome, string>> = {
  better: 'Less of what is bad than before',
  same: 'No clear change',
  worse: 'More of what is bad than before',
  unclear: 'It got worse, and something else changed at the same time that may be why',
  unknown: 'Too little data to compare',
};

/** What a deployment did, as icon, word and colour. */
export function OutcomeBadge({ outcome }: { readonly outcome: Outcome }) {
  const { word, icon: Icon, health } = SHOWN[outcome];
  return (
    <span className="health" data-health={health} title={MEANS[outcome]}>
      <Icon size={14} /> {word}
    </span>
  );
}
