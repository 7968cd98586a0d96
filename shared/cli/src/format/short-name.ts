export { nameInId as shortName } from '@gumshoe/model/entities';
