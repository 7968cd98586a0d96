import type { Health } from '@gumshoe/model/entities';
import { Error as Critical, Help, TickCircle, WarningSign } from '@blueprintjs/icons';

const WORDS: Readonly<Record<Health, string>> = {
  ok: 'OK',
  warning: 'Warning',
  critical: 'Critical',
  unknown: 'Unknown',
};

const ICONS = { ok: TickCircle, warning: WarningSign, critical: Critical, unknown: Help } as const;

export const healthWord = (health: Health): string => WORDS[health];

/** Health as icon, word and colour, so that no one of them carries it alone. */
export function HealthBadge({ health, compact }: { readonly health: Health; readonly compact?: boolean }) {
  const Icon = ICONS[health];
  return (
    <span className="health" data-health={health} title={WORDS[health]}>
      <Icon size={14} />
      {compact ? <span className="sr-only">{WORDS[health]}</span> : WORDS[health]}
    </span>
  );
}
