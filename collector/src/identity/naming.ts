import { identifyCgroup, type CgroupIdentity, type CgroupPaths } from './cgroup.ts';
import type { ContainerFacts } from './container.ts';
import { containerIdOf, type KubernetesNames, type OrchestratedNames } from './container-id.ts';
import type { RuntimeContainer } from './runtimes/container.ts';
import { isSystemService, type UnitFacts } from './system-services.ts';

/** What names containers beyond their cgroup; each may know nothing. */
export interface NameSources {
  /** Names of Kubernetes containers by runtime id. */
  readonly kubernetesNames?: ((runtimeId: string) => KubernetesNames | undefined) | undefined;
  /** What a container runtime says of a container, by its id. */
  readonly runtimeContainer?: ((runtimeId: string) => RuntimeContainer | undefined) | undefined;
  /** What the files of a systemd service say. */
  readonly unitFacts?: ((unit: string) => UnitFacts) | undefined;
  /** Leaves the machine's own housekeeping services out (default: they are left out). */
  readonly skipSystemServices?: boolean | undefined;
}

/** A process as far as its cgroup alone does not name it; each is read only when asked for. */
export interface NamedProcess {
  readonly comm: () => string;
  /** Arguments separated by NUL. */
  readonly cmdline: () => string;
}

/** Facts of the container with these cgroups; undefined for what is no container worth a series. */
export function nameContainer(
  cgroups: CgroupPaths,
  process: NamedProcess,
  hostName: string,
  sources: NameSources,
  now: number,
): ContainerFacts | undefined {
  const found = identifyCgroup(cgroups);
  if (!found) return undefined;
  const identity = found.kind === 'sandbox' ? { ...found, id: sandboxId(process.cmdline()) } : found;
  if (identity.kind === 'systemd') return nameUnit(identity, sources);
  const runtime = identity.id === '' ? undefined : sources.runtimeContainer?.(identity.id);
  const isPod = identity.podUid !== '';
  if (identity.kind !== 'sandbox' && (runtime?.isPause || (isPod && process.comm() === 'pause')))
    return undefined;
  const names = (isPod ? linkNames(identity, sources) : undefined) ?? runtime?.names;
  const comm = identity.kind === 'process' ? process.comm() : '';
  const containerId = containerIdOf(identity, { comm, host: hostName }, names, now);
  return { containerId, identity, runtime, unit: undefined };
}

function nameUnit(identity: CgroupIdentity, sources: NameSources): ContainerFacts | undefined {
  const unit = sources.unitFacts?.(identity.id) ?? { type: '', triggeredBy: [] };
  if ((sources.skipSystemServices ?? true) && isSystemService(identity.id, unit)) return undefined;
  return { containerId: identity.path, identity, runtime: undefined, unit };
}

function linkNames({ id }: CgroupIdentity, sources: NameSources): OrchestratedNames | undefined {
  const names = sources.kubernetesNames?.(id);
  return names && { by: 'kubernetes', ...names };
}

/** gVisor's sandbox process ends its command line with the id of the pod's first container. */
const sandboxId = (cmdline: string): string => /([0-9a-f]{64})\0*$/.exec(cmdline)?.[1] ?? '';
