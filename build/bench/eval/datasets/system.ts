import { ONLINE_BOUTIQUE, OPENTELEMETRY_DEMO, SOCK_SHOP } from './test-beds.ts';
import { TRAIN_TICKET } from './train-ticket.ts';

export interface Call {
  readonly service: string;
  readonly operation: string;
  /** For each request; below 1 it is a share of the requests. */
  readonly times: number;
  /** The caller does without, when it fails. */
  readonly isOptional: boolean;
}

export interface Operation {
  readonly service: string;
  readonly name: string;
  /** seconds of its own */
  readonly own: number;
  readonly calls: readonly Call[];
}

export interface Service {
  readonly name: string;
  readonly runtime: string;
  readonly isStore: boolean;
  readonly operations: readonly Operation[];
}

export interface System {
  readonly name: string;
  readonly services: readonly Service[];
  readonly entries: readonly Call[];
  /** Callees before their callers. */
  readonly order: readonly Operation[];
}

export const keyOf = ({ service, name }: Pick<Operation, 'service' | 'name'>): string => `${service}/${name}`;
export const targetOf = ({ service, operation }: Call): string => `${service}/${operation}`;

function callOf(text: string): Call {
  const [target = '', times = '1'] = text.replace('?', '').split('*');
  const [service = '', operation = ''] = target.split('/');
  return { service, operation, times: Number(times), isOptional: text.endsWith('?') };
}

/** @throws Error when a call leads nowhere or in a circle. */
export function parseSystem(name: string, text: string): System {
  const entries: Call[] = [];
  const services = new Map<string, { runtime: string; operations: Operation[] }>();
  for (const line of text.trim().split('\n')) {
    const [service = '', runtime = '', operation = '', ms = '', ...calls] = line.split(' ');
    if (service === 'users') {
      entries.push(...line.split(' ').slice(1).map(callOf));
      continue;
    }
    const one = services.get(service) ?? { runtime, operations: [] };
    one.operations.push({ service, name: operation, own: Number(ms) / 1000, calls: calls.map(callOf) });
    services.set(service, one);
  }
  const all = [...services].map(([service, { runtime, operations }]): Service => ({
    name: service,
    runtime,
    isStore: runtime === 'store',
    operations,
  }));
  return { name, services: all, entries, order: calleesFirst(all) };
}

function calleesFirst(services: readonly Service[]): readonly Operation[] {
  const byKey = new Map(services.flatMap((one) => one.operations.map((each) => [keyOf(each), each])));
  const order: Operation[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (key: string): void => {
    const operation = byKey.get(key);
    if (!operation || state.get(key) === 'open') throw new Error(`${key}: unknown, or calls itself`);
    if (state.get(key) === 'done') return;
    state.set(key, 'open');
    for (const call of operation.calls) visit(targetOf(call));
    state.set(key, 'done');
    order.push(operation);
  };
  for (const key of byKey.keys()) visit(key);
  return order;
}

export const SYSTEMS: readonly System[] = [
  parseSystem('online-boutique', ONLINE_BOUTIQUE),
  parseSystem('sock-shop', SOCK_SHOP),
  parseSystem('train-ticket', TRAIN_TICKET),
  parseSystem('opentelemetry-demo', OPENTELEMETRY_DEMO),
];
