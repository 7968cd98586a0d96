import { RESOURCE_ATTRIBUTES } from '@gumshoe/schema/attributes';
import type { ContainerSeries } from '../processors/sample-sink.ts';
import type { SpanOwner } from '../processors/spans.ts';
import { containerPaths, type CgroupIdentity, type CgroupPaths } from './cgroup.ts';
import { serviceNameOf } from './container-id.ts';
import type { RuntimeContainer } from './runtimes/container.ts';
import type { UnitFacts } from './system-services.ts';

/** A container and what is known of its processes. */
export interface Container extends ContainerSeries {
  readonly containerId: string;
  readonly serviceName: string;
  /** Label app_id: the service name where it differs from the container's own id, else ''. */
  readonly appId: string;
  readonly identity: CgroupIdentity;
  /** What its runtime says of it, once a runtime has been asked. */
  readonly runtime: RuntimeContainer | undefined;
  /** Of a systemd service. */
  readonly unit: UnitFacts | undefined;
  /** Of the container as a whole; of a live process, as soon as there is one to ask. */
  cgroups: CgroupPaths;
  readonly spanOwner: SpanOwner;
  /** Live processes. */
  readonly pids: Set<number>;
  oomKills: number;
  /** ms since the epoch when the last process was seen */
  lastSeen: number;
}

export interface ContainerFacts {
  readonly containerId: string;
  readonly identity: CgroupIdentity;
  readonly runtime: RuntimeContainer | undefined;
  readonly unit: UnitFacts | undefined;
}

/** A container that has just been seen for the first time. */
export function newContainer(
  facts: ContainerFacts,
  cgroups: CgroupPaths,
  host: { readonly hostName: string; readonly hostId: string },
  lastSeen: number,
): Container {
  const { containerId } = facts;
  const serviceName = serviceNameOf(containerId);
  const resource = {
    [RESOURCE_ATTRIBUTES.serviceName]: serviceName,
    [RESOURCE_ATTRIBUTES.containerId]: containerId,
    [RESOURCE_ATTRIBUTES.hostName]: host.hostName,
    [RESOURCE_ATTRIBUTES.hostId]: host.hostId,
  };
  return {
    ...facts,
    serviceName,
    appId: serviceName === containerId ? '' : serviceName,
    cgroups: containerPaths(cgroups, facts.identity),
    spanOwner: { serviceName, resource },
    pids: new Set(),
    oomKills: 0,
    lastSeen,
  };
}
