import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../../config/config.ts';
import { prefersHtml } from './accepts-html.ts';
import { pagePolicy } from './page-policy.ts';

type Pages = Config['http']['pages'];

/** Adds a page at `/` that says what this is and where to go. Programs get what they got without it. */
export function addStartPage(server: FastifyInstance, pages: Pages): void {
  server.get('/', async ({ headers }, reply) => {
    if (!(await prefersHtml(headers.accept))) return reply.callNotFound();
    const hash = createHash('sha256').update(STYLE).digest('base64');
    reply.headers({
      'content-security-policy': pagePolicy({ styles: [`'sha256-${hash}'`], scripts: false }),
      'cache-control': 'no-cache',
      vary: 'accept',
    });
    return reply.type('text/html; charset=utf-8').send(startPage(pages));
  });
}

interface Place {
  readonly path: string;
  readonly name: string;
  readonly about: string;
}

function startPage({ playground, console }: Pages): string {
  const places: Place[] = [
    ...(console
      ? [
          {
            path: 'console/',
            name: 'Console',
            about: 'Users, sessions and the audit log, for administrators.',
          },
        ]
      : []),
    ...(playground
      ? [{ path: 'playground/', name: 'Playground', about: 'A GraphQL IDE with operations ready to run.' }]
      : []),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Latchkey</title>
<link rel="icon" href="${ICON}">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Latchkey</h1>
<p>The auth subgraph: it signs users in, refreshes and ends their sessions, and tells the rest of the graph who is calling.</p>
<nav aria-label="Pages">
${places.map(({ path, name, about }) => `<a class="card" href="${path}"><strong>${name}</strong><span>${about}</span></a>`).join('\n')}
</nav>
<h2>For programs</h2>
<dl>
<dt><code>/graphql</code></dt><dd>The GraphQL endpoint: operations by POST; subscriptions over WebSocket and as server-sent events.</dd>
<dt><a href=".well-known/jwks.json"><code>/.well-known/jwks.json</code></a></dt><dd>The public keys that verify access tokens.</dd>
<dt><a href="health"><code>/health</code></a></dt><dd>Whether this server runs; <a href="readyz"><code>/readyz</code></a>: whether it accepts requests.</dd>
</dl>
<p class="note"><code>README.md</code> has a tour, and <code>docs/</code> describes operation, events and these pages.</p>
</main>
</body>
</html>
`;
}

const ICON =
  'data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 32 32%22 fill=%22none%22 ' +
  'stroke=%22%230f766e%22 stroke-width=%223.5%22 stroke-linecap=%22round%22%3E%3Ccircle cx=%2210.5%22 cy=%2216%22 r=%226.5%22/%3E' +
  '%3Cpath d=%22M17 16h12v5M23.5 16v4%22/%3E%3C/svg%3E';

const STYLE = `
:root { color-scheme: light dark; --ground: #f6f8fa; --card: #fff; --ink: #17202b; --soft: #52606f; --line: #d8dfe7; --accent: #0f766e; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #12171e; --card: #1b222c; --ink: #e8edf3; --soft: #a3b0bf; --line: #313b48; --accent: #5eead4; }
}
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 720px; margin: 0 auto; padding: 12vh 24px 48px; }
h1 { margin: 0 0 8px; font-size: 40px; letter-spacing: -0.02em; }
h2 { margin: 40px 0 12px; font-size: 18px; }
p { margin: 0; }
a { color: var(--accent); }
nav { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(240px, 1fr)); margin-top: 32px; }
.card { display: block; padding: 20px; border: 1px solid var(--line); border-radius: 12px; background: var(--card); text-decoration: none; }
.card:hover, .card:focus-visible { border-color: var(--accent); }
.card strong { display: block; font-size: 20px; }
.card span, dd, .note { color: var(--soft); }
dl { margin: 0 0 32px; }
dt { margin-top: 14px; }
dd { margin: 0; }
code { font: 14px/1.4 ui-monospace, monospace; }
`;
