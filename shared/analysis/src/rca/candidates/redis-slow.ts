import { formatValue } from '@gumshoe/base/units';
import { maxOf } from '@gumshoe/model/columns';
import type { Evidence } from '@gumshoe/model/entities';
import type { Application } from '@gumshoe/model/world';
import { REQUEST_METRICS } from '@gumshoe/schema/metrics/container';
import { REDIS_METRICS } from '@gumshoe/schema/metrics/redis';
import { matchLabel, rateWindow } from '../../evidence.ts';
import { measured } from '../claim.ts';
import { shiftOf, type Frame } from '../frame.ts';
import { clientsView, newcomerEvidence, waitEvidence, waitSentence } from './database-edges.ts';
import { clear, defineCandidate, ramp, suspect } from './define.ts';

const SEEN_BY_CLIENTS = 0.8;
/** When only some of its clients wait, the trouble is rather theirs. */
const SOME_CLIENTS = 0.6;

export const redisSlow = defineCandidate({
  kind: 'redis-slow',
  title: 'Redis is blocked',
  examine: ({ application, frame, inspected }) => {
    const view = clientsView(application, 'redis', frame);
    if (!view) return undefined;
    const signal = `${REQUEST_METRICS.redis.duration.name}_sum`;
    if (view.wait < 0.1) return clear(signal, 'its clients wait no longer than before');
    const nameOf = (id: Application['id']) => inspected.world.byId.get(id)?.name ?? id;
    const culprit = slowCommand(application, frame);
    const cpu = view.cpu.during - (view.cpu.before || 0);
    const inside = Math.max(culprit?.weight ?? 0, ramp(cpu, 0.2, 0.7));
    const clients = view.spread > 0.5 ? 1 : SOME_CLIENTS;
    const magnitude = view.wait * clients * (SEEN_BY_CLIENTS + (1 - SEEN_BY_CLIENTS) * inside);
    const newcomer = newcomerEvidence(view.newcomers, frame, nameOf);
    const from = view.newcomers[0] ? ` from ${nameOf(view.newcomers[0].client)}` : '';
    const busy = `CPU of ${application.name} ${formatValue(view.cpu.before, 'cores')} → ${formatValue(view.cpu.during, 'cores')}`;
    return suspect({
      title: `${application.name} is blocked${culprit ? ` by ${culprit.command.toUpperCase()}${from}` : from && ` by commands${from}`}: every client waits in its queue`,
      signal,
      ...(application.instances.length === 1 ? { instance: application.instances[0]!.id } : {}),
      magnitude,
      onset: view.onset,
      column: view.column,
      evidence: [
        waitEvidence(view, 'redis', frame, `${waitSentence(view, nameOf)} ${busy}.`),
        ...(culprit ? [culprit.evidence] : []),
        ...(newcomer ? [newcomer] : []),
      ],
      ...(inside > 0.3 ? {} : { dependsOn: view.changes.map((change) => change.dependency.client) }),
      remediation: culprit
        ? `Redis runs one command at a time: find who sends ${culprit.command.toUpperCase()} (CLIENT LIST, SLOWLOG GET) and stop it; split big scripts and scans into small steps.`
        : `Redis runs one command at a time: read SLOWLOG GET for the long ones and CLIENT LIST for who sends them.`,
    });
  },
});

/** The command whose time inside Redis grew most, by the probe. */
function slowCommand(application: Application, frame: Frame) {
  const found = application.redis
    .flatMap((target) => [
      ...target.commands.map(({ command, time }) => {
        const shift = shiftOf(time, frame);
        return { target, command, rise: shift.during - (shift.before || 0), running: false };
      }),
      ...target.running.map(({ command, seconds }) => ({
        target,
        command,
        rise: maxOf(seconds, frame.incident) - (maxOf(seconds, frame.baseline) || 0),
        running: true,
      })),
    ])
    .filter(({ rise }) => rise > 0.05)
    .sort((a, b) => b.rise - a.rise || (a.command < b.command ? -1 : 1));
  const top = found[0];
  if (!top) return undefined;
  const matchers = `${matchLabel('address', [top.target.address])},${matchLabel('cmd', [top.command])}`;
  const metric = top.running ? REDIS_METRICS.scriptRunning.name : REDIS_METRICS.commandTime.name;
  const selector = `${metric}{${matchers}}`;
  const query = top.running ? selector : `rate(${selector}${rateWindow(frame.world)})`;
  const summary = top.running
    ? `One ${top.command.toUpperCase()} ran for ${formatValue(top.rise, 'seconds')}.`
    : `${top.command.toUpperCase()} keeps Redis busy ${formatValue(top.rise, 'seconds')} of every second.`;
  const evidence: Evidence = measured(frame, query, summary, {
    value: top.rise,
    before: 0,
    unit: 'seconds',
  });
  return { command: top.command, weight: ramp(top.rise, 0.05, 0.4), evidence };
}
