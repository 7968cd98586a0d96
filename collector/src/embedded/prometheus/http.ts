import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '@gumshoe/base/logger';
import { labelsKey } from '@gumshoe/base/series';
import type { Labels } from '@gumshoe/base/series';
import { milliseconds } from '@gumshoe/base/time';
import type { Annotated } from '@gumshoe/promql/annotations';
import { evaluateInstant, evaluateRange } from '@gumshoe/promql/evaluate';
import type { Matcher } from '@gumshoe/promql/matchers';
import { parsePromql, timingOf } from '@gumshoe/promql/parse';
import type { Expr, Timing } from '@gumshoe/promql/parse';
import { METRICS } from '@gumshoe/schema/metrics/catalogue';
import { BodyError, acceptedEncoding, readBody } from '../http-body.ts';
import type { SampleStore } from '../metrics/sample-store.ts';
import { ApiError, toApiError } from './api-error.ts';
import { gridOf, intervalOf, parseTime, required, selectorsOf } from './parameters.ts';
import { instantJson, rangeJson } from './result-json.ts';
import { uncompressSnappy } from './snappy.ts';
import { decodeWriteRequest } from './write-request.ts';
import type { MetricMetadata } from './write-request.ts';

const MAX_COMPRESSED = 32 * 1024 * 1024;
const MAX_UNCOMPRESSED = 128 * 1024 * 1024;
const MAX_FORM = 1024 * 1024;
const MAX_METADATA = 20_000;

type Route = (parameters: URLSearchParams) => unknown;

/** `data` of an answer with what stands beside it. */
class AnnotatedData {
  readonly data: unknown;
  readonly notes: Partial<Annotated>;

  constructor(data: unknown, { warnings, infos }: Annotated) {
    this.data = data;
    this.notes = { ...(warnings.length > 0 ? { warnings } : {}), ...(infos.length > 0 ? { infos } : {}) };
  }
}

/** The part of Prometheus's HTTP API (v1) that readers and remote writers use. */
export class PrometheusHttp {
  private readonly store: SampleStore;
  private readonly logger: Logger;
  private readonly metadata = new Map<string, MetricMetadata>();
  private readonly routes: ReadonlyMap<string, Route>;

