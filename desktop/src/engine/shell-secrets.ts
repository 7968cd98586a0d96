import type { Secrets } from '@gumshoe/engine/ports';
import { decodeValue, encodeValue } from '../contract/codec.ts';

/** Longest wait for the shell; the system's key store may ask the user to unlock it. */
const TIMEOUT_MS = 120_000;

/** Secrets held by the shell in the system's key store, asked for one by one and kept nowhere here. */
export class ShellSecrets implements Secrets {
  private readonly waiting = new Map<number, (value: string | undefined) => void>();
  private readonly send: (payload: Uint8Array) => void;
  private last = 0;

  constructor(send: (payload: Uint8Array) => void) {
    this.send = send;
  }

  get(reference: string): Promise<string | undefined> {
    const id = ++this.last;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new Error('the key store did not answer'));
      }, TIMEOUT_MS);
      this.waiting.set(id, (value) => {
        clearTimeout(timer);
        this.waiting.delete(id);
        resolve(value);
      });
      this.send(encodeValue({ type: 'secret', id, reference }));
    });
  }

  /** An answer from the shell. */
  receive(payload: Uint8Array): void {
    const { id, value } = decodeValue(payload) as { id: number; value?: string };
    this.waiting.get(id)?.(value);
  }
}
