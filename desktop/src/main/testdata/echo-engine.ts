import { Socket } from 'node:net';
import { decodeValue, encodeValue } from '../../contract/codec.ts';
import { CHANNEL, FrameSplitter, writeFrame } from '../../contract/framing.ts';

/** Stands in for the engine: echoes frames, asks for the secret it is told to, dies when told to. */
const shell = new Socket({ fd: 3 });
const splitter = new FrameSplitter();
const toShell = (value: unknown): void => void shell.write(writeFrame(CHANNEL.shell, encodeValue(value)));

shell.on('data', (chunk: Buffer) => {
  for (const { channel, payload } of splitter.push(chunk)) {
    const text = channel === CHANNEL.renderer ? new TextDecoder().decode(payload) : '';
    if (text === 'die') {
      console.error('last words');
      process.exit(7);
    } else if (text.startsWith('secret:')) toShell({ type: 'secret', id: 1, reference: text.slice(7) });
    else if (channel === CHANNEL.shell) {
      const { value } = decodeValue(payload) as { value?: string };
      shell.write(writeFrame(CHANNEL.renderer, new TextEncoder().encode(`told ${value}`)));
    } else shell.write(writeFrame(CHANNEL.renderer, payload));
  }
});
shell.on('close', () => process.exit(0));
toShell({ type: 'ready', node: process.version });