  constructor(store: SampleStore, logger: Logger) {
    this.store = store;
    this.logger = logger;
    for (const { name, type, help } of METRICS) this.metadata.set(name, { type, help, unit: '' });
    this.routes = new Map<string, Route>([
      ['query', (parameters) => this.query(parameters)],
      ['query_range', (parameters) => this.queryRange(parameters)],
      ['series', (parameters) => this.series(parameters)],
      ['labels', (parameters) => this.labels(parameters)],
      ['metadata', (parameters) => this.metadataOf(parameters)],
      [
        'status/buildinfo',
        () => ({ version: '3.0.0', application: 'gumshoe-embedded', revision: '', branch: '' }),
      ],
      ['status/runtimeinfo', () => ({ timeSeriesCount: this.store.seriesCount, storageRetention: '' })],
    ]);
  }

  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    this.answer(request, response).catch((error: unknown) => {
      const failure = error instanceof BodyError ? error : toApiError(error, 'execution');
      if (failure.status >= 500)
        this.logger.log('error', 'Prometheus request failed', { reason: failure.message });
      if (response.headersSent) response.destroy();
      else {
        const errorType = failure instanceof ApiError ? failure.type : 'bad_data';
        // What was not read of a refused body makes the connection useless.
        if (failure instanceof BodyError) response.setHeader('Connection', 'close');
        sendJson(request, response, failure.status, {
          status: 'error',
          errorType,
          error: failure.message,
        });
      }
    });
  };

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname === '/-/ready') return sendText(response, 200, 'Prometheus Server is Ready.\n');
    if (url.pathname === '/-/healthy') return sendText(response, 200, 'Prometheus Server is Healthy.\n');
    if (url.pathname === '/api/v1/write') return this.write(request, response);
    const name = /^\/api\/v1\/(.+)$/.exec(url.pathname)?.[1];
    if (name === undefined) return sendText(response, 404, '404 page not found\n');
    if (request.method !== 'GET' && request.method !== 'POST') {
      return sendText(response, 405, 'method not allowed\n');
    }
    const parameters = url.searchParams;
    if (request.method === 'POST') await addForm(request, parameters);
    const result = this.run(name, parameters);
    const answer =
      result instanceof AnnotatedData ? { data: result.data, ...result.notes } : { data: result };
    sendJson(request, response, 200, { status: 'success', ...answer });
  }

  private run(name: string, parameters: URLSearchParams): unknown {
    const label = /^label\/([^/]+)\/values$/.exec(name)?.[1];
    if (label !== undefined) return this.labelValues(decodeURIComponent(label), parameters);
    const route = this.routes.get(name);
    if (route === undefined) throw new ApiError('not_found', `no route /api/v1/${name}`);
    return route(parameters);
  }

  /** Remote write 1.0. 204 means that every accepted sample is in the log. */
  private async write(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST') return sendText(response, 405, 'method not allowed\n');
    const encoding = request.headers['content-encoding'] ?? 'snappy';
    if (encoding !== 'snappy') return sendText(response, 415, `unsupported Content-Encoding ${encoding}\n`);
    const body = await readBody(request, MAX_COMPRESSED, false);
    let result;
    try {
      const message = decodeWriteRequest(uncompressSnappy(body, MAX_UNCOMPRESSED));
      result = this.store.append(message.series);
      for (const [name, metadata] of message.metadata) this.remember(name, metadata);
    } catch (error) {
      if (error instanceof RangeError)
        return sendText(response, 400, `malformed write request: ${error.message}\n`);
      throw error;
    }
    if (result.refused.size > 0) {
      const reasons = [...result.refused].map(([reason, count]) => `${reason}: ${count}`).join(', ');
      return sendText(response, 400, `${reasons} (${result.appended} samples accepted)\n`);
    }
    response.writeHead(204).end();
  }

  private remember(name: string, metadata: MetricMetadata): void {
    if (this.metadata.size < MAX_METADATA || this.metadata.has(name)) this.metadata.set(name, metadata);
  }

  private query(parameters: URLSearchParams): unknown {
    const expr = parse(required(parameters, 'query'), INSTANT);
    const time = parameters.get('time');
    const at = time === null || time === '' ? milliseconds(Date.now()) : parseTime(time, 'time');
    const result = evaluateInstant(expr, this.store, at);
    return new AnnotatedData(instantJson(result, at), result);
  }

  private queryRange(parameters: URLSearchParams): unknown {
    const grid = gridOf(parameters);
    const expr = parse(required(parameters, 'query'), timingOf(grid));
    const result = evaluateRange(expr, this.store, grid);
    return new AnnotatedData(rangeJson(result), result);
  }

  private series(parameters: URLSearchParams): readonly Labels[] {
    const selectors = selectorsOf(parameters);
    if (selectors.length === 0) throw new ApiError('bad_data', 'no match[] parameter provided');
    return this.labelSets(selectors, parameters);
  }

  private labelSets(
    selectors: readonly (readonly Matcher[])[],
    parameters: URLSearchParams,
  ): readonly Labels[] {
    const { from, to } = intervalOf(parameters);
    const sets = new Map<string, Labels>();
    for (const matchers of selectors) {
      for (const labels of this.store.labelSets(matchers, from, to)) sets.set(labelsKey(labels), labels);
    }
    return [...sets.values()];
  }

  private labels(parameters: URLSearchParams): readonly string[] {
    const selectors = selectorsOf(parameters);
    if (selectors.length === 0 && !parameters.has('start')) return this.store.labelNames();
    const sets = this.labelSets(selectors.length === 0 ? [[]] : selectors, parameters);
    return [...new Set(sets.flatMap((labels) => Object.keys(labels)))].sort();
  }

  private labelValues(name: string, parameters: URLSearchParams): readonly string[] {
    const selectors = selectorsOf(parameters);
    if (selectors.length === 0 && !parameters.has('start')) return this.store.labelValues(name);
    const values = new Set<string>();
    for (const labels of this.labelSets(selectors.length === 0 ? [[]] : selectors, parameters)) {
      const value = labels[name];
      if (value !== undefined) values.add(value);
    }
    return [...values].sort();
  }

  private metadataOf(parameters: URLSearchParams): Readonly<Record<string, readonly MetricMetadata[]>> {
    const metric = parameters.get('metric');
    const limit = Number(parameters.get('limit') ?? '0');
    const names = metric === null ? [...this.metadata.keys()] : [metric];
    const out: Record<string, readonly MetricMetadata[]> = {};
    for (const name of limit > 0 ? names.slice(0, limit) : names) {
      const metadata = this.metadata.get(name);
      if (metadata !== undefined) out[name] = [metadata];
    }
    return out;
  }
}

const INSTANT: Timing = { step: 0, range: 0 };

function parse(text: string, timing: Timing): Expr {
  try {
    return parsePromql(text, timing);
  } catch (error) {
    const { message } = toApiError(error, 'parse');
    throw new ApiError('bad_data', `invalid parameter "query": ${message}`);
  }
}

async function addForm(request: IncomingMessage, parameters: URLSearchParams): Promise<void> {
  const body = await readBody(request, MAX_FORM);
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) parameters.append(name, value);
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(text);
}

function sendJson(request: IncomingMessage, response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json');
  const encoding = text.length < 4096 ? undefined : acceptedEncoding(request.headers['accept-encoding']);
  if (encoding === undefined) {
    response.end(text);
    return;
  }
  response.setHeader('Content-Encoding', encoding.name);
  encoding.encoder.pipe(response);
  encoding.encoder.end(text);
}
