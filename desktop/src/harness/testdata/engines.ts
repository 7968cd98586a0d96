import { FailureError } from '@gumshoe/base/failure';
import { milliseconds } from '@gumshoe/base/time';
import type { ApplicationRow, EngineApi, Finding, ServiceMap, TraceTreeSpan } from '@gumshoe/engine/api';
import type { ApplicationId } from '@gumshoe/model/entities';
import { applicationId, createShopEngine } from './shop.ts';
import { shopTrace } from './shop-traces.ts';

/** A source that works and holds nothing. */
export function createEmptyEngine(): EngineApi {
  const shop = createShopEngine();
  return {
    ...shop,
    overview: async (range) => ({ range, applications: [], incidents: [], nodes: [], blindSpots: [] }),
    serviceMap: async (range) => ({ range, nodes: [], edges: [] }),
    inspections: async () => [],
    deployments: async () => [],
    risks: async () => [],
    costs: async (range) => ({ ...(await shop.costs(range)), applications: [], nodes: [] }),
    application: async (id, range) => {
      const page = await shop.application(id, range);
      return {
        ...page,
        findings: [],
        instances: [],
        upstreams: [],
        downstreams: [],
        charts: [],
        hasProfile: false,
      };
    },
    investigate: async (range) => ({
      ...(await shop.investigate(range)),
      impacted: [],
      causes: [],
      cleared: [],
      notExamined: [],
      summary: 'There is no data in the window, so nothing can be judged.',
      conclusion: 'no-data',
    }),
    traces: async () => [],
    trace: async (traceId) => ({ traceId, spans: [], orphans: 0 }),
    logs: async () => [],
  };
}

/** A source that refuses everything, with a reason to recognise. */
export function createFailingEngine(reason: string): EngineApi {
  const refuse = () =>
    Promise.reject(
      new FailureError({
        code: 'unreachable',
        tried: 'query Prometheus',
        target: '127.0.0.1:9',
        reason,
        remedy: 'Start it.',
      }),
    );
  const names = Object.keys(createShopEngine());
  return Object.fromEntries(names.map((name) => [name, refuse])) as unknown as EngineApi;
}

export interface Size {
  readonly applications: number;
  readonly rows: number;
}

/** The shop, many times over. */
export function createHugeEngine({ applications, rows }: Size): EngineApi {
  const shop = createShopEngine();
  const many = <T>(count: number, make: (index: number) => T): T[] =>
    Array.from({ length: count }, (_, i) => make(i));
  const id = (index: number): ApplicationId => applicationId(`service-${index}`);
  return {
    ...shop,
    overview: async (range) => {
      const small = await shop.overview(range);
      const make = (index: number): ApplicationRow => ({
        ...small.applications[index % small.applications.length]!,
        id: id(index),
        name: `service-${index}`,
      });
      const nodes = many(applications, (index) => ({
        ...small.nodes[0]!,
        hostname: `node-${index}`,
        id: `n${index}` as never,
      }));
      return { ...small, applications: many(applications, make), nodes };
    },
    serviceMap: async (range): Promise<ServiceMap> => {
      const small = await shop.serviceMap(range);
      const nodes = many(applications, (index) => ({
        ...small.nodes[1]!,
        id: id(index),
        name: `service-${index}`,
      }));
      const edges = many(applications - 1, (index) => ({
        ...small.edges[0]!,
        client: id(index >> 1),
        server: id(index + 1),
      }));
      return { ...small, nodes, edges };
    },
    application: async (_id, range) => {
      const page = await shop.application(applicationId('api'), range);
      const finding = (index: number): Finding => ({
        ...page.findings[1]!,
        inspection: `inspection-${index}`,
      });
      return { ...page, findings: many(200, finding) };
    },
    risks: async (range) => {
      const [first] = await shop.risks(range);
      return many(rows, (index) => ({ ...first!, application: id(index) }));
    },
    deployments: async (range) => {
      const [first] = await shop.deployments(range);
      const one = (index: number) => ({ ...first!.deployment, application: id(index) });
      return many(applications, (index) => ({ ...first!, deployment: one(index) }));
    },
    costs: async (range) => {
      const small = await shop.costs(range);
      const one = (index: number) => ({ ...small.applications[0]!, application: id(index) });
      return {
        ...small,
        applications: many(applications, one),
        nodes: many(applications, () => small.nodes[0]!),
      };
    },
    investigate: async (range) => {
      const report = await shop.investigate(range);
      return {
        ...report,
        cleared: many(rows, (index) => ({ ...report.cleared[0]!, application: id(index) })),
      };
    },
    traces: async (filter) => {
      const [first] = await shop.traces(filter);
      return many(rows, (index) => ({ ...first!, traceId: `t${index}` }));
    },
    trace: async (traceId) => {
      const { spans } = shopTrace(traceId);
      const make = (index: number): TraceTreeSpan => ({
        ...spans[index % spans.length]!,
        depth: Math.min(index, 60),
      });
      return { traceId, spans: many(rows, make), orphans: 0 };
    },
    logs: async (filter) => {
      const [first] = await shop.logs(filter);
      return many(rows, (index) => ({ ...first!, timestamp: milliseconds(index) }));
    },
  };
}
