import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../../config/config.ts';
import { prefersHtml } from './accepts-html.ts';
import { filesOfPage } from './page-files.ts';
import { pagePolicy } from './page-policy.ts';
import { addPage } from './serve-page.ts';
import { addStartPage } from './start-page.ts';

type Pages = Config['http']['pages'];

/** Adds the pages for people that the configuration asks for. Without them their paths are not found. */
export function addPages(server: FastifyInstance, pages: Pages): void {
  if (pages.playground)
    addPage(server, {
      path: '/playground',
      // Altair writes its components' styles into the page.
      policy: pagePolicy({ styles: ["'unsafe-inline'"], workers: ["'self'"] }),
      files: () => filesOfPage('playground'),
    });
  if (pages.console)
    addPage(server, { path: '/console', policy: pagePolicy(), files: () => filesOfPage('console') });
  if (pages.playground || pages.console) addStartPage(server, pages);
}

/** Hooks of `/graphql` that lead browsers which open it to the playground; none if it is off. */
export function leadToPlayground({ playground }: Pages) {
  if (!playground) return [];
  return [
    ({ method, url, headers }: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
      // With a query in the address it is an operation, and answered as such.
      if (method !== 'GET' || url.includes('?')) return void done();
      prefersHtml(headers.accept).then((isBrowser) => {
        if (isBrowser) void reply.header('vary', 'accept').redirect('playground/');
        else done();
      }, done);
    },
  ];
}
