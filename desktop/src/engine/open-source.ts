import { FailureError } from '@gumshoe/base/failure';
import { milliseconds, type Clock } from '@gumshoe/base/time';
import { NO_CONFIGURATION } from '@gumshoe/analysis/configuration/parse-configuration';
import type { EngineApi } from '@gumshoe/engine/api';
import { createEngine } from '@gumshoe/engine/engine';
import type { Secrets } from '@gumshoe/engine/ports';
import { openConnection, type HostKeyQuestion } from '@gumshoe/reader/open';
import type { OpenRequest } from '../contract/ipc.ts';
import { configurationOf, readConfigurationFile, type ConfigurationFile } from './configuration-file.ts';
import { snapshotsOf } from './snapshots.ts';
import type { OpenSource, Source } from './source.ts';

const clock: Clock = { now: () => milliseconds(Date.now()) };

/** What the metric cache may take, and where it is. */
export interface CachePlace {
  readonly directory: string;
  readonly bytes: number;
}

export interface OpenSourceOptions {
  readonly cache: CachePlace;
  /** Read at each opening; need not exist. */
  readonly configurationFile: string;
}

/** Opens connections with the reader and puts an engine on each. Metrics are kept where `cache` says. */
export const openSourceWith =
  ({ cache, configurationFile }: OpenSourceOptions): OpenSource =>
  (request, secrets) =>
    open(request, secrets, () => readConfigurationFile(configurationFile), cache);

/** The same without keeping anything. */
export const openSource: OpenSource = (request, secrets) =>
  open(request, secrets, () => ({ configuration: NO_CONFIGURATION }));

async function open(
  request: OpenRequest,
  secrets: Secrets,
  users: () => ConfigurationFile,
  cache?: CachePlace,
): Promise<Source> {
  const reader = await openReader(request, secrets, cache);
  const { configuration, part, file } = configurationOf(reader, users);
  const engine = createEngine({ reader, clock, configuration });
  const status: EngineApi['status'] = async (signal) => {
    const source = await engine.status(signal);
    return part ? { ...source, parts: [...source.parts, part] } : source;
  };
  return {
    engine: { ...engine, status },
    ...snapshotsOf(reader, file ? [file] : [], clock),
    close: () => reader.close(),
  };
}

/**
 * An unknown host key is refused with its fingerprint, so that the page can ask; the user's answer comes back
 * with the next request and holds for that very key only.
 */
async function openReader({ spec, trustedHostKey }: OpenRequest, secrets: Secrets, cache?: CachePlace) {
  let unknown: HostKeyQuestion | undefined;
  try {
    return await openConnection(spec, {
      secrets,
      ...(cache === undefined ? {} : { cacheDirectory: cache.directory, cacheBytes: cache.bytes }),
      confirmHostKey: async (question) => {
        if (question.fingerprint === trustedHostKey) return true;
        unknown = question;
        return false;
      },
    });
  } catch (error) {
    if (unknown) throw unknownHost(unknown, error);
    throw error;
  }
}

function unknownHost({ host, algorithm, fingerprint }: HostKeyQuestion, cause: unknown): FailureError {
  return new FailureError(
    {
      code: 'host-key-unknown',
      tried: 'verify the SSH host key',
      target: host,
      reason: `its ${algorithm} key ${fingerprint} is not in known_hosts`,
      remedy: 'Compare the fingerprint with one that you got another way, then trust it.',
    },
    { cause },
  );
}
