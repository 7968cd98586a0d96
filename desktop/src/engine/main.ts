import { Socket } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { decodeValue, encodeValue } from '../contract/codec.ts';
import { CHANNEL, FrameSplitter, writeFrame, type Frame } from '../contract/framing.ts';
import { isMessage } from '../contract/message.ts';
import { ConnectionStore } from './connection-store.ts';
import { createWorkbench } from './handlers.ts';
import { JsonFile } from './json-file.ts';
import { openSourceWith } from './open-source.ts';
import { PreferenceStore } from './preference-store.ts';
import { CallSession } from './serve.ts';
import { ShellSecrets } from './shell-secrets.ts';

/** Frames to and from the shell travel on this descriptor; stdout and stderr stay free for words. */
const SHELL_FD = 3;
/** What kept metrics may take of the user's disk. */
const CACHE_BYTES = 2 * 1024 ** 3;

function main(): void {
  const { values } = parseArgs({ options: { 'user-data': { type: 'string' } } });
  const folder = values['user-data'];
  if (!folder) {
    console.error('usage: engine --user-data FOLDER, with a socket on file descriptor 3');
    process.exit(2);
  }
  const shell = new Socket({ fd: SHELL_FD });
  const secrets = new ShellSecrets((payload) => shell.write(writeFrame(CHANNEL.shell, payload)));
  const workbench = createWorkbench({
    connections: new ConnectionStore(new JsonFile(join(folder, 'connections.json'))),
    preferences: new PreferenceStore(new JsonFile(join(folder, 'preferences.json'))),
    secrets,
    openSource: openSourceWith({
      cache: { directory: join(folder, 'cache'), bytes: CACHE_BYTES },
      configurationFile: join(folder, 'gumshoe.yaml'),
    }),
  });
  const session = new CallSession(workbench.handlers, (message) =>
    shell.write(writeFrame(CHANNEL.renderer, encodeValue(message))),
  );
  const receive = (frame: Frame): void => {
    if (frame.channel === CHANNEL.shell) return secrets.receive(frame.payload);
    const message = decodeValue(frame.payload);
    if (isMessage(message)) session.receive(message);
  };
  const splitter = new FrameSplitter();
  shell.on('data', (chunk: Buffer) => splitter.push(chunk).forEach(receive));
  const stop = (): void => {
    session.close();
    void workbench.close().finally(() => process.exit(0));
  };
  // The shell is gone, however it ended: nothing is left to answer.
  shell.on('close', stop);
  shell.on('error', stop);
  process.on('SIGTERM', stop);
  shell.write(writeFrame(CHANNEL.shell, encodeValue({ type: 'ready', node: process.version })));
}

main();
