import { SELF_METRICS } from '@gumshoe/schema/metrics/self';
import type { ReceiverContext, ReceiverDefinition } from '../define.ts';
import type { LogsReceiver } from './receiver.ts';

const MESSAGES_PER_SECOND = 200;

/** Log messages of containers and of files named by the configuration. */
export const LOGS: ReceiverDefinition = {
  name: 'logs',
  gives: 'log messages and their patterns',
  async open(context) {
    const { LogsReceiver } = await import('./receiver.ts');
    const receiver = new LogsReceiver({
      files: context.config['log-file'],
      hostName: context.facts.hostname,
      messagesPerSecond: MESSAGES_PER_SECOND,
      onRows: context.rows.logs,
    });
    followContainers(context, receiver, false);
    receiver.start();
    return {
      collect(sink) {
        followContainers(context, receiver, true);
        receiver.collect(sink);
      },
      collectSelf(sink) {
        sink.self(SELF_METRICS.dropped, { queue: 'logs', cause: 'rate' }, receiver.dropped);
      },
      status: () => ({
        files: [...receiver.followed()].length,
        problems: receiver.problems(),
        dropped: receiver.dropped,
      }),
      stop: () => receiver.stop(),
    };
  },
};

/** Follows what container runtimes keep of the containers there are. Their files are told apart by their ids. */
function followContainers(
  { config, processes, logFiles }: ReceiverContext,
  receiver: LogsReceiver,
  fromStart: boolean,
): void {
  const wanted = new Set(config['log-file'].map((file) => file.path));
  for (const { containerId, identity, runtime } of processes.all()) {
    if (runtime?.optOuts.logs) continue;
    const path = logFiles.pathOf(identity.id) ?? runtime?.logPath ?? '';
    if (path === '') continue;
    wanted.add(path);
    receiver.follow({ containerId, path }, fromStart);
  }
  for (const path of receiver.followed()) if (!wanted.has(path)) receiver.unfollow(path);
}
