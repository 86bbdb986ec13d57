import { KnownDevices } from '../../modules/known-devices/index.ts';
import type { Parts } from '../parts.ts';
import { digests, sessionStore } from './shared.ts';

export const knownDevices = (parts: Parts) =>
  new KnownDevices({ sessions: parts.get(sessionStore), digests: parts.get(digests), clock: parts.clock });
