import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { milliseconds } from '@gumshoe/base/time';
import type { EngineApi, Incident, IncidentNews, Report } from '@gumshoe/engine/api';
import type { ApplicationId } from '@gumshoe/model/entities';
import type { Channel, Notification } from '../notify/define.ts';
import { Outbox } from '../notify/outbox.ts';
import { Watch } from './watch.ts';

const application = 'default:Deployment:shop' as ApplicationId;
const at = milliseconds(1_790_000_000_000);
const impact = {
  application,
  name: 'shop',
  slo: 'latency',
  severity: 'critical',
  openedAt: at,
  impact: 0.5,
  budgetSpent: 0.1,
  summary: 'shop is slow',
} as const;
const incident: Incident = { id: 'i1', ...impact, impacts: [impact] };
const report: Report = {
  schema: 'gumshoe.report/1',
  window: { from: at, to: at },
  impacted: [],
  causes: [],
  cleared: [],
  notExamined: [],
  summary: 'shop is slow because of postgres',
};

/** An engine whose looks bring `kinds` one after the other, and a watch on it. */
function watchOver(
  kinds: readonly IncidentNews['events'][number]['kind'][],
  investigate?: () => Promise<Report>,
) {
  const told: Notification[] = [];
  const channel: Channel = {
    name: 'test',
    send: async (notification) => void told.push(notification),
  };
  const warnings: string[] = [];
  const logger = { log: (level: string, text: string) => void (level === 'warn' && warnings.push(text)) };
  const engine = {
    followIncidents: async (book: IncidentNews['book']): Promise<IncidentNews> => {
      const kind = kinds[book.entries.length];
      const entry = { incident: {} as never, seenAt: at, absorbed: [] };
      return {
        book: { entries: [...book.entries, entry] },
        open: kind === 'resolved' ? [] : [incident],
        events: kind ? [{ kind, incident }] : [],
      };
    },
    investigate: investigate ?? (async () => report),
    alerts: async () => ({ rules: [], objectives: [] }),
  } as unknown as EngineApi;
  const outbox = new Outbox([channel], logger as never);
  const watch = new Watch(engine, outbox, logger as never, { window: 3_600_000, resolveAfter: 120_000 });
  const looks = async (count: number): Promise<readonly string[]> => {
    for (let i = 0; i < count; i++) await watch.look(at + i * 1000);
    while (outbox.waiting > 0) await setImmediate();
    return told.map(({ event, summary }) => `${event}: ${summary}`);
  };
  return { looks, watch, warnings, close: () => outbox.close() };
}

test('an incident is told when it opens and when it is over, growing is not told', async () => {
  const { looks, watch, close } = watchOver(['opened', 'updated', 'merged', 'resolved', 'reopened']);
  assert.deepEqual(await looks(5), [
    'opened: shop is slow because of postgres',
    'resolved: shop: latency is back within its objective.',
    'opened: shop is slow because of postgres',
  ]);
  assert.deepEqual(watch.status().open, [`${application} latency`]);
  close();
});

test('what could not be told is told at the next look, once', async () => {
  let failures = 1;
  const { looks, watch, warnings, close } = watchOver(['opened'], async () => {
    if (failures-- > 0) throw new Error('the store is away');
    return report;
  });
  assert.deepEqual(await looks(1), []);
  assert.equal(watch.status().lastError, 'the store is away');
  assert.deepEqual(await looks(2), ['opened: shop is slow because of postgres']);
  assert.equal(watch.status().lastError, '');
  assert.equal(warnings.length, 1);
  close();
});
