import { nameInId } from '@gumshoe/model/entities';
import type { RiskReport } from '../../../contract/engine.ts';

type RiskKind = RiskReport['kind'];

/** What each kind of risk means, in plain words, and what removes it. */
export const RISK_WORDS: Readonly<Record<RiskKind, { readonly title: string; readonly remedy: string }>> = {
  'db-internet-exposure': {
    title: 'Open to the internet',
    remedy: 'Let it listen on private addresses only, or put a firewall before it.',
  },
  'unreplicated-database': {
    title: 'Database without a replica',
    remedy: 'Add a replica, or see that backups are recent and that restoring them was tried.',
  },
  'single-instance-app': { title: 'Single instance', remedy: 'Run a second instance.' },
  'single-node-app': {
    title: 'All on one node',
    remedy: 'Spread the instances over nodes, in Kubernetes by topologySpreadConstraints or anti-affinity.',
  },
  'single-az-app': { title: 'All in one zone', remedy: 'Spread the instances over zones.' },
  'spot-only-app': { title: 'Spot nodes only', remedy: 'Keep at least one instance on an on-demand node.' },
};

export interface RiskFilter {
  readonly text?: string;
  /** Accepted ones too. */
  readonly all: boolean;
}

const ORDER: Readonly<Record<RiskReport['severity'], number>> = { critical: 0, warning: 1 };

/** Those that match, open before accepted, critical before others, otherwise as they came. */
export function riskLines(
  risks: readonly RiskReport[],
  { text = '', all }: RiskFilter,
): readonly RiskReport[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = ({ application, kind, message }: RiskReport): boolean => {
    const said = `${application} ${kind} ${RISK_WORDS[kind].title} ${message}`.toLowerCase();
    return words.every((word) => said.includes(word));
  };
  const rank = ({ severity, dismissed }: RiskReport): number =>
    (dismissed === undefined ? 0 : 2) + ORDER[severity];
  return risks
    .filter((risk) => (all || risk.dismissed === undefined) && matches(risk))
    .toSorted((a, b) => rank(a) - rank(b));
}

/** The lines of the configuration that accept a risk. */
export const dismissal = ({ application, kind }: RiskReport): string =>
  `risks:\n  dismiss:\n    - service: ${JSON.stringify(nameInId(application))}\n      risk: ${kind}\n      reason: why it may stay`;
