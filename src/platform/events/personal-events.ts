import { actorFieldsOf, isByOther } from '../../core/events.ts';
import type { Person, PersonalRows } from '../database/personal-rows.ts';
import { EventEntity, type EventRow } from './event-log.ts';

/** What a person caused, and what was done to their account: of events with two parties, only what is about the person. */
export const personalEvents: PersonalRows = {
  entity: EventEntity,
  where: 'subject_id = $1 OR actor_id = $1',
  parametersOf: ({ id }) => [id],
  withheldOf(event: EventRow, { id }: Person) {
    const { subjectId } = event;
    const ofActor: readonly string[] = actorFieldsOf(event);
    if (isByOther(event, id)) return ofActor;
    if (subjectId !== null && subjectId !== id)
      return ['subjectId', 'data', ...(ofActor.includes('sessionId') ? [] : ['sessionId'])];
    return [];
  },
};
