import type { FastifyInstance } from 'fastify';
import type { Config } from '../../config/config.ts';
import { filesOfPage } from './page-files.ts';
import { pagePolicy } from './page-policy.ts';
import { addPage } from './serve-page.ts';

/** Adds the pages for people that the configuration asks for. Without them their paths are not found. */
export function addPages(server: FastifyInstance, { console }: Config['http']['pages']): void {
  if (console)
    addPage(server, { path: '/console', policy: pagePolicy(), files: () => filesOfPage('console') });
}
