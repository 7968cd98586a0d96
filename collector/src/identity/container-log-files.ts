import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileExists } from '../file-exists.ts';
import type { KubernetesNames } from './container-id.ts';

interface KubernetesLog {
  readonly path: string;
  readonly names: KubernetesNames;
}

/** The kubelet's links: `<pod>_<namespace>_<container>-<runtime id>.log`. */
const LINK = /^(.+)_(.+)_(.+)-([0-9a-f]{64})\.log$/;
const RUNTIME_ID = /^[0-9a-f]{64}$/;

/**
 * Where container runtimes keep the output of their containers, by runtime id, and the Kubernetes names that the
 * kubelet's links tell. Reads folders only.
 */
export class ContainerLogFiles {
  readonly #hostRoot: string;
  #kubernetes = new Map<string, KubernetesLog>();

  /** `hostRoot`: where the machine's root file system is seen from here. */
  constructor(hostRoot: string) {
    this.#hostRoot = hostRoot;
  }

  /** Reads the kubelet's links; a machine without Kubernetes has none. */
  refresh(): void {
    const folder = join(this.#hostRoot, 'var/log/containers');
    const found = new Map<string, KubernetesLog>();
    try {
      for (const file of readdirSync(folder)) {
        const [, pod = '', namespace = '', container = '', id = ''] = LINK.exec(file) ?? [];
        if (id !== '') found.set(id, { path: join(folder, file), names: { namespace, pod, container } });
      }
    } catch {
      // no Kubernetes here
    }
    this.#kubernetes = found;
  }

  readonly namesOf = (runtimeId: string): KubernetesNames | undefined =>
    this.#kubernetes.get(runtimeId)?.names;

  /** File with the container's output; undefined when no runtime keeps one. */
  pathOf(runtimeId: string): string | undefined {
    if (!RUNTIME_ID.test(runtimeId)) return undefined;
    const kubernetes = this.#kubernetes.get(runtimeId);
    if (kubernetes) return kubernetes.path;
    const docker = join(this.#hostRoot, 'var/lib/docker/containers', runtimeId, `${runtimeId}-json.log`);
    return fileExists(docker) ? docker : undefined;
  }
}
