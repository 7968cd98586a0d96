import { FailureError } from '@gumshoe/base/failure';
import type { TimeRange } from '@gumshoe/base/time';
import type { EngineApi } from '@gumshoe/engine/api';
import type { ApplicationId } from '@gumshoe/model/entities';

/** The application a user names, by name or id. Rejects with the names there are. */
export async function findApplication(
  engine: EngineApi,
  name: string,
  range: TimeRange,
): Promise<ApplicationId> {
  const { applications } = await engine.overview(range);
  const found = applications.find((row) => row.name === name || row.id === name);
  if (found) return found.id;
  throw new FailureError({
    code: 'not-found',
    tried: 'find an application',
    target: name,
    reason: `there is none of this name in the window; known: ${applications.map((row) => row.name).join(', ')}`,
  });
}
