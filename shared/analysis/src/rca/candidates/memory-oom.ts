import { formatValue } from '@gumshoe/base/units';
import { gridTime, milliseconds } from '@gumshoe/base/time';
import { lastOf, maxOf, meanOf, sumOf } from '@gumshoe/model/columns';
import type { Application, Instance } from '@gumshoe/model/world';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { selectApplication } from '../../evidence.ts';
import { measured } from '../claim.ts';
import { leadCells, type Frame } from '../frame.ts';
import { clear, defineCandidate, suspect, type Examination } from './define.ts';

/** A kill may precede the first failed request by this much, ms. */
const LEAD = 90_000;
const NEARLY_FULL = 0.75;
const UNSEEN = 0.85;

export const memoryOom = defineCandidate({
  kind: 'memory-oom',
  title: 'Killed for lack of memory',
  examine: ({ application, frame }) => {
    const known = application.instances.filter((one) => one.oomKills.some((value) => value === value));
    if (known.length === 0) return undefined;
    const cells = leadCells(frame, LEAD);
    const seconds = frame.world.grid.step / 1000;
    const killed = known
      .map((instance) => ({ instance, kills: Math.round(sumOf(instance.oomKills, cells) * seconds) }))
      .filter(({ kills }) => kills > 0)
      .sort((a, b) => b.kills - a.kills);
    const worst = killed[0];
    const signal = CONTAINER_METRICS.oomKills.name;
    if (!worst)
      return unseenKill(application, frame) ?? clear(signal, 'no process was killed for lack of memory');
    const total = killed.reduce((sum, one) => sum + one.kills, 0);
    const memory = memorySentence(worst.instance, frame);
    const summary = `${total} ${total === 1 ? 'process' : 'processes'} of ${application.name} killed for lack of memory; ${memory}.`;
    const cell = firstKill(worst.instance, cells);
    const onset = milliseconds(gridTime(frame.world.grid, cell) - frame.world.grid.step);
    return suspect({
      title: `${application.name} runs out of memory and is killed by the kernel`,
      signal,
      instance: worst.instance.id,
      magnitude: 1,
      onset,
      evidence: [
        measured(frame, `increase(${selectApplication(application, signal)}[5m])`, summary, {
          value: total,
          unit: 'count',
          onset,
        }),
        memoryEvidence(application, worst.instance, frame, `Memory of ${worst.instance.id}: ${memory}.`),
      ],
      remediation: `Raise the memory limit of ${application.name} for now, then look for what grows in it: compare memory with the number of requests and with the last deployment.`,
    });
  },
});

/** No kill was reported, but memory was at its limit and the process went away. */
function unseenKill(application: Application, frame: Frame): Examination | undefined {
  const cells = leadCells(frame, LEAD);
  const gone = application.instances.find((instance) => {
    const limit = instance.memoryLimit ? lastOf(instance.memoryLimit, cells) : NaN;
    const full = maxOf(instance.memoryRss, cells) > NEARLY_FULL * limit;
    const rose = !(meanOf(instance.memoryRss, frame.baseline) > limit / 2);
    const stopped = instance.downtimes.some(({ from }) => from >= frame.onset - LEAD && from <= frame.until);
    return full && rose && (stopped || sumOf(instance.restarts, cells) > 0);
  });
  if (!gone) return undefined;
  const signal = CONTAINER_METRICS.memoryRss.name;
  const summary = `${gone.id} stopped or restarted with its memory at the limit: ${memorySentence(gone, frame)}.`;
  return suspect({
    title: `${application.name} reaches its memory limit and dies`,
    signal,
    instance: gone.id,
    magnitude: UNSEEN,
    evidence: [memoryEvidence(application, gone, frame, summary)],
    remediation: `Raise the memory limit of ${application.name} for now, confirm the kill in the kernel log (dmesg), then look for what grows.`,
  });
}

const memoryEvidence = (application: Application, instance: Instance, frame: Frame, summary: string) =>
  measured(frame, selectApplication(application, CONTAINER_METRICS.memoryRss.name), summary, {
    value: maxOf(instance.memoryRss, leadCells(frame, 5 * LEAD)),
    before: meanOf(instance.memoryRss, frame.baseline),
    unit: 'bytes',
  });

function firstKill(instance: Instance, cells: { readonly lo: number; readonly hi: number }): number {
  for (let i = cells.lo; i < cells.hi; i++) if (instance.oomKills[i]! > 0) return i;
  return cells.lo;
}

/** `it peaked at 250 MiB of a limit of 256 MiB`. */
export function memorySentence(instance: Instance, frame: Frame): string {
  const cells = leadCells(frame, 5 * LEAD);
  const peak = formatValue(maxOf(instance.memoryRss, cells), 'bytes');
  const limit = instance.memoryLimit ? lastOf(instance.memoryLimit, cells) : NaN;
  return limit > 0
    ? `it peaked at ${peak} of a limit of ${formatValue(limit, 'bytes')}`
    : `it peaked at ${peak}, with no limit of its own`;
}
