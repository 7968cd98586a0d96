import { join } from 'node:path';
import { SELF_METRICS } from '@gumshoe/schema/metrics/self';
import type { ReceiverContext, ReceiverDefinition } from '../define.ts';
import type { JournalMessage } from './journal.ts';
import { madeSince, openedLogs } from './opened-files.ts';
import type { LogsReceiver } from './receiver.ts';

/** Intervals between looks at which files processes hold open. */
const LOOK_EVERY = 4;
/** Files under /var/log of one container. */
const MOST_FILES = 32;

/** Log messages of containers, of the journal, and of files that processes write or the configuration names. */
export const LOGS: ReceiverDefinition = {
  name: 'logs',
  gives: 'log messages and their patterns',
  async open(context) {
    const { config, facts, rows } = context;
    const { LogsReceiver } = await import('./receiver.ts');
    const { CursorStore, PositionStore } = await import('./positions.ts');
    const { Journal } = await import('./journal.ts');
    const spool = config['spool-dir'];
    const store = spool === undefined ? undefined : new PositionStore(join(spool, 'log-positions.json'));
    const cursors = spool === undefined ? undefined : new CursorStore(join(spool, 'journal-cursor'));
    const after = cursors?.read();
    const receiver = new LogsReceiver({
      files: config['log-file'],
      hostName: facts.hostname,
      messagesPerSecond: config['log-messages-per-second'],
      onRows: rows.logs,
      ...(store ? { positions: store.read() } : {}),
    });
    const journal = new Journal({
      hostRoot: config['host-root'],
      onMessages: (messages) => takeJournal(context, receiver, messages),
      ...(after === undefined ? {} : { after }),
    });
    const followed = new OpenedFiles(context);
    followContainers(context, receiver, followed, false);
    receiver.start();
    journal.start();
    let [interval, positions, cursor] = [0, receiver.positions(), journal.cursor];
    return {
      collect(sink) {
        if (interval++ % LOOK_EVERY === 0) followed.look();
        followContainers(context, receiver, followed, true);
        receiver.collect(sink);
        // rows of the interval before this one have been written by now
        store?.write(positions);
        positions = receiver.positions();
        cursors?.write(cursor);
        cursor = journal.cursor;
      },
      collectSelf(sink) {
        sink.self(SELF_METRICS.dropped, { queue: 'logs', cause: 'rate' }, receiver.dropped);
      },
      status: () => ({
        files: receiver.followed().length,
        problems: [...receiver.problems(), store?.problem ?? '', cursors?.problem ?? ''].filter(Boolean),
        journal: journal.problem === '' ? 'followed' : journal.problem,
        lacks:
          journal.problem === ''
            ? []
            : [{ what: 'journal', reason: journal.problem, costs: 'messages of systemd units' }],
        dropped: receiver.dropped,
      }),
      async stop() {
        await journal.stop();
        receiver.stop();
        store?.write(receiver.positions());
        cursors?.write(journal.cursor);
      },
    };
  },
};

/** Messages belong to the container whose processes are in the cgroup that wrote them; others are not ours. */
function takeJournal(
  context: ReceiverContext,
  receiver: LogsReceiver,
  messages: readonly JournalMessage[],
): void {
  const byCgroup = new Map<string, string>();
  for (const { cgroups, containerId, runtime } of context.processes.all()) {
    if (runtime?.optOuts.logs) continue;
    for (const path of [cgroups.unified, ...Object.values(cgroups.controllers)])
      if (path && path !== '/') byCgroup.set(path, containerId);
  }
  const groups = new Map<string, JournalMessage[]>();
  for (const message of messages) {
    const container = byCgroup.get(message.cgroup);
    if (container === undefined) continue;
    const group = groups.get(container);
    if (group) group.push(message);
    else groups.set(container, [message]);
  }
  for (const [container, group] of groups) receiver.take(container, group, 'journald', Date.now());
}

/** Files under /var/log that processes of the target hold open. */
class OpenedFiles {
  readonly #context: ReceiverContext;
  /** Path to read, by container and path as the process sees it: processes of one container share a file. */
  readonly byContainer = new Map<string, ReadonlyMap<string, string>>();
  /** ms; when it was looked before, Infinity the first time: what is there then has been written long since. */
  #before = Infinity;
  /** ms; when it was looked last. */
  #last = Infinity;

  constructor(context: ReceiverContext) {
    this.#context = context;
    this.look();
  }

  /** Made since the look before the last: every line of it is news. */
  isNew(readable: string): boolean {
    return madeSince(readable, this.#before);
  }

  look(): void {
    const { config, processes } = this.#context;
    [this.#before, this.#last] = [this.#last, Date.now()];
    const seen = new Set<string>();
    for (const { containerId, pids, runtime } of processes.all()) {
      if (runtime?.optOuts.logs) continue;
      seen.add(containerId);
      const known = this.byContainer.get(containerId) ?? new Map<string, string>();
      const files = new Map<string, string>();
      for (const pid of pids)
        for (const { path, readable } of openedLogs(config.procfs, pid))
          // the way through a process that has ended leads nowhere: keep the one that is open, else take a new one
          if (files.size < MOST_FILES && !files.has(path)) files.set(path, known.get(path) ?? readable);
      this.byContainer.set(containerId, files);
    }
    for (const id of this.byContainer.keys()) if (!seen.has(id)) this.byContainer.delete(id);
  }
}

/** Follows what container runtimes keep of the containers there are. Their files are told apart by their ids. */
function followContainers(
  { config, processes, logFiles }: ReceiverContext,
  receiver: LogsReceiver,
  opened: OpenedFiles,
  fromStart: boolean,
): void {
  const wanted = new Set(config['log-file'].map((file) => file.path));
  for (const { containerId, identity, runtime } of processes.all()) {
    if (runtime?.optOuts.logs) continue;
    for (const [path, readable] of opened.byContainer.get(containerId) ?? []) {
      wanted.add(readable);
      receiver.follow({ containerId, path: readable, source: path }, opened.isNew(readable));
    }
    const path = logFiles.pathOf(identity.id) ?? runtime?.logPath ?? '';
    if (path === '') continue;
    wanted.add(path);
    receiver.follow({ containerId, path }, fromStart);
  }
  for (const path of receiver.followed()) if (!wanted.has(path)) receiver.unfollow(path);
}
