import { Client, credentials, Metadata } from '@grpc/grpc-js';
import type { RuntimeContainer } from './container.ts';
import {
  CONTAINERS,
  decodeContainers,
  decodeNamespaces,
  encodeNothing,
  NAMESPACES,
} from './containerd-messages.ts';
import type { ContainerRuntime } from './runtime.ts';
import { RuntimeError } from './unix-http.ts';

const PATIENCE_MS = 3000;
const ANSWER_LIMIT = 64 << 20;

/** containerd's own API: containers of every namespace, Kubernetes's (`k8s.io`) or not. */
export class ContainerdRuntime implements ContainerRuntime {
  readonly name = 'containerd';
  readonly socket: string;
  readonly #client: Client;

  constructor(socket: string) {
    this.socket = socket;
    this.#client = new Client(`unix://${socket}`, credentials.createInsecure(), {
      'grpc.max_receive_message_length': ANSWER_LIMIT,
      'grpc.default_authority': 'localhost',
    });
  }

  async list(): Promise<readonly RuntimeContainer[]> {
    const namespaces = await this.#call(NAMESPACES, undefined, decodeNamespaces);
    const all = await Promise.all(
      // Docker's own are better told by Docker
      namespaces
        .filter((name) => name !== 'moby')
        .map((name) => this.#call(CONTAINERS, name, decodeContainers)),
    );
    return all.flat();
  }

  close(): void {
    this.#client.close();
  }

  #call<T>(path: string, namespace: string | undefined, decode: (bytes: Uint8Array) => T): Promise<T> {
    const metadata = new Metadata();
    if (namespace !== undefined) metadata.set('containerd-namespace', namespace);
    const deadline = Date.now() + PATIENCE_MS;
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        encodeNothing,
        decode,
        {},
        metadata,
        { deadline },
        (error, answer) => {
          if (error || answer === undefined)
            reject(new RuntimeError(`${path} of ${this.socket}: ${error?.details || 'no answer'}`));
          else resolve(answer);
        },
      );
    });
  }
}
