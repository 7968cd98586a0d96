import type { Instance, Node, NodeDisk } from '@gumshoe/model/world';

/** What an instance keeps on a disk of its node. */
export interface Volume {
  readonly of: Instance;
  readonly node: Node;
  readonly disk: NodeDisk;
  readonly mountPoint: string;
}

/** Volumes of instances with the disk of their node that they lie on. */
export function volumesOf(instances: readonly Instance[], nodes: readonly Node[]): readonly Volume[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return instances.flatMap((of) => {
    const node = byId.get(of.node);
    if (!node) return [];
    return of.disks.flatMap(({ device, mountPoint }) => {
      const disk = node.disks.find((one) => one.device === device);
      return disk ? [{ of, node, disk, mountPoint }] : [];
    });
  });
}
