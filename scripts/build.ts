// Builds what operators run, into `dist`.
import { chmodSync, rmSync } from 'node:fs';
import { bundle } from './bundle.ts';

rmSync('dist', { recursive: true, force: true });
await bundle('dist');
// npm links it as `latchkey`.
chmodSync('dist/cli.js', 0o755);
