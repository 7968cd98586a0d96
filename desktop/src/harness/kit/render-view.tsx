import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import { renderToString } from 'react-dom/server';
import type { EngineApi } from '../../contract/engine.ts';
import type { ConnectionId, OpenedConnection } from '../../contract/ipc.ts';
import { VIEWS } from '../../renderer/app/views.ts';
import { QueryStore, type Query, type Question } from '../../renderer/client/query-store.ts';
import { SessionContext } from '../../renderer/client/session.tsx';
import { linkStore } from '../../renderer/state/link.ts';

export const VIEW_IDS: readonly string[] = VIEWS.map((view) => view.id);

export const KIT_RANGE: TimeRange = {
  from: milliseconds(1_790_000_000_000),
  to: milliseconds(1_790_000_900_000),
};

const CONNECTION: OpenedConnection = {
  id: 'kit' as ConnectionId,
  name: 'kit',
  spec: { kind: 'snapshot', path: '/kit.gumshoe' },
  status: { name: 'kit', kind: 'snapshot', parts: [] },
};

/** Remembers what a rendering asked for, as no effect runs on paper. */
class KitQueries extends QueryStore {
  readonly asked = new Map<string, Question<unknown>>();

  override read<T>(question: Question<T>): Query<T> {
    this.asked.set(question.key, question as Question<unknown>);
    return super.read(question);
  }
}

/** Questions lead to answers that lead to further questions; deeper chains than this are a mistake. */
const MAX_ROUNDS = 5;

/** Markup of one view: `loading` before any answer, else after all answers have come. */
export async function renderView(
  id: string,
  engine: EngineApi,
  options: { readonly subject?: string; readonly loading?: true } = {},
): Promise<string> {
  const view = VIEWS.find((entry) => entry.id === id);
  if (!view) throw new Error(`no view named ${id}`);
  const { subject } = options;
  linkStore.set({
    view: id,
    range: { kind: 'last', minutes: 15 },
    params: {},
    ...(subject ? { subject } : {}),
  });
  const queries = new KitQueries();
  const session = { connection: CONNECTION, engine, queries, range: KIT_RANGE };
  const render = (): string =>
    renderToString(
      <SessionContext value={session}>
        <view.component />
      </SessionContext>,
    );
  if (options.loading) return render();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const html = render();
    const open = [...queries.asked.values()].filter((question) => queries.read(question).loading);
    if (open.length === 0) return html;
    for (const question of open) queries.observe(question, () => {});
    while (queries.inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error(`${id} keeps asking`);
}
