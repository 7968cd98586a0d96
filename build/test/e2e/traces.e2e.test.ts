import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from '../../demo/command.ts';
import { Lab, labProblem } from './lab.ts';

const REQUESTS = 2000;
const RATE = 200;
/** loadgen, frontend, api, redis, orders, postgres */
const SERVICES = 6;
const problem = labProblem();

/** Trees with one root, every service, and no span whose parent is missing. */
const COMPLETE = `
  SELECT count() AS complete FROM (
    SELECT TraceId, groupArray(SpanId) AS ids, groupArray(ParentSpanId) AS parents
    FROM gumshoe.otel_traces GROUP BY TraceId
    HAVING uniqExact(ServiceName) >= ${SERVICES} AND countEqual(parents, '') = 1
      AND arrayAll(parent -> parent = '' OR has(ids, parent), parents)
  ) FORMAT JSON`;

describe('distributed traces without headers', { skip: problem ?? false }, () => {
  let lab: Lab;

  before(
    async () => {
      lab = new Lab('t', RATE, REQUESTS);
      await lab.start();
      await until('the load to end', () => !lab.shop.service('loadgen').running, 180_000, 500);
    },
    { timeout: 360_000 },
  );

  after(async () => lab?.stop());

  test(
    `95 % of ${REQUESTS} requests at ${RATE}/s become one complete tree`,
    { timeout: 180_000 },
    async (t) => {
      const counts = lab.shop.loadCounts();
      assert.equal(counts?.sent, REQUESTS);
      let complete = 0;
      const all = async (): Promise<boolean> => {
        const answer = await fetch(lab.stack.clickhouse, { method: 'POST', body: COMPLETE });
        complete = Number(((await answer.json()) as { data: { complete: string }[] }).data[0]?.complete);
        return complete >= REQUESTS;
      };
      // The last spans are written with the next batches; what never becomes complete is counted below.
      await until('every tree', all, 60_000, 3000).catch((error: unknown) => t.diagnostic(String(error)));
      t.diagnostic(
        `${complete} of ${REQUESTS} requests became one complete tree (${((100 * complete) / REQUESTS).toFixed(1)} %)`,
      );
      assert.ok(complete >= 0.95 * REQUESTS, `${complete} of ${REQUESTS}`);
    },
  );
});
