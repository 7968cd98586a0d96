import { formatValue } from '@gumshoe/base/units';
import { sumColumns } from '@gumshoe/model/columns';
import type { Application } from '@gumshoe/model/world';
import { measured } from '../claim.ts';
import { shiftOf, type Frame } from '../frame.ts';
import { messagesQuery, risingErrors, type RisingErrors } from '../log-changes.ts';
import { perFrame } from '../memo.ts';
import { defineCandidate, ramp, suspect } from './define.ts';

const MOST = 0.6;
/** What is counted on the wire tells more than what is said. */
const BESIDE_REQUESTS = 0.4;
/** It complains about calls that failed in turn. */
const PASSED_ON = 0.6;

/** What it says of others to pass on what is said of it, as a part of that, and of what it says of itself. */
const LEAST_ECHO = 0.1;
/** Standard deviations of a count. */
const UNSURE = 3;
const SURE = 10;

interface Said {
  readonly speaker: Application;
  readonly errors: RisingErrors;
}

/** The one that the new error messages of others speak of. */
export const logMention = defineCandidate({
  kind: 'log-mention',
  title: 'Others complain about it',
  examine: ({ application, frame }) => {
    const said = spokenOf(frame.root, frame).get(application.id) ?? [];
    const [first] = said;
    if (!first) return undefined;
    const { points } = frame.world.grid;
    const column = sumColumns(
      said.map(({ errors }) => errors.column),
      points,
    );
    const { before, during, onset } = shiftOf(column, frame);
    const speakers = [...new Set(said.map(({ speaker }) => speaker.name))];
    const { signal, query } = messagesQuery(first.speaker, first.errors.pattern, frame);
    const summary = `${speakers.join(', ')} ${speakers.length === 1 ? 'logs' : 'log'} "${first.errors.text}" and the like: ${formatValue(before || 0, 'per-second')} → ${formatValue(during, 'per-second')}.`;
    const counted =
      application.inbound.length > 0 || application.downstreams.some((one) => one.requests.length > 0);
    const own = risingErrors(application, frame);
    const passesOn = passesItOn(own, during);
    const told = counted ? ramp(during, 0.02, 0.5) : ramp(surplus(before || 0, during, frame), UNSURE, SURE);
    return suspect({
      title: `Errors of ${speakers.join(', ')} speak of ${application.name}`,
      signal,
      magnitude: MOST * told * (counted ? BESIDE_REQUESTS : 1) * (passesOn ? PASSED_ON : 1),
      onset,
      column,
      // who complains about somebody else in turn passes it on
      mentions: own.flatMap(({ mentions }) => mentions),
      evidence: [
        measured(frame, query, summary, { value: during, before: before || 0, unit: 'per-second', onset }),
      ],
      remediation: `Look at ${application.name}: whether it runs, what it logs, and whether the others still reach it.`,
    });
  },
});

/** Messages beyond those expected, in standard deviations of a count that comes at random. */
function surplus(before: number, during: number, { incident, world }: Frame): number {
  const seconds = ((incident.hi - incident.lo) * world.grid.step) / 1000;
  return ((during - before) * seconds) / Math.sqrt(before * seconds + 1);
}

/** It complains about failures of others as well: who fails by itself has no reason to, or hardly any. */
function passesItOn(own: readonly RisingErrors[], said: number): boolean {
  const sum = (isEcho: boolean): number =>
    own.filter((one) => one.isEcho === isEcho).reduce((all, { shift }) => all + shift.during, 0);
  return sum(true) >= LEAST_ECHO * Math.max(said, sum(false));
}

/** Rising errors by the application they mention. */
const spokenOf = perFrame((_: Application, frame: Frame): ReadonlyMap<string, readonly Said[]> => {
  const all = new Map<string, Said[]>();
  for (const speaker of frame.world.applications) {
    for (const errors of risingErrors(speaker, frame)) {
      for (const id of errors.mentions) {
        const list = all.get(id);
        if (list) list.push({ speaker, errors });
        else all.set(id, [{ speaker, errors }]);
      }
    }
  }
  return all;
});
