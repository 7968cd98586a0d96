import protobuf from 'protobufjs';
import {
  isPauseContainer,
  namesFromLabels,
  optOutsOf,
  volumeName,
  type RuntimeContainer,
} from './container.ts';
import { asList, asObject, asText, asTexts } from './runtime.ts';

/** What we say and read of containerd's API (containerd.services.{namespaces,containers}.v1); other fields are skipped. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Nothing {}
  message Namespace { string name = 1; }
  message Namespaces { repeated Namespace namespaces = 1; }
  message Any { string type_url = 1; bytes value = 2; }
  message Container { string id = 1; map<string, string> labels = 2; string image = 3; Any spec = 5; }
  message Containers { repeated Container containers = 1; }
`);

export const NAMESPACES = '/containerd.services.namespaces.v1.Namespaces/List';
export const CONTAINERS = '/containerd.services.containers.v1.Containers/List';

/** Both requests are empty: no filter. */
export const encodeNothing = (): Buffer => Buffer.alloc(0);

/** Names of namespaces. @throws Error for bytes that are no such message. */
export const decodeNamespaces = (bytes: Uint8Array): readonly string[] =>
  asList(decodeAs('Namespaces', bytes)['namespaces']).map((one) => asText(asObject(one)['name']));

/** Containers of one namespace. @throws Error for bytes that are no such message. */
export const decodeContainers = (bytes: Uint8Array): readonly RuntimeContainer[] =>
  asList(decodeAs('Containers', bytes)['containers']).map((one) => containerOf(asObject(one)));

function decodeAs(type: string, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const found = root.lookupType(type);
  return found.toObject(found.decode(bytes), { bytes: Buffer }) as Record<string, unknown>;
}

function containerOf(container: Readonly<Record<string, unknown>>): RuntimeContainer {
  const { annotations, mounts } = specOf(asObject(container['spec'])['value']);
  const labels = { ...kubernetesLabels(annotations), ...asTexts(container['labels']) };
  const name = labels['nerdctl/name'] ?? '';
  const id = asText(container['id']);
  return {
    id,
    name,
    image: asText(container['image']) || (annotations['io.kubernetes.cri.image-name'] ?? ''),
    labels,
    names: namesFromLabels(labels, name),
    isPause: isPauseContainer(labels, name) || annotations['io.kubernetes.cri.container-type'] === 'sandbox',
    volumes: Object.fromEntries(mounts),
    published: [],
    logPath: '',
    optOuts: optOutsOf({ ...annotations, ...labels }),
  };
}

/** Older versions of containerd's CRI tell a container's names in annotations alone. */
function kubernetesLabels(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const pairs = [
    ['io.kubernetes.pod.name', annotations['io.kubernetes.cri.sandbox-name']],
    ['io.kubernetes.pod.namespace', annotations['io.kubernetes.cri.sandbox-namespace']],
    ['io.kubernetes.container.name', annotations['io.kubernetes.cri.container-name']],
  ];
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

/** Of the OCI runtime specification in JSON: annotations and mounts. The environment in it is left alone. */
function specOf(value: unknown): {
  readonly annotations: Readonly<Record<string, string>>;
  readonly mounts: readonly (readonly [string, string])[];
} {
  try {
    const spec = asObject(JSON.parse(Buffer.isBuffer(value) ? value.toString('utf8') : '{}'));
    const mounts = asList(spec['mounts'])
      .map(asObject)
      .map((mount) => [asText(mount['destination']), volumeName(asText(mount['source']))] as const)
      .filter(([, volume]) => volume !== '');
    return { annotations: asTexts(spec['annotations']), mounts };
  } catch {
    return { annotations: {}, mounts: [] };
  }
}
