import type { Application } from '@gumshoe/model/world';
import { clock } from '../../inspections/slo-verdict.ts';
import { concerns, type ObservedEvent } from '../events.ts';
import type { Frame } from '../frame.ts';
import { clear, defineCandidate, suspect } from './define.ts';
import { eventEvidence, recentOf } from './kubernetes-event.ts';

const SIGNAL = 'configuration_events';
const MAGNITUDE = 0.75;
/** Settings of nobody in particular are anybody's. */
const OF_ANYBODY = 0.4;
const LAG = 60_000;

const SETTINGS =
  /^(ConfigMap|Secret|Configuration|FeatureFlag|Ingress|NetworkPolicy|VirtualService|DestinationRule)$/i;
const CHANGED =
  /\b(updat\w*|modif\w*|chang\w*|patch\w*|replac\w*|reload\w*|rotat\w*|toggl\w*|enabl\w*|disabl\w*|delet\w*|appl(y|ied))\b/i;
/** What is told of settings without a kind: feature flags, pushes of configuration. */
const OF_SETTINGS = /\b(config(uration|map)?|setting|feature[ _-]?flag|secret|environment variable)s?\b/i;

/** Settings that were changed shortly before: ConfigMaps, Secrets, flags, routes and policies. */
export const configurationChange = defineCandidate({
  kind: 'configuration-change',
  title: 'Its configuration was changed',
  examine: ({ application, frame, extra }) => {
    if (extra.events.length === 0) return undefined;
    const changes = recentOf(extra.events.filter(isChange), frame).filter(
      ({ at }) => at <= frame.onset + LAG,
    );
    const own = changes.filter((event) => isOf(event, application, frame));
    const last = own.at(-1) ?? changes.filter((event) => isUnspecific(event, frame)).at(-1);
    if (!last) return clear(SIGNAL, 'no change of its settings was noted before the onset');
    const isOwn = own.length > 0;
    const what = [last.kind, last.name].filter((part) => part !== '').join(' ') || 'its settings';
    return suspect({
      title: `${what} was changed at ${clock(last.at)} UTC, ${isOwn ? `shortly before ${application.name} went wrong` : 'which may concern anybody'}`,
      signal: SIGNAL,
      magnitude: MAGNITUDE * (isOwn ? 1 : OF_ANYBODY),
      onset: last.at,
      evidence: [eventEvidence(last, 1, frame)],
      remediation: `Compare ${what} with what it was before (kubectl diff, the repository it comes from), and put it back to see whether ${application.name} recovers.`,
    });
  },
});

const isChange = ({ kind, reason, text }: ObservedEvent): boolean =>
  SETTINGS.test(kind)
    ? CHANGED.test(`${reason} ${text}`)
    : (kind === '' || kind === 'Deployment') &&
      OF_SETTINGS.test(`${reason} ${text}`) &&
      CHANGED.test(`${reason} ${text}`);

const WORD = /[A-Za-z0-9][A-Za-z0-9_.-]*/g;

/** By the name of the object, or because the text speaks of it. */
const isOf = (event: ObservedEvent, application: Application, frame: Frame): boolean =>
  concerns(event, application, frame.world) ||
  [...event.text.matchAll(WORD)].some(([word]) => word === application.name);

const isUnspecific = (event: ObservedEvent, frame: Frame): boolean =>
  !frame.world.applications.some((one) => isOf(event, one, frame));
