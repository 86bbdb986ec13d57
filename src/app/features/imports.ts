import { importEvents } from '../../modules/imports/import.events.ts';
import type { Feature } from '../feature.ts';

export const imports: Feature = { events: importEvents };
