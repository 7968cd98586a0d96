import { nameInId, type ApplicationId } from '@gumshoe/model/entities';
import { navigate } from '../state/link.ts';

export const nameOfApplication: (id: ApplicationId) => string = nameInId;

export function openApplication(id: ApplicationId): void {
  navigate({ view: 'application', subject: id });
}

export function ApplicationLink({ id, name }: { readonly id: ApplicationId; readonly name?: string }) {
  return (
    <button type="button" className="link-button" title={id} onClick={() => openApplication(id)}>
      {name ?? nameOfApplication(id)}
    </button>
  );
}
